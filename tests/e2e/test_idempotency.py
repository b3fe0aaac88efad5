"""The server is killed while it makes tasks; asked again with the same keys, each is there once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.servers import Server

COUNT = 40


def make(client: httpx2.Client, number: int) -> dict[str, Any] | None:
    """Make one task, or see the server die."""
    spec = {
        "search_query": "Price of the Aurora lamp",
        "condition_description": "The price is below 350 USD",
        "schedule": "0 0 1 1 *",
        "name": f"Task {number}",
    }
    key = {"Idempotency-Key": f"task-{number}"}
    try:
        response = client.post("/api/v1/tasks", json=spec, headers=key)
    except httpx2.TransportError:
        return None
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def test_after_a_kill_each_task_is_there_once(tmp_path: Path, database_url: str) -> None:
    with Server(tmp_path, database_url=database_url) as server:
        with server.client() as client, ThreadPoolExecutor(8) as threads:
            asked = [threads.submit(make, client, number) for number in range(COUNT)]
            assert asked[0].result() is not None
            server.kill()
            before = [one.result() for one in asked]
        server.start()
        with server.client() as client:
            after = [make(client, number) for number in range(COUNT)]
            known = client.get("/api/v1/tasks", params={"limit": 100}).json()

    assert None in before, "the kill came too late to tell anything"
    assert [one for one, again in zip(before, after, strict=True) if one not in (None, again)] == []
    assert known["total"] == COUNT
    assert sorted(one["name"] for one in known["tasks"]) == sorted(
        f"Task {number}" for number in range(COUNT)
    )
