"""Steps of the tests of executions."""

from collections.abc import Mapping
from typing import Any

from tests.support.world import World


def address(task: Mapping[str, Any], execution: Mapping[str, Any], tail: str) -> str:
    return f"/api/v1/tasks/{task['id']}/executions/{execution['id']}/{tail}"


async def replay(world: World, task: Mapping[str, Any], execution: Mapping[str, Any]) -> Any:
    response = await world.alice.post(address(task, execution, "replay"))
    assert response.status_code == 200, response.text
    return response.json()
