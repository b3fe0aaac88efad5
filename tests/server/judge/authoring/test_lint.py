import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.judge.authoring.lint import NEEDS_A_MODEL, warnings

OFTEN, DAILY = "*/30 * * * *", "0 9 * * *"


@pytest.mark.parametrize(
    "condition, words",
    [
        ("Something interesting happens", "matter of opinion"),
        ("There is any news about the launch", "matter of opinion"),
        ("A good deal appears", "matter of opinion"),
        ("The price drops", "names no limit"),
        ("The Aurora X gets cheaper", "names no limit"),
        ("price is below 350", "names no currency"),
        ("price is below 0 USD", "never true"),
        ("price is at most 0 USD", "never true"),
        ("price is above 0 USD", "always true"),
        ("price is at least 0 USD", "always true"),
        ("the temperature is below -300 °C", "never true"),
        ("wind speed is below 0 km/h", "never true"),
        ("price drops by more than 120 %", "never true"),
        ("price above 500 USD and below 300 USD", "never true"),
        ("price above 100 USD or below 200 USD", "always true"),
        ("in stock and sold out", "never true"),
        ("in stock or sold out", "always true"),
        ('page contains "a"', "almost always true"),
    ],
)
def test_what_is_wrong_is_named(condition: str, words: str) -> None:
    found = warnings(condition, "Aurora X headphones", DAILY, has_model=True)

    assert any(words in one for one in found), found


@pytest.mark.parametrize(
    "condition",
    [
        "price is below 350 USD",
        "The Aurora X costs less than $350",
        "is in stock",
        "price above 100 USD and below 200 USD",
        "price drops by at least 10 %",
        "the temperature is below -10 °C",
        'page contains "tickets"',
        "A new version of Quartz is released",
        "The court has published its ruling in Hollis v. Marden",
    ],
)
def test_a_clear_condition_is_left_alone(condition: str) -> None:
    assert warnings(condition, "Aurora X headphones", DAILY, has_model=True) == []


def test_without_a_model_it_says_what_cannot_be_judged() -> None:
    event = "The court has published its ruling"

    assert warnings(event, "ruling", has_model=False) == [NEEDS_A_MODEL]
    assert warnings(event, "ruling", has_model=True) == []
    assert warnings("is in stock", "ruling", has_model=False) == []


def test_steps_of_a_price_are_lost_between_frequent_looks() -> None:
    step = "price drops by at least 10 %"

    assert "look less often" in warnings(step, "q", OFTEN)[0].lower()
    assert warnings(step, "q", DAILY) == warnings(step, "q") == []


@given(condition=st.text(max_size=80), query=st.text(max_size=40), has_model=st.booleans())
def test_it_never_raises_and_says_nothing_twice(
    condition: str, query: str, has_model: bool
) -> None:
    found = warnings(condition, query, has_model=has_model)

    assert len(found) == len(set(found))
    assert all(one.endswith(".") for one in found)
