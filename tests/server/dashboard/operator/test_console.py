"""What only admins see, on the whole application."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI

from tests.support.databases import ENGINES
from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read, sign_in
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth.models import AuditEvent
from torale.server.database import Sessions
from torale.server.engine.models import Process
from torale.server.executions.models import Execution
from torale.server.tasks.models import Task

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"
SCREENS = ("", "/users", "/executions", "/errors", "/queue", "/audit")


@pytest.fixture
def app(whole_app: FastAPI) -> FastAPI:
    return whole_app


@pytest.fixture
async def owner(app: FastAPI, sessions: Sessions, clock: FakeClock) -> UUID:
    async with open_browser(app) as browser:
        return await sign_in(browser, sessions, "alice@example.com", clock)


def a_task(user_id: UUID, name: str, clock: FakeClock) -> Task:
    return Task(
        id=uuid4(),
        user_id=user_id,
        name=name,
        search_query="price of it",
        condition_description="the price is below 350 USD",
        schedule="0 9 * * *",
        timezone="UTC",
        notify_behavior=NotifyBehavior.ONCE,
        state=TaskState.ACTIVE,
        sources=[],
        next_run_at=clock() + timedelta(hours=1),
        state_changed_at=clock(),
        created_at=clock(),
        updated_at=clock(),
    )


def an_execution(task: Task, at: Any, status: ExecutionStatus, **more: Any) -> Execution:
    is_over = status in {ExecutionStatus.SUCCESS, ExecutionStatus.FAILED}
    values: dict[str, Any] = {
        "task_id": task.id,
        "trigger": Trigger.SCHEDULE,
        "job_id": str(uuid4()),
        "status": status,
        "started_at": at,
        "completed_at": at + timedelta(seconds=2.5) if is_over else None,
        "grounding_sources": [],
        "created_at": at,
    }
    return Execution(**{**values, **more})


@pytest.fixture
async def busy(sessions: Sessions, owner: UUID, clock: FakeClock) -> None:
    """30 checks that ended, two kinds of errors, one check that waits, a process gone silent."""
    lamp, fan = a_task(owner, HOSTILE, clock), a_task(owner, "Fan", clock)
    ago = [clock() - timedelta(hours=hours) for hours in range(1, 40)]
    failed = {"error_type": "unreachable", "error_message": HOSTILE}
    async with sessions.begin() as session:
        session.add_all([lamp, fan])
        await session.flush()
        success = ExecutionStatus.SUCCESS
        session.add_all([an_execution(lamp, at, success, condition_met=True) for at in ago[:30]])
        session.add_all(
            [an_execution(fan, at, ExecutionStatus.FAILED, **failed) for at in ago[30:33]]
        )
        session.add(an_execution(lamp, ago[33], ExecutionStatus.FAILED))
        session.add(an_execution(fan, ago[0], ExecutionStatus.PENDING))
        silent = clock() - timedelta(minutes=5)
        session.add(
            Process(
                executor_id="worker-1",
                kind="worker",
                executes=True,
                started_at=ago[5],
                heartbeat_at=silent,
            )
        )


@pytest.mark.parametrize("screen", SCREENS)
async def test_only_admins_get_in(
    app: FastAPI, sessions: Sessions, clock: FakeClock, screen: str
) -> None:
    async with open_browser(app) as browser:
        assert (await browser.get(f"/console{screen}")).status_code == 303
        await sign_in(browser, sessions, "alice@example.com", clock)
        assert (await browser.get(f"/console{screen}")).status_code == 403


@pytest.mark.usefixtures("busy")
async def test_hostile_text_is_text_on_every_screen(root: httpx2.AsyncClient) -> None:
    for screen in (*SCREENS, "/errors?kind=unreachable", "/errors?kind=%3Cscript%3E"):
        page = read(await root.get(f"/console{screen}"))
        assert "alert(1)</script>" not in page.html, screen
        assert page.one("nav.subnav a[aria-current='page']").text()


@pytest.mark.usefixtures("busy")
async def test_numbers_stand_on_the_first_screen(root: httpx2.AsyncClient) -> None:
    page = read(await root.get("/console"))
    shown = {one.one("dt").text(): one.one("dd").text() for one in page.all("dl.nums > div")}
    assert shown["Waiting"] == "1"
    assert shown["Met"] == "24"
    assert "unreachable" in page.one("table").text()


@pytest.mark.usefixtures("busy")
async def test_executions_are_filtered_and_paged(root: httpx2.AsyncClient) -> None:
    page = read(await root.get("/console/executions?status=success"))
    assert len(page.all("tbody tr")) == 25
    assert "30 found" in page.one(".sub").text()
    assert "2.5 s" in page.one("tbody").text()
    rest = read(await root.get(page.one("a[rel='next']")["href"]))
    assert len(rest.all("tbody tr")) == 5
    failed = read(await root.get("/console/executions?status=failed"))
    assert len(failed.all("tbody tr")) == 4
    assert failed.one("nav.seg [aria-current]").text() == "Failed"
    running = read(await root.get("/console/executions?status=running"))
    assert running.one(".empty h2").text() == "No executions"
    assert (await root.get("/console/executions?status=nonsense")).status_code == 200


@pytest.mark.usefixtures("busy")
async def test_an_error_names_its_tasks(root: httpx2.AsyncClient, clock: FakeClock) -> None:
    page = read(await root.get("/console/errors"))
    assert [one.text() for one in page.all("tbody code")] == ["unreachable", "unknown"]
    detail = read(await root.get(page.one("tbody a")["href"]))
    row = detail.one("tbody tr")
    assert "Fan" in row.text()
    assert "alice@example.com" in row.text()
    moments = [one["datetime"] for one in row.all("time")]
    expected = [clock() - timedelta(hours=hours) for hours in (33, 31)]
    assert moments == [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in expected]
    assert (
        "None in the last" in read(await root.get("/console/errors?kind=other")).one("main").text()
    )


@pytest.mark.usefixtures("busy")
async def test_the_queue_tells_who_works_and_what_waits(root: httpx2.AsyncClient) -> None:
    page = read(await root.get("/console/queue"))
    assert "has waited since 1 h ago" in page.one(".sub").text()
    silent = [one.text() for one in page.all("tr") if "worker-1" in one.text()]
    assert len(silent) == 1
    assert "silent" in silent[0]
    assert page.one("#h-due").text() == "Due next"
    assert "Fan" in page.one("main").text()


async def test_the_audit_is_filtered_and_names_people(
    root: httpx2.AsyncClient, owner: UUID, sessions: Sessions, clock: FakeClock
) -> None:
    await root.post(f"/console/users/{owner}/deactivate")
    async with sessions.begin() as session:
        session.add_all(
            [
                AuditEvent(
                    user_id=owner,
                    action="api_key.created",
                    detail={"name": HOSTILE},
                    created_at=clock() - timedelta(hours=number),
                )
                for number in range(30)
            ]
        )
    page = read(await root.get("/console/audit?action=user.deact"))
    (row,) = page.all("tbody tr")
    assert "root@example.com" in row.text()
    assert "alice@example.com" in row.text()
    keys = read(await root.get("/console/audit?action=api_key"))
    assert len(keys.all("tbody tr")) == 25
    assert "The operator" in keys.one("tbody tr").text()
    rest = read(await root.get(keys.one("a[rel='next']")["href"]))
    assert len(rest.all("tbody tr")) == 5
    assert read(await root.get("/console/audit?action=x_")).one(".empty h2")


@pytest.mark.parametrize("settings", ENGINES[:1], indirect=True)
async def test_a_search_for_users_survives_paging(
    app: FastAPI, root: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    async with open_browser(app) as other:
        for number in range(27):
            await sign_in(other, sessions, f"u{number}@example.com", clock)
    page = read(await root.get("/console/users?q=%20u"))
    assert page.one("a[rel='next']")["href"] == "/console/users?q=u&page=2"
    assert len(read(await root.get("/console/users?q=u&page=2")).all("tbody tr")) == 2
    assert read(await root.get("/console/users?q=zz")).one(".empty h2").text() == "Nobody found"
    answer = await root.post(f"/console/users/{uuid4()}/nonsense")
    assert answer.status_code == 303


@pytest.mark.parametrize("settings", ENGINES[:1], indirect=True)
async def test_the_api_page_helps_to_begin(root: httpx2.AsyncClient) -> None:
    page = read(await root.get("/api-docs"))
    lines = [one.text() for one in page.all(".copyline code")]
    assert lines[0].endswith("/api/v1")
    assert "$TORALE_API_KEY" in lines[1]
    assert {"/docs", "/redoc", "/openapi.json"} <= {one["href"] for one in page.all("main a")}
    await root.post("/settings/api-keys", data={"name": "laptop", "scope": "read", "days": "30"})
    prefix = read(await root.get("/settings/api-keys")).one("tbody code").text().rstrip("…")
    shown = read(await root.get("/api-docs")).all(".copyline code")[1].text()
    assert f"Bearer {prefix}…" in shown
