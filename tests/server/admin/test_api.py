from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.admin.conftest import FakeEngine
from tests.support.fakes import FakeClock
from tests.support.people import Person, browse, make_person
from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.database import Sessions
from torale.server.engine.base import JobInfo
from torale.server.engine.models import Process
from torale.server.executions.models import Execution

TASK = {
    "search_query": "price of the ThinkPad X1",
    "condition_description": "the price is below 350 USD",
    "schedule": "0 9 * * *",
}
READS = (
    "/admin/stats",
    "/admin/queries",
    "/admin/executions",
    "/admin/errors",
    "/admin/users",
    "/admin/scheduler/jobs",
    "/admin/audit",
)


async def make_task(client: httpx2.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/tasks", json={**TASK, **more})
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json()
    return task


def failed(task_id: str, clock: FakeClock, kind: str, message: str) -> Execution:
    return Execution(
        task_id=UUID(task_id),
        trigger=Trigger.SCHEDULE,
        job_id=str(uuid4()),
        due_at=clock(),
        status=ExecutionStatus.FAILED,
        grounding_sources=[],
        error_type=kind,
        error_message=message,
        created_at=clock(),
        completed_at=clock(),
    )


@pytest.mark.parametrize("path", READS)
async def test_a_user_who_is_no_admin_is_refused(alice: httpx2.AsyncClient, path: str) -> None:
    answer = await alice.get(path)
    assert (answer.status_code, answer.json()) == (403, {"detail": "Admin access required"})


@pytest.mark.parametrize("path", READS)
async def test_an_admins_key_without_the_scope_is_refused(
    app: FastAPI, sessions: Sessions, clock: FakeClock, path: str
) -> None:
    weak = await make_person(sessions, "weak@example.com", clock, is_admin=True)
    async with browse(app, weak) as client:
        answer = await client.get(path)
    assert answer.status_code == 403
    assert answer.json() == {"detail": "API key lacks the required scope"}


@pytest.mark.parametrize("path", READS)
async def test_without_a_credential_nothing_is_told(app: FastAPI, path: str) -> None:
    async with browse(app) as client:
        assert (await client.get(path)).status_code == 401


async def test_stats_count_what_there_is(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    task = await make_task(alice)
    await make_task(alice, state="paused")
    async with sessions.begin() as session:
        session.add(failed(task["id"], clock, "timeout", "It took too long."))
    stats = (await admin.get("/admin/stats")).json()
    assert stats["users"] == {"total": 2, "active": 2}
    assert stats["tasks"] == {"total": 2, "active": 1, "paused": 1, "completed": 0}
    assert stats["executions_24h"]["failed"] == stats["executions_24h"]["total"] == 1
    clock.advance(timedelta(days=2))
    assert (await admin.get("/admin/stats")).json()["executions_24h"]["total"] == 0


async def test_stats_of_an_empty_service_are_zeros(admin: httpx2.AsyncClient) -> None:
    stats = (await admin.get("/admin/stats")).json()
    assert stats["executions_24h"] == {
        "total": 0,
        "success": 0,
        "failed": 0,
        "in_flight": 0,
        "met": 0,
        "unknown": 0,
    }


async def test_queries_are_everybodys_tasks(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient
) -> None:
    task = await make_task(alice)
    gone = await make_task(alice)
    await alice.delete(f"/api/v1/tasks/{gone['id']}")
    listed = (await admin.get("/admin/queries")).json()
    assert listed["total"] == 1
    (one,) = listed["queries"]
    assert (one["id"], one["user_email"]) == (task["id"], "alice@example.com")
    assert one["search_query"] == TASK["search_query"]
    assert (await admin.get("/admin/queries?state=paused")).json()["total"] == 0


async def test_errors_are_grouped_by_kind_most_first(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    task = await make_task(alice)
    for kind, message in (
        ("timeout", "An old one."),
        ("http_500", "The site answered 500."),
        ("timeout", "The newest."),
    ):
        clock.advance(timedelta(minutes=1))
        async with sessions.begin() as session:
            session.add(failed(task["id"], clock, kind, message))
    errors = (await admin.get("/admin/errors?limit=2")).json()
    assert [(one["error_type"], one["count"]) for one in errors["groups"]] == [
        ("timeout", 2),
        ("http_500", 1),
    ]
    assert errors["groups"][0]["last_message"] == "The newest."
    assert errors["groups"][0]["tasks"] == 1
    assert errors["total"] == 3
    assert [one["error_message"] for one in errors["errors"]] == [
        "The newest.",
        "The site answered 500.",
    ]
    clock.advance(timedelta(days=3))
    assert (await admin.get("/admin/errors?days=2")).json()["total"] == 0


async def test_executions_can_be_filtered(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    task = await make_task(alice)
    async with sessions.begin() as session:
        session.add(failed(task["id"], clock, "timeout", "It took too long."))
    path = f"/admin/executions?task_id={task['id']}"
    (one,) = (await admin.get(f"{path}&status=failed")).json()["executions"]
    assert (one["task_name"], one["user_email"]) == (task["name"], "alice@example.com")
    assert (await admin.get(f"{path}&status=success")).json()["total"] == 0
    assert (await admin.get(f"/admin/executions?task_id={uuid4()}")).json()["total"] == 0


async def test_users_are_found_by_part_of_their_address(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient
) -> None:
    await make_task(alice)
    listed = (await admin.get("/admin/users?search=ALICE")).json()
    assert listed["total"] == 1
    (one,) = listed["users"]
    assert (one["email"], one["tasks"], one["active_keys"]) == ("alice@example.com", 1, 1)
    assert (await admin.get("/admin/users?search=%25")).json()["total"] == 0


async def test_deactivating_revokes_keys_pauses_tasks_and_deletes_nothing(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, person: Person
) -> None:
    task = await make_task(alice)
    answer = await admin.patch(f"/admin/users/{person.user_id}/deactivate")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["active_keys"]) == ("inactive", 0)
    refused = await alice.get("/auth/me")
    assert (refused.status_code, refused.json()) == (401, {"detail": "Invalid API key"})
    (one,) = (await admin.get("/admin/queries")).json()["queries"]
    assert (one["id"], one["state"], one["next_run"]) == (task["id"], "paused", None)


async def test_activating_brings_the_user_back_and_no_key(
    admin: httpx2.AsyncClient,
    alice: httpx2.AsyncClient,
    app: FastAPI,
    person: Person,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    await admin.patch(f"/admin/users/{person.user_id}/deactivate")
    answer = await admin.patch(f"/admin/users/{person.user_id}/activate")
    assert answer.json()["state"] == "active"
    assert (await alice.get("/auth/me")).status_code == 401
    again = await make_person(sessions, "alice@example.com", clock)
    assert again.user_id == person.user_id
    async with browse(app, again) as client:
        assert (await client.get("/auth/me")).status_code == 200


async def test_each_act_is_audited_once(
    admin: httpx2.AsyncClient, person: Person, root: Person, clock: FakeClock
) -> None:
    for _ in range(2):
        await admin.patch(f"/admin/users/{person.user_id}/deactivate")
    clock.advance(timedelta(seconds=1))
    await admin.patch(f"/admin/users/{person.user_id}/activate")
    audit = (await admin.get(f"/admin/audit?action=user&user_id={person.user_id}")).json()
    assert [(one["action"], one["actor_id"]) for one in audit["events"]] == [
        ("user.activated", str(root.user_id)),
        ("user.deactivated", str(root.user_id)),
    ]
    assert audit["total"] == 2


async def test_nobody_deactivates_themselves(admin: httpx2.AsyncClient, root: Person) -> None:
    answer = await admin.patch(f"/admin/users/{root.user_id}/deactivate")
    assert answer.status_code == 409
    assert answer.json() == {"detail": "You cannot deactivate yourself: ask another admin"}
    assert (await admin.get("/auth/me")).status_code == 200


@pytest.mark.parametrize("act", ["activate", "deactivate"])
@pytest.mark.parametrize("user_id", ["nonsense", str(UUID(int=7)), "..%2f", "' OR 1=1"])
async def test_a_user_who_is_not_there_is_404(
    admin: httpx2.AsyncClient, act: str, user_id: str
) -> None:
    answer = await admin.patch(f"/admin/users/{user_id}/{act}")
    assert answer.status_code == 404


async def test_the_queue_is_shown(
    admin: httpx2.AsyncClient,
    alice: httpx2.AsyncClient,
    engine: FakeEngine,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    task = await make_task(alice)
    engine.unfinished.append(JobInfo("task-1", "ENQUEUED", None))
    async with sessions.begin() as session:
        session.add(
            Process(
                executor_id="worker-1",
                kind="worker",
                executes=True,
                started_at=clock(),
                heartbeat_at=clock(),
            )
        )
    shown = (await admin.get("/admin/scheduler/jobs")).json()
    assert shown["jobs"] == [{"id": "task-1", "status": "ENQUEUED", "executor_id": None}]
    assert [one["executor_id"] for one in shown["processes"]] == ["worker-1"]
    assert [one["id"] for one in shown["next_tasks"]] == [task["id"]]
    assert shown["overdue"] == 0
    clock.advance(timedelta(days=2))
    assert (await admin.get("/admin/scheduler/jobs")).json()["overdue"] == 1


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "page=0", "page=x"])
async def test_pages_out_of_range_are_refused(admin: httpx2.AsyncClient, query: str) -> None:
    assert (await admin.get(f"/admin/users?{query}")).status_code == 422
