"""When two facts are the same, however they are worded."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.executions.rules import change_summary, known_facts
from torale.server.judge.facts import normal, normal_name, renamed, same
from torale.server.judge.text.amounts import format_amount


@pytest.mark.parametrize(
    "words",
    [
        ("$349", "349 USD", "349.00 usd", "US$349.00", "349 dollars", "$ 349"),
        ("1.299,00 €", "€1,299.00", "1299 EUR", "1 299 euros"),
        ("3.4 %", "3.40%", "3.4 percent"),
        ("1,200,000", "1200000", "1.2 million"),
        ("2026-11-24", "Nov 24, 2026", "24 November 2026", "24. November 2026", "24.11.2026",
         "24 novembre 2026", "24 de noviembre de 2026", "November 24th, 2026", "2026/11/24",
         "2026-11-24T00:00:00Z", "24 nov. 2026"),
        ("1 March 2027", "1. März 2027", "1er mars 2027", "1 de marzo de 2027", "1 marzo 2027"),
        ("In stock", "in stock.", " IN  STOCK ", "“in stock”"),
        ("The mayor", "mayor"),
        ("from $349 on Nov 24, 2026", "from 349 USD on 2026-11-24"),
        ("Größe", "GRÖSSE"),
    ],
)  # fmt: skip
def test_other_words_for_the_same(words: tuple[str, ...]) -> None:
    assert len({normal(one) for one in words}) == 1, [normal(one) for one in words]


@pytest.mark.parametrize(
    "one, other",
    [
        ("349 USD", "349 EUR"),
        ("349 USD", "348.99 USD"),
        ("349 USD", "349"),
        ("3.1", "3.10"),
        ("1.2.3", "1.2.30"),
        ("2026-11-24", "2026-11-25"),
        ("2026-11-24 09:00", "2026-11-24 10:00"),
        ("11/24/2026", "24.12.2026"),
        ("in stock", "out of stock"),
        ("open", "not open"),
        ("-3 °C", "3 °C"),
        ("2026-02-31", "2026-03-03"),
        ("", "0"),
    ],
)
def test_what_differs(one: str, other: str) -> None:
    assert not same(one, other)


@pytest.mark.parametrize("name", ["current_price", "Current Price", "current  price"])
def test_names(name: str) -> None:
    assert normal_name(name) == "current price"


def test_addresses_keep_their_case() -> None:
    assert normal_name("text:https://a.example/A") == "text:https://a.example/A"


def test_known_names_and_words_stay() -> None:
    known = {"price": "349.00 USD", "Released": "2026-11-24"}

    assert renamed({"Price": "$349", "released": "Nov 25, 2026", "new": "1"}, known) == {
        "price": "349.00 USD",
        "Released": "Nov 25, 2026",
        "new": "1",
    }


def test_a_change_says_what_was_and_what_is() -> None:
    before = {"price": "349.00 USD", "seller": "Acme"}

    assert change_summary(before, {"Price": "$329", "seller": "ACME"}) == (
        "price: 349.00 USD → $329"
    )
    assert change_summary(before, {"Price": "$349", "seller": "acme."}) is None
    assert known_facts(before, {"Price": "$349"}) == before


moneys = st.decimals(Decimal("0.01"), Decimal(999_999), places=2)
currencies = st.sampled_from([("USD", "$"), ("EUR", "€"), ("GBP", "£")])


@given(value=moneys, currency=currencies)
def test_every_price_has_one_form(value: Decimal, currency: tuple[str, str]) -> None:
    code, sign = currency

    assert same(f"{sign}{value:,.2f}", f"{value:.2f} {code}")
    assert normal(format_amount(value, code)) == normal(f"{code} {value:.2f}")


@given(one=moneys, other=moneys, currency=currencies)
def test_other_prices_are_other_facts(
    one: Decimal, other: Decimal, currency: tuple[str, str]
) -> None:
    code, sign = currency

    assert same(f"{sign}{one:,.2f}", f"{other:.2f} {code}") is (one == other)


@given(day=st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_every_day_has_one_form(day: date) -> None:
    assert same(day.isoformat(), f"{day:%B} {day.day}, {day.year}")
    assert same(day.isoformat(), f"{day.day}.{day.month}.{day.year}")


@given(text=st.text(max_size=80), around=st.text(" \t.", max_size=3))
def test_what_stands_around_a_value_does_not_count(text: str, around: str) -> None:
    assert same(text, f"{around}{text}{around}")


values = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["$349", "349 USD", "349.00 USD", "In stock", "in stock", "2026-11-24",
                     "Nov 24, 2026"]),
)  # fmt: skip
names = st.sampled_from(["price", "Price", "stock", "day", "excerpt:https://a.example/"])
facts = st.dictionaries(names, values, max_size=4)


@given(before=st.none() | facts, after=facts)
def test_no_change_goes_from_one_thing_to_the_same(
    before: dict[str, str] | None, after: dict[str, str]
) -> None:
    told = change_summary(before, after)
    known = known_facts(before, after)

    # What was told once is known, and is no change again, in these or in other words.
    assert change_summary(known, after) is None or len(after) > len({normal_name(n) for n in after})
    if before is None or told is None:
        return
    moved = [part.split(" → ") for part in told.split("; ") if part.count(" → ") == 1]
    for name_and_old, new in moved:
        old = name_and_old.partition(": ")[2]
        assert not old or not new or old != new
