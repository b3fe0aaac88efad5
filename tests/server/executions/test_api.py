"""Executions, evidence, notifications and previews over HTTP."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tests.support.world import SHOP, TASK, World
from torale.server.evidence.base import Problem
from torale.server.executions.models import EvidenceText, Execution
from torale.server.notifications.models import Delivery
from torale.server.tasks.models import Task

DEAR, CHEAP = "Aurora lamp\nPrice: 399.00 USD", "Aurora lamp\nPrice: 329.00 USD"
PREVIEW = {one: TASK[one] for one in ("search_query", "condition_description", "sources")}
BAD_IDS = ("nonsense", "1", "00000000-0000-0000-0000-00000000000g", "a" * 32)


async def history(world: World, *pages: str, **fields: Any) -> tuple[dict[str, Any], list[Any]]:
    """Make a task and execute it once for each page, a minute apart."""
    task, executions = await world.create(**fields), []
    for page in pages:
        world.clock.advance(timedelta(minutes=1))
        world.web.pages[SHOP] = page
        executions.append(await world.execute(task))
    return task, executions


async def test_executions_are_paged_newest_first(world: World) -> None:
    task, executions = await history(world, *[DEAR] * 5)
    path = f"/tasks/{task['id']}/executions"
    ids = [one["id"] for one in reversed(executions)]

    pages = [await world.show(f"{path}?limit=2&page={page}") for page in (1, 2, 3, 4)]

    assert [[one["id"] for one in page["executions"]] for page in pages] == [
        ids[:2],
        ids[2:4],
        ids[4:],
        [],
    ]
    assert {page["total"] for page in pages} == {5}
    assert (pages[1]["page"], pages[1]["limit"]) == (2, 2)
    assert pages[0]["executions"][0] == executions[-1]


async def test_executions_are_filtered_by_status(world: World) -> None:
    task, (good,) = await history(world, DEAR)
    world.web.pages.clear()
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]
    world.clock.advance(timedelta(minutes=1))
    bad = await world.execute(task)
    path = f"/tasks/{task['id']}/executions"

    for status, wanted in (("success", [good]), ("failed", [bad]), ("running", [])):
        found = await world.show(f"{path}?status={status}")
        assert found["executions"] == wanted
        assert found["total"] == len(wanted)
    response = await world.alice.get(f"/api/v1{path}?status=done")
    assert response.status_code == 422


async def test_an_execution_by_schedule_and_by_hand_say_so(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create()
    by_hand = await world.execute(task)
    world.clock.advance(timedelta(hours=1))
    await world.dispatcher.tick()
    await world.queue.run_due()

    (by_schedule, _) = (await world.show(f"/tasks/{task['id']}/executions"))["executions"]
    assert by_hand["trigger"] == "manual"
    assert by_schedule["trigger"] == "schedule"
    assert by_schedule["started_at"].endswith("Z")


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "limit=0", "limit=101", "page=x", "limit=1.5"]
)
@pytest.mark.parametrize("path", ["/tasks/{}/executions", "/tasks/{}/notifications"])
async def test_pages_have_bounds(world: World, path: str, query: str) -> None:
    task = await world.create()

    for address in (path.format(task["id"]), "/notifications"):
        response = await world.alice.get(f"/api/v1{address}?{query}")
        assert response.status_code == 422
        assert response.json()["detail"][0]["loc"][0] == "query"


async def test_a_stranger_finds_nothing(world: World) -> None:
    task, (execution,) = await history(world, CHEAP)
    base = f"/api/v1/tasks/{task['id']}"
    nobody = f"/api/v1/tasks/{uuid4()}"

    for path in ("/executions", f"/executions/{execution['id']}", "/notifications"):
        theirs = await world.mallory.get(base + path)
        missing = await world.mallory.get(nobody + path)
        assert theirs.status_code == missing.status_code == 404
        assert theirs.json() == missing.json(), "as if it did not exist"
    evidence = await world.mallory.get(f"{base}/executions/{execution['id']}/evidence")
    assert evidence.status_code == 404
    executed = await world.mallory.post(f"{base}/execute")
    assert executed.status_code == 404
    assert (await world.mallory.get("/api/v1/notifications")).json()["total"] == 0


async def test_an_execution_is_found_under_its_own_task_only(world: World) -> None:
    _, (execution,) = await history(world, CHEAP)
    other = await world.create()

    for tail in ("", "/evidence"):
        path = f"/api/v1/tasks/{other['id']}/executions/{execution['id']}{tail}"
        response = await world.alice.get(path)
        assert response.status_code == 404
        assert response.json() == {"detail": "Execution not found"}


@pytest.mark.parametrize("bad", BAD_IDS)
async def test_an_id_that_is_none_is_not_found(world: World, bad: str) -> None:
    task = await world.create()

    for path in (
        f"/tasks/{bad}/executions",
        f"/tasks/{bad}/notifications",
        f"/tasks/{task['id']}/executions/{bad}",
        f"/tasks/{task['id']}/executions/{bad}/evidence",
    ):
        assert (await world.alice.get(f"/api/v1{path}")).status_code == 404


async def test_evidence_keeps_what_could_not_be_read(world: World) -> None:
    other = "https://other.example/lamp"
    world.web.unusable[other] = "a captcha"
    task, (execution,) = await history(world, DEAR, sources=[SHOP, other])

    shown = await world.show(f"/tasks/{task['id']}/executions/{execution['id']}/evidence")

    read, unread = shown["evidence"]
    assert (read["uri"], read["text"], read["unusable_reason"]) == (SHOP, DEAR, None)
    assert (unread["uri"], unread["text"]) == (other, "")
    assert unread["unusable_reason"] == "a captcha"
    assert read["status"] == 200
    assert read["truncated"] is False
    assert read["fetched_at"].endswith("Z")


async def test_notifications_are_what_met_its_condition(world: World) -> None:
    task, executions = await history(world, DEAR, CHEAP, CHEAP, notify_behavior="always")
    other, (met,) = await history(world, CHEAP, name="Other")
    met_ids = [one["id"] for one in reversed(executions[1:])]

    of_task = await world.show(f"/tasks/{task['id']}/notifications")
    of_all = await world.show("/notifications?limit=2")

    assert [one["id"] for one in of_task["notifications"]] == met_ids
    assert of_task["total"] == 2
    assert [one["id"] for one in of_all["notifications"]] == [met["id"], met_ids[0]]
    assert (of_all["total"], of_all["limit"]) == (3, 2)
    newest = of_all["notifications"][0]
    assert newest["task_id"] == other["id"]
    assert newest["task_name"] == "Other"
    assert newest["condition_met"] is True
    assert newest["answer"]
    assert newest["grounding_sources"][0]["uri"] == SHOP


async def test_a_deleted_task_is_gone_from_every_answer(world: World) -> None:
    task, (execution,) = await history(world, CHEAP)
    assert (await world.alice.delete(f"/api/v1/tasks/{task['id']}")).status_code == 204

    for tail in (
        "executions",
        "notifications",
        f"executions/{execution['id']}",
        f"executions/{execution['id']}/evidence",
    ):
        response = await world.alice.get(f"/api/v1/tasks/{task['id']}/{tail}")
        assert response.status_code == 404
    assert (await world.show("/notifications"))["total"] == 0
    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Execution)) == 1, "the audit"


async def count_all(world: World) -> list[int | None]:
    async with world.sessions() as session:
        return [
            await session.scalar(select(func.count()).select_from(table))
            for table in (Task, Execution, EvidenceText, Delivery)
        ]


async def test_a_preview_judges_and_stores_nothing(world: World) -> None:
    world.web.pages[SHOP] = CHEAP

    response = await world.alice.post("/api/v1/tasks/preview", json=PREVIEW)

    assert response.status_code == 200
    shown = response.json()
    assert shown["verdict"] == "met"
    assert shown["condition_met"] is True
    assert shown["understood"]
    assert shown["warnings"] == []
    assert shown["grounding_sources"][0]["uri"] == SHOP
    assert await count_all(world) == [0, 0, 0, 0]
    assert world.queue.enqueued == {}


async def test_a_preview_says_what_is_wrong_with_the_condition(world: World) -> None:
    asked = {**PREVIEW, "condition_description": "the price is above 0 USD"}

    response = await world.alice.post("/api/v1/tasks/preview", json=asked)

    assert response.json()["warnings"] == ["It is always true: a price is never 0 or below."]


async def test_a_preview_that_retrieves_nothing_is_unknown(world: World) -> None:
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]

    response = await world.alice.post("/api/v1/tasks/preview", json=PREVIEW)

    assert response.status_code == 200
    shown = response.json()
    assert shown["verdict"] == "unknown"
    assert shown["condition_met"] is False
    assert shown["confidence"] == 0
    assert "did not answer" in shown["reasoning"]
    assert shown["grounding_sources"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"search_query": "short"},
        {"condition_description": "x" * 501},
        {"sources": ["ftp://shop.example"]},
        {"sources": [SHOP] * 11},
        {"schedule": "* * * * *"},
        {"search_query": None},
    ],
)
async def test_a_preview_refuses_what_a_task_would(world: World, change: dict[str, Any]) -> None:
    response = await world.alice.post("/api/v1/tasks/preview", json={**PREVIEW, **change})

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"][1] == next(iter(change))


async def test_nobody_is_answered_without_a_key(world: World) -> None:
    task = await world.create()
    world.alice.headers.pop("Authorization")

    for path in (f"/tasks/{task['id']}/executions", "/notifications"):
        assert (await world.alice.get(f"/api/v1{path}")).status_code == 401
    assert (await world.alice.post("/api/v1/tasks/preview", json=PREVIEW)).status_code == 401
