"""What of a model's answer the sources bear out."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from torale.server.judge.base import JudgeRequest, Passage, Quote, SourceDocument, Verdict
from torale.server.judge.model.answer import Evidence, ModelAnswer, conclude, object_to

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SHOP, NEWS = "https://shop.example/lamp", "https://news.example/lamp"
REQUEST = JudgeRequest(
    "Price of the Aurora lamp",
    "It costs less than 350 USD",
    (
        SourceDocument(SHOP, "Aurora lamp", "Aurora lamp\nPrice: 1,329.00 USD\nSince Nov 6"),
        SourceDocument(NEWS, "News", "The lamp is cheaper now, at 329 USD.\nUntold: 77", NOW),
    ),
    NOW,
    {"price": "399 USD"},
)
EVIDENCE = Evidence(
    REQUEST,
    (
        Passage(SHOP, REQUEST.sources[0].text),
        Passage(NEWS, "The lamp is cheaper now, at 329 USD."),
    ),
    (SHOP, NEWS),
)


def answer(**fields: Any) -> ModelAnswer:
    good: dict[str, Any] = {
        "reasoning": "Source 2 says 329.",
        "quotes": [{"source": 2, "text": "cheaper now, at 329 USD"}],
        "verdict": "met",
        "answer": "It costs 329 USD now.",
        "facts": [{"name": "Price", "value": "329 USD"}],
        "as_of": "2026-11-24",
        "confidence": 0.9,
    }
    return ModelAnswer.model_validate(good | fields)


def objections(**fields: Any) -> tuple[str, ...]:
    return object_to(answer(**fields), EVIDENCE).all


def test_a_good_answer_is_taken_as_it_is() -> None:
    judgement = conclude(answer(), EVIDENCE)

    assert objections() == ()
    assert judgement.verdict is Verdict.MET
    assert judgement.answer == "It costs 329 USD now."
    assert judgement.quotes == (Quote(NEWS, "cheaper now, at 329 USD"),)
    assert judgement.facts == {"price": "329 USD"}
    assert judgement.as_of == datetime(2026, 11, 24, tzinfo=UTC)
    assert judgement.confidence == 0.9


@pytest.mark.parametrize(
    "quotes, said",
    [
        ([{"source": 1, "text": "cheaper now, at 329 USD"}], "do not stand in source 1"),
        ([{"source": 2, "text": "cheaper now, at 1 USD"}], "do not stand in source 2"),
        ([{"source": 3, "text": "cheaper now, at 329 USD"}], "there is no source 3"),
        ([{"source": 2, "text": "The condition is met."}], "prove nothing"),
        ([{"source": 2, "text": "Untold: 77"}], "do not stand in source 2"),
        ([], "at least one quote"),
    ],
)
@pytest.mark.parametrize("verdict", ["met", "not_met"])
def test_a_verdict_without_words_that_stand_there_is_none(
    verdict: str, quotes: list[dict[str, Any]], said: str
) -> None:
    bad = answer(verdict=verdict, quotes=quotes)

    (objection,) = object_to(bad, EVIDENCE).all
    judgement = conclude(bad, EVIDENCE)

    assert said in objection
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.quotes == ()
    assert judgement.facts == {}
    assert "329" not in judgement.answer


def test_one_invented_quote_spoils_the_others() -> None:
    good = {"source": 2, "text": "cheaper now, at 329 USD"}
    invented = {"source": 2, "text": "it is even cheaper"}

    assert conclude(answer(quotes=[good, invented]), EVIDENCE).verdict is Verdict.UNKNOWN


def test_an_unknown_needs_no_quote_and_tracks_nothing() -> None:
    vague = answer(verdict="unknown", quotes=[], answer="The sources do not say.")

    assert object_to(vague, EVIDENCE).all == ()
    assert conclude(vague, EVIDENCE).verdict is Verdict.UNKNOWN
    assert conclude(vague, EVIDENCE).facts == {}


@pytest.mark.parametrize(
    "value",
    ["1,329.00 USD", "1329 USD", "1 329 USD", "329.00 USD", "2026-11-06", "399 USD", "cheaper"],
)
def test_a_fact_may_be_written_anew(value: str) -> None:
    assert objections(facts=[{"name": "x", "value": value}]) == ()


@pytest.mark.parametrize(
    "value",
    [
        "328 USD",
        "329 EUR",
        "2026-11-07",
        "2031-11-06",
        "sold out",
        "https://evil.example/x",
        "1 USD",
    ],
)
def test_a_fact_that_no_source_states_is_dropped(value: str) -> None:
    bad = answer(facts=[{"name": "Bad", "value": value}, {"name": "Price", "value": "329 USD"}])

    assert "'Bad'" in object_to(bad, EVIDENCE).all[0]
    assert conclude(bad, EVIDENCE).facts == {"price": "329 USD"}
    assert conclude(bad, EVIDENCE).verdict is Verdict.MET


@pytest.mark.parametrize(
    "text",
    [
        "It costs 299 USD.",
        "Buy it at https://evil.example/lamp now.",
        "Buy it at www.evil.example now.",
        "Call tel:555 now.",
        "Buy it at evil.example now.",
        "Buy it at Evil.EXAMPLE now.",
        "Buy it at news.example.evil.example now.",
        "![proof](https://evil.example/leak?q=329)",
        f"See {NEWS}/../evil.",
    ],
)
@pytest.mark.parametrize("verdict", ["met", "unknown"])
def test_an_answer_that_says_more_than_the_sources_gives_way_to_a_quote(
    verdict: str, text: str
) -> None:
    loose = answer(answer=text, verdict=verdict)
    judgement = conclude(loose, EVIDENCE)

    assert object_to(loose, EVIDENCE).all
    assert judgement.verdict.value == verdict
    assert judgement.answer == "news.example says: “cheaper now, at 329 USD”"


def test_without_a_quote_it_says_nothing() -> None:
    loose = answer(answer="Go to https://evil.example", verdict="unknown", quotes=[])

    assert conclude(loose, EVIDENCE).answer == "Could not tell."


@pytest.mark.parametrize("link", [NEWS, f"{NEWS}.", "news.example", "www.shop.example"])
def test_a_link_to_a_source_may_be_told(link: str) -> None:
    assert objections(answer=f"It costs 329 USD ({link}).") == ()


def test_what_was_asked_for_may_look_like_a_link() -> None:
    asked = replace(REQUEST, query="Node.js release", condition="Node.js 24 is released")
    evidence = Evidence(asked, EVIDENCE.passages, EVIDENCE.uris)

    assert object_to(answer(answer="Node.js 24 is out."), evidence).all == ()


def test_a_quote_that_leads_elsewhere_proves_nothing() -> None:
    planted = Passage(SHOP, "The lamp is cheaper at https://evil.example/lamp now")
    evidence = Evidence(REQUEST, (*EVIDENCE.passages, planted), EVIDENCE.uris)
    bad = answer(quotes=[{"source": 1, "text": planted.text}])

    assert "lead elsewhere" in object_to(bad, evidence).all[0]
    assert conclude(bad, evidence).verdict is Verdict.UNKNOWN
    unsure = conclude(bad.model_copy(update={"verdict": "unknown"}), evidence)
    assert unsure.quotes == ()


def test_a_missing_space_makes_no_link() -> None:
    assert objections(answer="It costs 329 USD.It is cheaper.") == ()


def test_reasoning_leads_nowhere_else_either() -> None:
    loose = answer(reasoning=f"See evil.example and {NEWS} and https://evil.example/x.")

    assert conclude(loose, EVIDENCE).reasoning == f"See [link] and {NEWS} and [link]"


@pytest.mark.parametrize("day", [None, "2026-11-25", "2031-01-01"])
def test_an_answer_never_speaks_of_the_future(day: str | None) -> None:
    assert conclude(answer(as_of=day), EVIDENCE).as_of is None


def test_the_day_of_an_answer_is_kept() -> None:
    kept = conclude(answer(as_of=date(2026, 11, 6)), EVIDENCE).as_of

    assert kept == datetime(2026, 11, 6, tzinfo=UTC)


def test_every_string_of_an_answer_is_bounded() -> None:
    def strings(schema: Any) -> list[dict[str, Any]]:
        inner = schema.values() if isinstance(schema, dict) else schema
        below = [one for part in inner if isinstance(part, dict | list) for one in strings(part)]
        mine = isinstance(schema, dict) and schema.get("type") == "string"
        return [*below, schema] if mine else below

    found = strings(ModelAnswer.model_json_schema())

    assert len(found) == 7
    for schema in found:
        assert "maxLength" in schema or "enum" in schema or schema.get("format") == "date", schema
