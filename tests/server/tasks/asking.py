"""What the tests of the tasks' API ask with."""

import json
from http import HTTPStatus
from typing import Any

import httpx2

TASKS = "/api/v1/tasks"
PIXEL: dict[str, Any] = {
    "search_query": "Google Pixel 9 price",
    "condition_description": "the price is below 350 USD",
    "schedule": "0 9 * * *",
}
NOW, TOMORROW = "2026-11-24T09:00:30Z", "2026-11-25T09:00:00Z"


async def create(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    response = await client.post(TASKS, json={**PIXEL, **more})
    assert response.status_code == HTTPStatus.CREATED, response.text
    task: dict[str, Any] = response.json()
    return task


async def send(client: httpx2.AsyncClient, method: str, url: str, body: Any) -> httpx2.Response:
    """Send a body that the client itself would not write: one with lone surrogates."""
    headers = {"Content-Type": "application/json"}
    return await client.request(method, url, content=json.dumps(body).encode(), headers=headers)
