"""When a verdict of a model still holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from torale.server.judge.base import (
    Example,
    Judgement,
    JudgeRequest,
    Quote,
    SourceDocument,
    Trace,
    Usage,
    Verdict,
)
from torale.server.judge.verdict_cache import carry_over, dump, is_carried, load, settle

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
URI, SAID = "https://news.example/1", "The lamp makers walked out on Monday."
STRIKE = "The makers of the lamp have gone on strike"
REQUEST = JudgeRequest("lamp strike", STRIKE, (SourceDocument(URI, "Strike", SAID),), NOW)
USED = Usage(1, 900, 90, Decimal("0.001"))
MODEL = Trace("openai:gpt", usage=USED)
JUDGEMENT = Judgement(
    Verdict.NOT_MET, "No strike.", "Nothing said.", 0.8, (Quote(URI, SAID),), {"strike": "no"},
    as_of=NOW, trace=MODEL,
)  # fmt: skip


def carried(
    request: JudgeRequest, judgement: Judgement = JUDGEMENT, *, asked: JudgeRequest = REQUEST
) -> Judgement | None:
    settled = settle(judgement, asked, "openai:gpt")
    assert settled is not None
    return carry_over(load(dump(settled)), request, "openai:gpt")


def later(**by: float) -> JudgeRequest:
    return replace(REQUEST, now=NOW + timedelta(**by))


def test_the_same_evidence_is_not_judged_again() -> None:
    found = carried(later(hours=5))

    assert found is not None
    assert (found.verdict, found.answer, found.quotes, found.facts, found.as_of) == (
        Verdict.NOT_MET, "No strike.", JUDGEMENT.quotes, {"strike": "no"}, NOW,
    )  # fmt: skip
    assert found.reasoning == (
        "The evidence is the same as on 2026-11-24 09:00 UTC, when it was judged: Nothing said."
    )
    assert found.trace is not None
    assert found.trace.judge == "openai:gpt (unchanged evidence)"
    assert found.trace.usage == Usage()
    assert is_carried(found)
    assert not is_carried(JUDGEMENT)


@pytest.mark.parametrize(
    "change",
    [
        {"condition": STRIKE + " again"},
        {"query": "lamp strike news"},
        {"sources": (SourceDocument(URI, "Strike", SAID + "\nThe lamp strike is over."),)},
        {"sources": (SourceDocument("https://other.example/", "Strike", SAID),)},
        {"examples": (Example("No strike.", Verdict.NOT_MET, correct=False, note="There is."),)},
    ],
)
def test_whatever_is_asked_otherwise_is_asked(change: dict[str, object]) -> None:
    assert carried(replace(REQUEST, **change)) is None  # type: ignore[arg-type]


def test_what_is_around_the_passages_does_not_count() -> None:
    moved = SourceDocument(URI, "Another title", f"  {SAID}  ", NOW - timedelta(days=1), named=True)

    assert carried(replace(REQUEST, sources=(moved,), previous={"strike": "no"})) is not None


def test_another_judge_judges_anew() -> None:
    settled = settle(JUDGEMENT, REQUEST, "openai:gpt")

    assert carry_over(settled, REQUEST, "openai:gpt-next") is None


def test_nothing_holds_for_ever() -> None:
    assert carried(later(days=6)) is not None
    assert carried(later(days=7)) is None
    assert carried(later(hours=-1)) is None


@pytest.mark.parametrize(
    "condition",
    ["The lamp is on sale this week", "Die Lampe ist heute lieferbar", "The deadline has passed",
     "It happens before 2027", "Está abierto hoy", "Le magasin est ouvert demain"],
)  # fmt: skip
def test_what_speaks_of_time_holds_for_the_day(condition: str) -> None:
    request = replace(REQUEST, condition=condition)

    assert carried(replace(request, now=NOW + timedelta(hours=14)), asked=request) is not None
    assert carried(replace(request, now=NOW + timedelta(hours=15)), asked=request) is None


@pytest.mark.parametrize(
    "condition", ["The wording has changed", "A new model is out", "Die Seite wurde geändert"]
)
def test_a_change_is_met_once(condition: str) -> None:
    request = replace(REQUEST, condition=condition)
    changed = replace(JUDGEMENT, verdict=Verdict.MET)

    assert carried(request, changed, asked=request) is None
    assert carried(request, JUDGEMENT, asked=request) is not None
    assert carried(REQUEST, changed) is not None


@pytest.mark.parametrize(
    "judgement",
    [
        replace(JUDGEMENT, trace=None),
        replace(JUDGEMENT, trace=Trace("builtin")),
        replace(JUDGEMENT, verdict=Verdict.UNKNOWN),
    ],
)
def test_only_what_a_model_could_tell_is_kept(judgement: Judgement) -> None:
    assert settle(judgement, REQUEST, "openai:gpt") is None


@pytest.mark.parametrize("stored", [None, {}, {"key": 1}, {"verdict": "maybe"}])
def test_what_cannot_be_read_is_judged_again(stored: dict[str, object] | None) -> None:
    assert load(stored) is None
    assert carry_over(load(stored), REQUEST, "openai:gpt") is None
