"""What a `met` needs beside its quotes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument, Verdict
from torale.server.judge.builtin.judge import decide
from torale.server.judge.casebook import load_cases
from torale.server.judge.corroborate import Rule, corroborate, site

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SINCE = NOW - timedelta(days=10)
STRIKE = "The makers of the lamp have gone on strike"
SAID = "The lamp makers walked out on Monday."
NEWS, PAPER, MIRROR = "https://news.example/1", "https://paper.test/1", "https://www.news.example/2"


def source(uri: str, *, named: bool = False, published: datetime | None = None) -> SourceDocument:
    return SourceDocument(uri, "Strike", SAID, published, named)


def met(*uris: str, as_of: datetime | None = None) -> Judgement:
    quotes = tuple(Quote(uri, SAID) for uri in uris)
    return Judgement(Verdict.MET, "They are on strike.", "Said so.", 0.9, quotes, as_of=as_of)


def asked(*sources: SourceDocument, condition: str = STRIKE, first: bool = False) -> JudgeRequest:
    previous = None if first else {"strike": "no"}
    return JudgeRequest("lamp strike", condition, sources, NOW, previous, watched_since=SINCE)


def test_two_sites_are_enough() -> None:
    judgement = met(NEWS, PAPER)

    for rule in Rule:
        assert corroborate(judgement, asked(source(NEWS), source(PAPER)), rule) == judgement


def test_a_source_of_the_task_is_enough() -> None:
    judgement = met(NEWS)

    for rule in Rule:
        assert corroborate(judgement, asked(source(NEWS, named=True)), rule) == judgement


@pytest.mark.parametrize("uris", [(NEWS,), (NEWS, MIRROR)])
def test_one_site_waits_for_a_second_execution(uris: tuple[str, ...]) -> None:
    request = asked(*map(source, uris))

    first = corroborate(met(*uris), request, Rule.SECOND)
    second = corroborate(met(*uris), request, Rule.SECOND, is_second=True)

    assert (first.verdict, first.is_unconfirmed) == (Verdict.UNKNOWN, True)
    assert "only news.example says so; a second execution has to find it too" in first.reasoning
    assert first.confidence <= 0.5
    assert (second.verdict, second.is_unconfirmed) == (Verdict.MET, False)


def test_one_site_is_never_enough_where_two_are_asked_for() -> None:
    request = asked(source(NEWS))

    for is_second in (False, True):
        found = corroborate(met(NEWS), request, Rule.DOMAINS, is_second=is_second)
        assert (found.verdict, found.is_unconfirmed) == (Verdict.UNKNOWN, False)


def test_one_site_is_enough_where_nobody_asks_for_more() -> None:
    assert corroborate(met(NEWS), asked(source(NEWS)), Rule.OFF) == met(NEWS)


def test_a_preview_says_what_a_task_would_wait_for() -> None:
    preview = replace(asked(source(NEWS), first=True), watched_since=None)

    found = corroborate(met(NEWS), preview, Rule.SECOND)

    assert (found.verdict, found.confidence) == (Verdict.MET, 0.6)
    assert "a task would wait for another site or a second execution" in found.reasoning


@pytest.mark.parametrize("days, verdict", [(0, Verdict.MET), (30, Verdict.UNKNOWN)])
def test_nothing_has_happened_in_the_future(days: int, verdict: Verdict) -> None:
    judgement = met(NEWS, as_of=NOW + timedelta(days=days))

    found = corroborate(judgement, asked(source(NEWS, named=True)), Rule.SECOND)

    assert found.verdict is verdict


@pytest.mark.parametrize(
    "text, condition, verdict",
    [
        ("Aurora lamp\nPrice: 399.00 USD", "The price is below 350 USD", Verdict.UNKNOWN),
        ("Aurora lamp\nPrice: 329.00 USD", "The price is below 350 USD", Verdict.MET),
        ("Aurora lamp\nPrice: 1,299.00 EUR", "Price under 1.200 €", Verdict.UNKNOWN),
        ("Aurora lamp\nSold out", "The lamp is in stock", Verdict.UNKNOWN),
        ("Aurora lamp\nIn stock", "The lamp is in stock", Verdict.MET),
        ("Aurora lamp\nIt costs little.", "The price is below 350 USD", Verdict.MET),
    ],
)
def test_numbers_are_computed_from_the_quoted_words(
    text: str, condition: str, verdict: Verdict
) -> None:
    """A model that cannot count does not tell anybody; where nothing can be computed, it may."""
    page = SourceDocument(NEWS, "Aurora lamp", text, named=True)
    said = text.splitlines()[1]
    judgement = Judgement(Verdict.MET, "Yes.", "It says so.", 0.9, (Quote(NEWS, said),))

    found = corroborate(judgement, asked(page, condition=condition), Rule.OFF)

    assert found.verdict is verdict
    assert ("does not hold" in found.reasoning) is (verdict is Verdict.UNKNOWN)


def test_what_the_builtin_judge_says_is_never_refuted() -> None:
    asked = [(case.id, case.request()) for case in load_cases()]
    judged = [(id_, request, decide(request)) for id_, request in asked]
    weakened = [
        id_
        for id_, request, judgement in judged
        if corroborate(judgement, request, Rule.OFF).verdict is not judgement.verdict
    ]

    assert any(judgement.verdict is Verdict.MET for _, _, judgement in judged)
    assert weakened == []


OLD, NEW = SINCE - timedelta(days=400), SINCE + timedelta(days=1)


@pytest.mark.parametrize(
    "sources, first, verdict",
    [
        ([source(NEWS, published=OLD), source(PAPER, published=OLD)], True, Verdict.NOT_MET),
        ([source(NEWS, published=OLD), source(PAPER, published=NEW)], True, Verdict.MET),
        ([source(NEWS, published=OLD), source(PAPER)], True, Verdict.MET),
        ([source(NEWS, published=OLD), source(PAPER, published=OLD)], False, Verdict.MET),
        ([source(NEWS, published=OLD, named=True)], True, Verdict.MET),
    ],
)
def test_what_was_known_before_is_no_news(
    sources: list[SourceDocument], first: bool, verdict: Verdict
) -> None:
    judgement = met(*(one.uri for one in sources))

    found = corroborate(judgement, asked(*sources, first=first), Rule.SECOND)

    assert found.verdict is verdict
    if verdict is Verdict.NOT_MET:
        assert found.answer == "Known before this task was created: They are on strike."
        assert "2026-11-14" in found.reasoning


@pytest.mark.parametrize("condition", ["The price is below 350 USD", "The lamp is in stock"])
def test_a_state_is_no_news_and_holds_whatever_its_age(condition: str) -> None:
    sources = [source(NEWS, published=OLD), source(PAPER, published=OLD)]

    found = corroborate(
        met(NEWS, PAPER), asked(*sources, condition=condition, first=True), Rule.SECOND
    )

    assert found.verdict is Verdict.MET


@pytest.mark.parametrize(
    "uri, owner",
    [
        ("https://www.bbc.co.uk/news/1", "bbc.co.uk"),
        ("https://edition.cnn.com/x", "cnn.com"),
        ("https://alice.github.io/", "alice.github.io"),
        ("https://bob.github.io/", "bob.github.io"),
        ("https://a.shop.example/", "shop.example"),
        ("http://127.0.0.1:8000/x", "127.0.0.1"),
        ("http://intranet/x", "intranet"),
        ("urn:x", ""),
    ],
)
def test_whose_an_address_is(uri: str, owner: str) -> None:
    assert site(uri) == owner


uris = st.sampled_from([NEWS, MIRROR, PAPER, "https://alice.github.io/", "http://10.0.0.1/"])
dates = st.none() | st.sampled_from([OLD, NEW])
sources = st.lists(
    st.builds(SourceDocument, uris, st.just("Strike"), st.just(SAID), dates, st.booleans()),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.uri,
)


@given(
    sources=sources,
    rule=st.sampled_from(list(Rule)),
    first=st.booleans(),
    verdict=st.sampled_from(list(Verdict)),
    is_second=st.booleans(),
)
def test_a_verdict_is_only_ever_weakened(
    sources: list[SourceDocument], rule: Rule, first: bool, verdict: Verdict, is_second: bool
) -> None:
    judgement = replace(met(*(one.uri for one in sources)), verdict=verdict)

    found = corroborate(judgement, asked(*sources, first=first), rule, is_second=is_second)

    assert found.confidence <= judgement.confidence
    assert found.quotes == judgement.quotes
    if verdict is not Verdict.MET:
        assert found == judgement
    if found.is_unconfirmed:
        assert (rule, is_second, found.verdict) == (Rule.SECOND, False, Verdict.UNKNOWN)
