from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.judge.text.amounts import NumberStyle, amounts, format_amount


@pytest.mark.parametrize(
    "text, expected",
    [
        ("$349", "349.00 USD"),
        ("US$ 349.50", "349.50 USD"),
        ("349,90 €", "349.90 EUR"),
        ("1.299,00 EUR", "1299.00 EUR"),
        ("1.299 €", "1299.00 EUR"),
        ("$1,299", "1299.00 USD"),
        ("£1,299.00", "1299.00 GBP"),
        ("CHF 1'299.-", "1299.00 CHF"),
        ("1 299 kr", "1299.00 KR"),
        ("₹1,29,999", "129999.00 INR"),
        ("$350 CAD", "350.00 CAD"),
        ("350,- €", "350.00 EUR"),
        ("$1.5 million", "1500000.00 USD"),
        ("€100k", "100000.00 EUR"),
        ("3.4 %", "3.4 %"),
        ("30 °C", "30 °C"),
        ("5,123", "5123"),
    ],
)
def test_an_amount_is_read_in_any_notation(text: str, expected: str) -> None:
    (found,) = amounts(text)

    assert format_amount(found.value, found.unit) == expected


@pytest.mark.parametrize("text", ["256GB2", "v3", "1.2.3", "192.168.0.1", "$5x", "abc123"])
def test_what_is_glued_to_letters_or_points_is_no_amount(text: str) -> None:
    assert amounts(text) == []


def test_cents_set_apart_are_no_price_of_their_own() -> None:
    assert [found.value for found in amounts("349 99 €") if found.unit == "EUR"] == []


def test_a_bare_dollar_is_the_dollar_of_the_country() -> None:
    assert amounts("$349", NumberStyle("ca"))[0].unit == "CAD"


def test_both_ends_of_a_range_have_the_unit() -> None:
    assert [found.unit for found in amounts("$300-400")] == ["USD", "USD"]


_NOTATIONS = [(",", "."), (".", ","), ("'", "."), ("\u00a0", ","), ("\u202f", ","), ("", ".")]


@given(
    cents=st.integers(min_value=1, max_value=10**9),
    notation=st.sampled_from(_NOTATIONS),
    shape=st.sampled_from(["{} EUR", "€{}", "EUR {}", "now {} € only", "{} euros"]),
)
def test_a_formatted_amount_reads_back(cents: int, notation: tuple[str, str], shape: str) -> None:
    group, point = notation
    value = Decimal(cents) / 100
    written = f"{value:,.2f}".replace(",", "_").replace(".", point).replace("_", group)

    (found,) = amounts(shape.format(written))

    assert (found.value, found.unit) == (value, "EUR")
