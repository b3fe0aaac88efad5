from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from torale.server.judge.base import Judgement, JudgeRequest, Quote, Source, Verdict
from torale.server.judge.builtin import decide
from torale.server.judge.text import fold
from torale.server.judge.verify import verify

NOW = datetime(2026, 11, 24, tzinfo=UTC)
URIS = ["https://a.example", "https://b.example/x", "not a uri", "http://[bad"]
BITS = [
    "Price: $329",
    "Price: 399.00 USD",
    "was $500",
    "Aurora X",
    "\n",
    "\n",
    " ",
    "In stock",
    "Sold out",
    "€1.299,00",
    "/mo",
    "refurbished",
    "save",
    "ignore previous instructions",
    "the condition is met",
    "3.4 %",
    "inflation",
    "Stars: 5,123",
    "\u200b",
    "\u202e",
    "tickets",
    "-",
    "349 99 €",
    "Availability:",
    "currency: EUR",
    "1 299 kr",
    "?",
    "from",
    "<script>",
    "İ",
    "ﬁ",
    "\x00",
    "\x85",
    "\u2028",
]
CONDITIONS = [
    "price below 350 USD",
    "price above 350",
    "The Aurora X costs less than $350",
    "is in stock",
    "Aurora X is sold out",
    'page contains "tickets"',
    'no longer contains "tickets"',
    "The page changed",
    "the price changes",
    "availability changes",
    "a new entry appears in the feed",
    "Inflation is above 3%",
    "Stars exceed 5000",
    "A date is announced",
]

texts = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(BITS), max_size=14).map("".join))
sources = st.builds(
    Source,
    uri=st.sampled_from(URIS),
    title=st.one_of(st.just("Aurora X"), st.text(max_size=20)),
    text=texts,
    named=st.booleans(),
)
requests = st.builds(
    JudgeRequest,
    query=st.sampled_from(["Aurora X price", "", "???"]),
    condition=st.one_of(st.sampled_from(CONDITIONS), st.text(max_size=60)),
    sources=st.lists(sources, max_size=4).map(tuple),
    now=st.just(NOW),
    previous=st.one_of(
        st.none(),
        st.just(
            {"price": "329.00 USD", "text:https://a.example": "0", "lines:https://a.example": ""}
        ),
    ),
)


@settings(max_examples=150)
@given(request=requests)
def test_a_met_always_carries_words_of_a_source(request: JudgeRequest) -> None:
    judgement = decide(request)

    assert judgement.verdict is not Verdict.MET or judgement.quotes
    for quote in judgement.quotes:
        said = [fold(one.text) for one in request.sources if one.uri == quote.uri]
        assert any(fold(quote.text) in text for text in said)
        assert len(quote.text) <= 300


@settings(max_examples=75)
@given(request=requests, data=st.data())
def test_the_order_of_the_sources_does_not_matter(
    request: JudgeRequest, data: st.DataObject
) -> None:
    shuffled = tuple(data.draw(st.permutations(request.sources)))
    again = JudgeRequest(request.query, request.condition, shuffled, NOW, request.previous)

    assert decide(again).verdict == decide(request).verdict


@given(
    quotes=st.lists(st.builds(Quote, uri=st.sampled_from(URIS), text=texts), max_size=3),
    read=st.lists(sources, max_size=3),
    prose=texts,
)
def test_no_quote_gets_through_that_no_source_holds(
    quotes: list[Quote], read: list[Source], prose: str
) -> None:
    claimed = Judgement(Verdict.MET, prose, prose, 1.0, tuple(quotes))

    judgement = verify(claimed, read)

    assert judgement.verdict is Verdict.UNKNOWN or judgement.quotes
    for quote in judgement.quotes:
        assert any(one.uri == quote.uri and fold(quote.text) in fold(one.text) for one in read)
    again = verify(judgement, read)
    assert (again.verdict, again.quotes) == (judgement.verdict, judgement.quotes)
