"""Steps of the review's tests: six weeks of a price, backtests, feedback."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.support.world import SHOP, World

DAY = timedelta(days=1)
PRICES = [*[399] * 14, *[345] * 7, *[389] * 14, *[310] * 7]


async def six_weeks(world: World, prices: Sequence[int] = PRICES, **fields: Any) -> dict[str, Any]:
    """Make a task and let it look once a day on its schedule."""
    task = await world.create(schedule="0 9 * * *", **fields)
    for price in prices:
        world.web.pages[SHOP] = f"Aurora lamp\nPrice: {price}.00 USD"
        world.clock.advance(DAY)
        await world.dispatcher.tick()
        await world.queue.run_due()
    return task


async def run(world: World, task: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    response = await world.alice.post(f"/api/v1/tasks/{task['id']}/backtest", json=spec)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def days(found: Mapping[str, Any], word: str) -> list[int]:
    """Return on which days, from 0, something was told."""
    return [day for day, one in enumerate(found["executions"]) if one[word]]


async def say(
    world: World, task: Mapping[str, Any], execution: Mapping[str, Any], **words: Any
) -> dict[str, Any]:
    path = f"/api/v1/tasks/{task['id']}/executions/{execution['id']}/feedback"
    response = await world.alice.post(path, json=words)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body
