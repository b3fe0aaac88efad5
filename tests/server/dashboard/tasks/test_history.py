"""A task's number with its limit, and its history: filtered, and page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.dashboard.watched import SHOP, Watched
from tests.support.pages import HTMX, read_part
from torale.server.dashboard.tasks.charts.step_chart import Limit, Point, nice_ticks, step_chart
from torale.server.dashboard.tasks.charts.tracked_values import series
from torale.server.evidence.base import Problem
from torale.server.tasks.models import Task

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
START = datetime(2026, 3, 1, tzinfo=UTC)


async def three_prices(watched: Watched) -> str:
    path = await watched.watch()
    await watched.says(path, "Aurora lamp\nPrice: 379.00 USD")
    await watched.says(path, "Aurora lamp\nPrice: 310.00 USD")
    await watched.says(path, "Aurora lamp\nPrice: 310.00 USD")
    return path


async def test_a_number_is_drawn_with_the_limit_of_the_condition(watched: Watched) -> None:
    path = await three_prices(watched)
    page = await watched.page(path)
    assert page.one(".thr-lab text").text() == "Limit 350 USD"
    assert "from 399 to 310 USD. Your limit is 350 USD." in str(page.one(".plot")["aria-label"])
    assert [one.text() for one in page.all(".astable td")][1::2] == [
        "310 USD",
        "310 USD",
        "379 USD",
        "399 USD",
    ]
    page.one(".plot .line.met")
    assert page.one(".chart .seg [aria-current]").text() == "30 days"


@SQLITE
async def test_a_shorter_range_begins_with_what_held_then(watched: Watched) -> None:
    path = await three_prices(watched)
    watched.clock.advance(timedelta(days=10))
    await watched.says(path, "Aurora lamp\nPrice: 305.00 USD")
    headers = {**HTMX, "HX-Target": "chart"}
    part = read_part(await watched.alice.get(f"{path}?days=7", headers=headers))
    assert part.one(".seg [aria-current]").text() == "7 days"
    assert [one.text() for one in part.all(".astable td")][1::2] == ["305 USD", "310 USD"]
    whole = await watched.page(f"{path}?days=1000")
    assert whole.one(".chart .seg [aria-current]").text() == "30 days"


async def test_the_history_shows_changes_or_errors_alone(watched: Watched) -> None:
    path = await three_prices(watched)
    watched.clock.advance(timedelta(days=1))
    del watched.web.pages[SHOP]
    watched.web.problems = [Problem(SHOP, "timeout", "It did not answer.", named=True)]
    await watched.alice.post(f"{path}/run")
    await watched.queue.run_due()
    changes = await watched.page(f"{path}?show=changes")
    assert [one.text() for one in changes.all(".ev .diff ins")] == [
        "Now: Price: 310.00 USD",
        "Now: Price: 379.00 USD",
    ]
    headers = {**HTMX, "HX-Target": "history"}
    errors = read_part(await watched.alice.get(f"{path}?show=errors", headers=headers))
    assert [one.text() for one in errors.all(".ev h3")] == ["Check failed"]
    nonsense = await watched.page(f"{path}?show=nonsense&before=nonsense")
    assert nonsense.one("#history .seg [aria-current]").text() == "All"


async def test_older_checks_follow_page_by_page(watched: Watched) -> None:
    path = await watched.watch(notify_behavior="always")
    for number in range(34):
        await watched.says(path, f"Aurora lamp\nPrice: {300 - number}.00 USD")
    page = await watched.page(path)
    newest = [str(one["id"]) for one in page.all(".ev")]
    assert len(newest) == 30
    more = str(page.one("#older a")["hx-get"])
    headers = {**HTMX, "HX-Target": "older"}
    part = read_part(await watched.alice.get(more, headers=headers))
    older = [str(one["id"]) for one in part.all(".ev")]
    executions = await watched.executions(path)
    assert [*newest, *older] == [f"e-{one}" for one in executions]
    assert part.all("#older") == []
    assert len((await watched.page(more)).all(".ev")) == 5, "the same without a script"
    assert len(page.all(".ev .diff ins")) == 30, "the last shown is held against the next"


def points(*values: float) -> list[Point]:
    return [Point(START + timedelta(days=day), value) for day, value in enumerate(values)]


def test_what_meets_the_limit_is_marked() -> None:
    drawn = step_chart(points(400, 300, 360), Limit(350, lambda value: value < 350))
    assert drawn.met.startswith("M500.0 ")
    assert drawn.met.endswith("H1000.0")
    assert drawn.last_met == ""
    assert drawn.limit is not None


def test_a_limit_far_off_does_not_press_the_line_flat() -> None:
    drawn = step_chart(points(1001, 1003), Limit(5, lambda value: value < 5))
    assert drawn.limit is None
    assert drawn.ticks[0][0] == "1,001"


def test_points_stand_where_their_time_is() -> None:
    late = [*points(1, 2), Point(START + timedelta(days=4), 3)]
    assert step_chart(late).line.startswith("M0 240.0H250.0V")


@given(*[st.floats(-1e15, 1e15)] * 2)
def test_few_round_numbers_enclose_whatever_pages_say(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    ticks = nice_ticks(low, high)
    near = 1e-9 * max(abs(low), abs(high))
    assert 2 <= len(ticks) <= 14
    assert ticks == sorted(set(ticks))
    assert ticks[0] <= low + near
    assert ticks[-1] >= high - near
    step_chart(points(one, other))


@pytest.mark.parametrize("digits", ["9" * 400, "9007199254740993000"])
def test_endless_digits_are_no_number_to_draw(digits: str) -> None:
    task = Task(search_query="Stars of the project", condition_description="Stars exceed 9")
    verdicts = [(START + timedelta(days=day), {"stars": digits[day:]}) for day in range(2)]
    assert series(task, verdicts, 30, START + timedelta(days=2)) is None
