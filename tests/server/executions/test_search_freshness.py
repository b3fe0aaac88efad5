"""How recent a search must be."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.world import World
from torale.server.evidence.base import SearchFreshness
from torale.server.executions.search_freshness import (
    BY_HAND,
    LONGEST_MEMORY,
    SHORTEST_WINDOW,
    freshness_of,
)

EVENT = "The mayor has announced when the bridge will open"
HOUR = timedelta(hours=1)


def of(
    interval: timedelta | None, condition: str = EVENT, *, is_first: bool = False
) -> SearchFreshness:
    return freshness_of(
        interval, condition=condition, query="Opening of the bridge", is_first=is_first
    )


def test_by_hand_everything_is_looked_up_now() -> None:
    assert of(None) == BY_HAND
    assert timedelta(0) < BY_HAND.max_age <= timedelta(minutes=1)


def test_news_is_looked_for_among_recent_pages() -> None:
    assert of(HOUR) == SearchFreshness(SHORTEST_WINDOW, HOUR / 2)
    assert of(timedelta(days=60)) == SearchFreshness(timedelta(days=120), HOUR)


@pytest.mark.parametrize("condition", ["The price is below 350 USD", "It is in stock again"])
def test_a_state_may_stand_on_a_page_of_any_age(condition: str) -> None:
    assert of(HOUR, condition).fresh is None


def test_the_first_look_takes_everything() -> None:
    assert of(HOUR, is_first=True) == SearchFreshness(None, HOUR / 2)


@given(interval=st.timedeltas(timedelta(minutes=1), timedelta(days=800)))
def test_two_executions_in_a_row_never_share_a_search(interval: timedelta) -> None:
    found = of(interval)

    assert found.max_age <= min(interval / 2, LONGEST_MEMORY)
    assert found.fresh is not None
    assert found.fresh >= 2 * interval


async def test_a_schedule_sets_how_old_a_search_may_be(world: World) -> None:
    await world.create(condition_description=EVENT, schedule="*/20 * * * *")
    task = (await world.show("/tasks"))["tasks"][0]

    world.clock.advance(timedelta(minutes=20))
    await world.dispatcher.tick()
    await world.queue.run_due()
    await world.execute(task)

    assert world.web.freshness == [SearchFreshness(None, timedelta(minutes=10)), BY_HAND]
