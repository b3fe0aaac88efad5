from datetime import UTC, datetime

import pytest

from tests.server.judge.conftest import page
from torale.server.judge.base import Quote
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.judge.recheck import recheck

NOW = datetime(2026, 11, 24, tzinfo=UTC)
URI = "https://shop.example/aurora"


@pytest.mark.parametrize(
    "condition, text, quoted, expected",
    [
        ("price below 350 USD", "Aurora X\nPrice: $329.00", "$329.00", True),
        ("price below 350 USD", "Aurora X\nPrice: $399.00", "Price: $399.00", False),
        ("price below 350 USD", "Aurora X\nWas\n$329.00\nNow $399.00", "$329.00", False),
        ("price below 350 USD", "Was $329.00. A fine thing.", "$329.00", None),
        ("price below 350 USD", "Price: 329.00 EUR", "Price: 329.00 EUR", None),
        ("price below 350 USD", "Aurora X, the fine one", "the fine one", None),
        ("is in stock", "Aurora X\nIn stock", "In stock", True),
        ("is in stock", "Aurora X\nOut of stock", "Out of stock", False),
        ("Inflation is above 3 %", "Inflation is 3.4 %.", "Inflation is 3.4 %.", True),
        ("Inflation is above 3 %", "Inflation is 2.4 %.", "2.4 %", False),
        ("Aurora 2.0 is released", "Latest release: 2.0.1", "2.0.1", True),
        ("Aurora 2.0 is released", "Latest release: 2.0-rc1", "2.0-rc1", False),
        ("the price drops by 10 %", "Price: $329.00", "Price: $329.00", None),
        ("The page changed", "Price: $329.00", "Price: $329.00", None),
    ],
)
def test_the_quoted_lines_are_computed_anew(
    condition: str, text: str, quoted: str, expected: bool | None
) -> None:
    predicate = compile_condition(condition)
    assert predicate is not None

    holds = recheck(predicate, [Quote(URI, quoted)], [page(text, uri=URI)], now=NOW)

    assert holds is expected


def test_quotes_that_contradict_each_other_do_not_tell() -> None:
    predicate = compile_condition("price below 350 USD")
    assert predicate is not None
    sources = [page("Price: $329", uri="https://a.example"), page("Price: $399", uri=URI)]
    quotes = [Quote("https://a.example", "Price: $329"), Quote(URI, "Price: $399")]

    assert recheck(predicate, quotes, sources, now=NOW) is None
    assert recheck(predicate, quotes[:1], sources, now=NOW) is True
    assert recheck(predicate, (), sources, now=NOW) is None
