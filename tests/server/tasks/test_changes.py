"""What becomes of a task that is there: changed, executed, deleted."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.server.tasks.asking import NOW, PIXEL, TASKS, TOMORROW, create
from tests.support.fakes import FakeClock
from torale.server.database import Sessions
from torale.server.tasks.models import Task


async def test_what_is_not_given_stays(alice: httpx2.AsyncClient, clock: FakeClock) -> None:
    target = {"type": "email", "address": "a@example.com"}
    task = await create(alice, sources=["https://a.example"], notifications=[target])
    url = f"{TASKS}/{task['id']}"
    clock.advance(timedelta(hours=1))

    assert (await alice.put(url, json={})).json() == task
    renamed = (await alice.put(url, json={"name": "New"})).json()
    assert renamed == {**task, "name": "New", "updated_at": "2026-11-24T10:00:30Z"}
    emptied = (await alice.put(url, json={"sources": [], "notifications": []})).json()
    assert emptied == {**renamed, "sources": [], "notifications": []}
    assert (await alice.get(url)).json() == emptied


async def test_a_source_is_stored_as_its_address(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    await create(alice, sources=["https://a.example", "https://b.example/feed"])

    stored = await session.scalar(text("SELECT CAST(sources AS text) FROM tasks"))

    assert stored == '["https://a.example", "https://b.example/feed"]'


async def test_a_new_schedule_or_zone_counts_from_now(alice: httpx2.AsyncClient) -> None:
    task = await create(alice)
    url = f"{TASKS}/{task['id']}"

    async def next_run(**change: Any) -> str | None:
        answer: dict[str, str | None] = (await alice.put(url, json=change)).json()
        return answer["next_run"]

    assert await next_run(schedule="*/5 * * * *") == "2026-11-24T09:05:00Z"
    assert await next_run(schedule="0 9 * * *", timezone="America/New_York") == (
        "2026-11-24T14:00:00Z"
    )
    assert await next_run(timezone="Europe/Berlin") == "2026-11-25T08:00:00Z"
    assert await next_run(state="paused", timezone="UTC") is None
    assert await next_run(schedule="0 12 * * *") is None
    assert await next_run(state="active") == "2026-11-24T12:00:00Z"


async def test_the_same_schedule_loses_no_tick(alice: httpx2.AsyncClient, clock: FakeClock) -> None:
    task = await create(alice)
    clock.advance(timedelta(days=2))  # it is due, and nobody has come for it yet

    changed = await alice.put(f"{TASKS}/{task['id']}", json={**PIXEL, "state": "active"})

    assert changed.json()["next_run"] == TOMORROW


async def test_states_change_as_they_may(alice: httpx2.AsyncClient, clock: FakeClock) -> None:
    task = await create(alice)
    url = f"{TASKS}/{task['id']}"
    since = task["state_changed_at"]

    for state, allowed in (
        ("active", True),
        ("paused", True),
        ("paused", True),
        ("active", True),
        ("completed", True),
        ("completed", True),
        ("paused", False),
        ("active", True),
        ("paused", True),
        ("completed", True),
    ):
        before = (await alice.get(url)).json()
        clock.advance(timedelta(minutes=1))
        response = await alice.put(url, json={"state": state, "name": state})
        now = (await alice.get(url)).json()
        if allowed:
            since = since if before["state"] == state else now["updated_at"]
            assert response.json() == now
            assert (now["state"], now["state_changed_at"]) == (state, since)
            assert (now["next_run"] is not None) == (state == "active")
        else:
            assert response.status_code == HTTPStatus.CONFLICT
            assert response.json() == {"detail": "A completed task cannot become paused"}
            assert now == before, "all or nothing"


async def test_setting_active_forgets_the_trouble(
    alice: httpx2.AsyncClient, sessions: Sessions
) -> None:
    task = await create(alice)
    url = f"{TASKS}/{task['id']}"

    async def trouble(streak: int | None = None) -> tuple[int, bool]:
        async with sessions.begin() as session:
            row = await session.get_one(Task, UUID(task["id"]))
            if streak is not None:
                row.trouble_streak, row.trouble_told = streak, True
            return row.trouble_streak, row.trouble_told

    await trouble(4)
    await alice.put(url, json={"state": "active"})
    assert await trouble() == (4, True), "it was active before"
    await alice.put(url, json={"state": "paused"})
    assert await trouble() == (4, True)
    await alice.put(url, json={"state": "active"})
    assert await trouble() == (0, False)


async def test_another_question_forgets_what_was_known(
    alice: httpx2.AsyncClient, sessions: Sessions
) -> None:
    task = await create(alice)
    url = f"{TASKS}/{task['id']}"
    known = {"answer": "349 USD", "facts": {"price": "349 USD"}, "timestamp": NOW}
    last = {
        "id": str(uuid4()),
        "condition_met": True,
        "status": "success",
        "started_at": NOW,
        "completed_at": NOW,
    }
    async with sessions.begin() as session:
        row = await session.get_one(Task, UUID(task["id"]))
        row.last_known_state, row.last_execution = known, last

    shown = (await alice.put(url, json={**PIXEL, "name": "x"})).json()
    assert shown["last_known_state"] == known
    assert shown["last_execution"] == last
    assert shown["last_execution_id"] == last["id"]
    shown = (await alice.put(url, json={"search_query": "Google Pixel 10 price"})).json()
    assert shown["last_known_state"] is None
    assert shown["last_execution"] == last


async def test_a_deleted_task_is_gone(alice: httpx2.AsyncClient, session: AsyncSession) -> None:
    task = await create(alice)
    url = f"{TASKS}/{task['id']}"

    response = await alice.delete(url)

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert response.content == b""
    for again in (
        await alice.get(url),
        await alice.put(url, json={"state": "active"}),
        await alice.delete(url),
        await alice.post(f"{url}/execute"),
    ):
        assert again.status_code == HTTPStatus.NOT_FOUND
    assert (await alice.get(TASKS)).json() == {"tasks": [], "total": 0, "page": 1, "limit": 20}
    row = await session.get_one(Task, UUID(task["id"]))
    assert row.deleted_at is not None
    assert row.next_run_at is None


async def test_a_completed_task_may_be_deleted(alice: httpx2.AsyncClient) -> None:
    url = f"{TASKS}/{(await create(alice))['id']}"
    await alice.put(url, json={"state": "completed"})

    assert (await alice.delete(url)).status_code == HTTPStatus.NO_CONTENT


async def test_changes_at_once_come_one_after_the_other(alice: httpx2.AsyncClient) -> None:
    url = f"{TASKS}/{(await create(alice))['id']}"

    answers = await asyncio.gather(
        *(alice.put(url, json={"state": state}) for state in ("completed", "paused") * 2)
    )

    assert {answer.status_code for answer in answers} <= {HTTPStatus.OK, HTTPStatus.CONFLICT}
    assert (await alice.get(url)).json()["state"] == "completed"
