from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.judge.builtin.judge import decide
from torale.server.judge.recheck import recheck
from torale.server.judge.text.amounts import amounts, format_amount
from torale.server.judge.text.folding import fold
from torale.server.judge.text.lines import rows_with
from torale.server.judge.text.words import contains_word, words
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
    "2026-11-24 Quartz 2.0.0 — Out now. <https://a.example/2>\n",
    "Latest release: 2.0.1\n",
    "2.0-rc1",
    "released",
    "1,579 €",
    "Was",
    "Notify me when it is back",
    "You may also like\n",
    "Reviews\n",
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
    "the price drops by at least 10 %",
    "price rises by more than 5 USD",
    "Quartz 2.0 is released",
    "version is at least 2.0",
    "a new version is released",
    "a new article about Quartz",
    "a new search result appears",
    "Der Preis liegt unter 350 €",
    "Le prix est inférieur à 350 €",
    "El precio es inferior a 350 €",
    "Il prezzo è inferiore a 350 €",
]

texts = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(BITS), max_size=14).map("".join))
sources = st.builds(
    SourceDocument,
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
            {
                "price": "329.00 USD",
                "version": "1.9",
                "text:https://a.example": "0",
                "lines:https://a.example": "",
                "seen:https://a.example": "",
                "seen:search": "01234567",
            }
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
    quotes: list[Quote], read: list[SourceDocument], prose: str
) -> None:
    claimed = Judgement(Verdict.MET, prose, prose, 1.0, tuple(quotes))

    judgement = verify(claimed, read)

    assert judgement.verdict is Verdict.UNKNOWN or judgement.quotes
    for quote in judgement.quotes:
        assert any(one.uri == quote.uri and fold(quote.text) in fold(one.text) for one in read)
    again = verify(judgement, read)
    assert (again.verdict, again.quotes) == (judgement.verdict, judgement.quotes)


wishes = st.one_of(
    st.sampled_from(CONDITIONS),
    st.text(max_size=80),
    st.lists(
        st.sampled_from(
            [
                *CONDITIONS,
                "the",
                "price",
                "is",
                "drops",
                "below",
                "by",
                "or",
                "not",
                "350 USD",
                "2.0",
            ]
        ),
        max_size=8,
    ).map(" ".join),
)


@settings(max_examples=300, deadline=None)
@given(condition=wishes, query=st.text(max_size=30))
def test_the_compiler_never_raises_and_says_the_same_twice(condition: str, query: str) -> None:
    predicate = compile_condition(condition, query)

    assert compile_condition(condition, query) == predicate
    assert compile_condition(f"  {condition} . ", query) == predicate
    if predicate is not None:
        assert predicate.describe().strip()
        assert compile_condition(f"Tell me when {condition}", query) == predicate


@settings(max_examples=150)
@given(request=requests)
def test_what_the_judge_decides_its_own_quotes_do_not_contradict(request: JudgeRequest) -> None:
    predicate = compile_condition(request.condition, request.query)
    judgement = decide(request)
    if predicate is None or judgement.verdict is Verdict.UNKNOWN:
        return

    assert judgement.quotes
    holds = recheck(predicate, judgement.quotes, request.sources, now=request.now)
    assert holds in {None, judgement.verdict is Verdict.MET}


WRITTEN = {
    "en": (",", "."),
    "de": (".", ","),
    "fr": ("\u202f", ","),
    "es": (".", ","),
    "it": (".", ","),
    "ch": ("’", "."),
}


@pytest.mark.parametrize("locale", WRITTEN)
@given(cents=st.integers(min_value=1, max_value=10**11))
def test_a_price_is_read_as_its_locale_writes_it(locale: str, cents: int) -> None:
    groups, mark = WRITTEN[locale]
    whole, rest = divmod(cents, 100)
    written = f"{whole:,}".replace(",", groups) + f"{mark}{rest:02d}"

    for line in (f"{written} €", f"€{written}", f"EUR {written}", f"Preis: {written} EUR"):
        found = {(one.value, one.unit) for one in amounts(line)}
        assert found == {(Decimal(cents) / 100, "EUR")}, line


@given(
    value=st.decimals(min_value=0, max_value=10**9, places=4), unit=st.sampled_from(["%", "USD"])
)
def test_what_is_spelled_is_read_back(value: Decimal, unit: str) -> None:
    (read,) = amounts(format_amount(value, unit))

    assert (read.value, read.unit) == (value, unit)


@given(text=texts, word=st.sampled_from(["price", "x", "usd", "ticket", "notes"]))
def test_a_word_is_held_as_the_words_of_a_text_say(text: str, word: str) -> None:
    (stem,) = words(word)

    assert not (stem in words(text) and not contains_word(fold(text), stem))


@given(rows=st.lists(texts, max_size=6), needle=st.sampled_from(["price", "sto", "€", "i"]))
def test_no_line_with_the_word_is_overlooked(rows: list[str], needle: str) -> None:
    rows = [row.replace("\n", " ") for row in rows]
    found = rows_with(rows, (needle,))

    assert {at for at, row in enumerate(rows) if needle in row.lower()} <= set(found)
