from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.dashboard.tasks.stored_tasks import HOSTILE, add_task
from tests.support.fakes import FakeClock
from tests.support.pages import HTMX, open_browser, read, sign_in
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import TaskState
from torale.server.database import Sessions
from torale.server.executions.models import Execution
from torale.server.tasks.models import Task


@pytest.fixture
async def owner(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[tuple[httpx2.AsyncClient, UUID]]:
    async with open_browser(app) as browser:
        yield browser, await sign_in(browser, sessions, "alice@example.com", clock)


async def test_the_first_visit_teaches(owner: tuple[httpx2.AsyncClient, UUID]) -> None:
    browser, _ = owner
    page = read(await browser.get("/tasks"))
    assert page.one("h1").text() == "What should we keep an eye on?"
    page.one('form[action="/new"] input[name="query"]')
    assert len(page.all(".tpl-grid li")) == 6


async def test_those_that_need_you_come_first(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    await add_task(sessions, user_id, clock, "Quiet one")
    met = {"status": "success", "condition_met": True, "id": str(user_id)}
    unsaid = {**met, "condition_met": None}
    await add_task(sessions, user_id, clock, "Good news", last_execution=met)
    failed = {**met, "status": "failed", "condition_met": None}
    await add_task(sessions, user_id, clock, "Blind", trouble_streak=1, last_execution=unsaid)
    await add_task(sessions, user_id, clock, "In trouble", trouble_streak=2, last_execution=failed)
    await add_task(sessions, user_id, clock, "Put aside", state=TaskState.PAUSED, next_run_at=None)
    page = read(await browser.get("/tasks"))
    assert [one.text() for one in page.all(".t-title")] == [
        "In trouble",
        "Blind",
        "Good news",
        "Quiet one",
        "Put aside",
    ]
    assert [one.text() for one in page.all("td .status")] == [
        "Failing",
        "Could not tell",
        "Condition met",
        "Waiting",
        "Paused",
    ]
    tabs = [one.text() for one in page.all(".seg a")]
    assert tabs == ["All5", "Met1", "Waiting1", "Could not tell1", "Failing1", "Paused1"]


@pytest.mark.parametrize(
    "query, found",
    [
        ("show=paused", ["Zebra %"]),
        ("show=waiting", ["Apple"]),
        ("q=zEbRa", ["Zebra %"]),
        ("q=%25", ["Zebra %"]),
        ("q=nothing+like+it", []),
        ("sort=name", ["Apple", "Zebra %"]),
        ("show=nonsense&sort=nonsense", ["Apple", "Zebra %"]),
        ("page=2", []),
    ],
)
async def test_the_list_is_filtered(
    owner: tuple[httpx2.AsyncClient, UUID],
    sessions: Sessions,
    clock: FakeClock,
    query: str,
    found: list[str],
) -> None:
    browser, user_id = owner
    await add_task(sessions, user_id, clock, "Apple")
    await add_task(sessions, user_id, clock, "Zebra %", state=TaskState.PAUSED, next_run_at=None)
    page = read(await browser.get(f"/tasks?{query}"))
    assert [one.text() for one in page.all(".t-title")] == found
    if not found:
        page.one(".empty")


async def test_htmx_gets_the_part_of_the_same_page(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    await add_task(sessions, user_id, clock, "Apple")
    whole = (await browser.get("/tasks?q=app")).text
    part = await browser.get("/tasks?q=app", headers={**HTMX, "HX-Target": "results"})
    assert part.text.strip() in whole
    assert "<html" not in part.text


async def test_what_pages_and_people_write_is_text(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    state = {"answer": HOSTILE, "facts": {}, "timestamp": "2026-01-01T00:00:00Z"}
    await add_task(sessions, user_id, clock, HOSTILE, last_known_state=state)
    page = read(await browser.get("/tasks"))
    assert page.one(".t-title").text() == HOSTILE
    assert page.one(".t-ans").text() == HOSTILE


async def test_recent_checks_are_drawn(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Apple")
    async with sessions.begin() as session:
        for number in range(25):
            at = clock() + timedelta(minutes=number)
            session.add(
                Execution(
                    task_id=task_id,
                    trigger=Trigger.SCHEDULE,
                    job_id=f"job-{number}",
                    due_at=at,
                    status=ExecutionStatus.SUCCESS,
                    condition_met=number == 24,
                    grounding_sources=[],
                    created_at=at,
                    completed_at=at,
                )
            )
    page = read(await browser.get("/tasks"))
    assert page.one(".strip")["aria-label"] == "Last 20 checks: 1 met, 19 no change"


async def test_the_switch_pauses_and_resumes(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Apple")
    answer = await browser.post(
        f"/tasks/{task_id}/switch", headers={**HTMX, "HX-Target": f"row-{task_id}"}
    )
    assert 'aria-checked="false"' in answer.text
    async with sessions() as session:
        assert (await session.get_one(Task, task_id)).state is TaskState.PAUSED
    answer = await browser.post(f"/tasks/{task_id}/switch")
    assert (answer.status_code, answer.headers["location"]) == (303, "/tasks")
    async with sessions() as session:
        assert (await session.get_one(Task, task_id)).state is TaskState.ACTIVE


async def test_deleting_can_be_undone_for_a_while(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Apple")
    await add_task(sessions, user_id, clock, "Pear")
    await browser.post(f"/tasks/{task_id}/delete")
    left = read(await browser.get("/tasks")).all(".t-title")
    assert [one.text() for one in left] == ["Pear"]
    back = await browser.post(f"/tasks/{task_id}/restore?active=1")
    assert back.status_code == 303
    async with sessions() as session:
        assert (await session.get_one(Task, task_id)).state is TaskState.ACTIVE
    await browser.post(f"/tasks/{task_id}/delete")
    clock.advance(timedelta(minutes=2))
    assert (await browser.post(f"/tasks/{task_id}/restore")).status_code == 404


async def test_many_tasks_are_paused_at_once(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    ids = [await add_task(sessions, user_id, clock, f"Task {number}") for number in range(30)]
    answer = await browser.post(
        "/tasks/bulk", data={"action": "pause", "id": [str(ids[0]), str(ids[1]), "nonsense"]}
    )
    assert answer.status_code == 303
    page = read(await browser.get("/tasks?show=paused"))
    assert len(page.all(".t-title")) == 2
    await browser.post("/tasks/bulk?q=task", data={"action": "pause", "scope": "all"})
    tabs = [one.text() for one in read(await browser.get("/tasks")).all(".seg a")]
    assert tabs[-1] == "Paused30"


@pytest.mark.parametrize("action", ["pause", "delete"])
async def test_what_was_done_to_many_can_be_undone_for_a_while(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock, action: str
) -> None:
    browser, user_id = owner
    ids = [await add_task(sessions, user_id, clock, f"Task {number}") for number in range(3)]
    await browser.post(f"/tasks/{ids[0]}/switch")
    clock.advance(timedelta(seconds=1))

    async def states() -> list[str]:
        async with sessions() as session:
            found = [await session.get_one(Task, one) for one in ids]
        return ["deleted" if one.deleted_at else one.state.value for one in found]

    async def undo() -> str:
        await browser.post("/tasks/bulk", data={"action": action, "scope": "all"})
        path = read(await browser.get("/tasks")).one("[data-toast] form")["action"]
        assert "active" not in await states()
        return path

    path = await undo()
    await browser.post(path.replace(action, "resume"))
    assert "active" not in await states(), "only what was done is undone"
    await browser.post(path)
    assert await states() == ["paused", "active", "active"]
    path = await undo()
    clock.advance(timedelta(minutes=2))
    await browser.post(path)
    assert "active" not in await states()


@pytest.mark.parametrize("act", ["switch", "run", "delete", "restore"])
async def test_a_strangers_task_is_not_there(
    owner: tuple[httpx2.AsyncClient, UUID],
    app: FastAPI,
    sessions: Sessions,
    clock: FakeClock,
    act: str,
) -> None:
    _, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Apple")
    async with open_browser(app) as mallory:
        await sign_in(mallory, sessions, "mallory@example.com", clock)
        assert (await mallory.post(f"/tasks/{task_id}/{act}")).status_code == 404
        bulk = {"action": "delete", "id": [str(task_id)]}
        await mallory.post("/tasks/bulk", data=bulk)
    async with sessions() as session:
        assert (await session.get_one(Task, task_id)).deleted_at is None
