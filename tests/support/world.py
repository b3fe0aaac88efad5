"""A whole server in one process, without network and engine: jobs run when a test says so."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.support.fakes import FakeClock, FakeGatherer, FakeQueue
from tests.support.people import browse, build_app, make_person
from torale.server.auth import api as auth_api
from torale.server.budgets.ledger import BudgetLedger, DailyLimits
from torale.server.crypto import VAULT, Vault
from torale.server.database import Sessions
from torale.server.engine.base import JOB_QUEUE
from torale.server.executions import api as executions_api
from torale.server.executions.checker import CHECKER, Checker
from torale.server.executions.dispatching.dispatcher import Dispatcher
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.dispatching.manual_launcher import ManualLauncher
from torale.server.executions.execution_job import ExecutionJob
from torale.server.judge.base import Judge
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.notifications import api as notifications_api
from torale.server.notifications.channels.registry import SENDERS, make_senders
from torale.server.notifications.jobs import DeliveryJob
from torale.server.notifications.outbox.delivery_jobs import DELIVERY
from torale.server.notifications.service import Channels
from torale.server.notifications.task_channels import TaskChannels
from torale.server.notifications.verification.codes import VerificationCodes
from torale.server.outbound import Outbound
from torale.server.parts import parts_of
from torale.server.review import api
from torale.server.review.regression_check import RegressionChecker
from torale.server.review.rejudging import REJUDGER, Rejudger
from torale.server.settings.base import Settings
from torale.server.tasks import api as tasks_api
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER, REGRESSION_CHECK
from torale.server.telemetry import Metrics

SHOP = "https://shop.example/lamp"
TASK = {
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "schedule": "0 * * * *",
    "sources": [SHOP],
}


@dataclass
class World:
    """Everything that a test may touch of a server."""

    settings: Settings
    sessions: Sessions
    clock: FakeClock
    queue: FakeQueue
    web: FakeGatherer
    dispatcher: Dispatcher
    alice: httpx2.AsyncClient
    mallory: httpx2.AsyncClient

    async def create(self, **fields: Any) -> dict[str, Any]:
        response = await self.alice.post("/api/v1/tasks", json={**TASK, **fields})
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    async def show(self, path: str) -> dict[str, Any]:
        response = await self.alice.get(f"/api/v1{path}")
        assert response.status_code == 200, response.text
        body: dict[str, Any] = response.json()
        return body

    async def execute(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Execute a task by hand, to its end, and return the execution."""
        response = await self.alice.post(f"/api/v1/tasks/{task['id']}/execute")
        assert response.status_code == 202, response.text
        await self.queue.run_due()
        return await self.show(f"/tasks/{task['id']}/executions/{response.json()['execution_id']}")

    @property
    def mails(self) -> list[str]:
        """The mails that were written, oldest first."""
        folder = self.settings.data_dir / "mails"
        files = sorted(folder.glob("*.eml"), key=lambda one: one.stat().st_mtime_ns)
        return [one.read_text() for one in files]


@pytest.fixture
def judge() -> Judge:
    return BuiltinJudge()


@pytest.fixture
def limits() -> DailyLimits:
    return DailyLimits()


@pytest.fixture
async def world(
    settings: Settings, sessions: Sessions, clock: FakeClock, judge: Judge, limits: DailyLimits
) -> AsyncIterator[World]:
    queue, web, vault = FakeQueue(clock), FakeGatherer(clock), Vault("a-secret-key-for-tests")
    outbound = Outbound()
    senders = make_senders(settings, outbound)
    checker = Checker(web, judge, BudgetLedger(sessions, limits, clock))
    rejudger = Rejudger(sessions, checker)
    metrics = Metrics()
    execution = ExecutionJob(sessions, queue, checker, clock, metrics, settings.url)
    delivery = DeliveryJob(
        sessions=sessions, jobs=queue, senders=senders, vault=vault, settings=settings, clock=clock
    )
    queue.handle(EXECUTION, execution.run)
    queue.handle(DELIVERY, delivery.run)
    app = build_app(
        settings,
        sessions,
        clock,
        auth_api.router,
        executions_api.router,
        api.router,
        tasks_api.router,
        notifications_api.router,
    )
    parts = parts_of(app)
    parts[VAULT] = vault
    parts[JOB_QUEUE] = queue
    parts[SENDERS] = senders
    parts[CHECKER] = checker
    parts[LAUNCHER] = ManualLauncher(queue)
    parts[REJUDGER] = rejudger
    parts[REGRESSION_CHECK] = RegressionChecker(rejudger)
    codes = VerificationCodes(vault, queue)
    parts[CHANNEL_BOOK] = TaskChannels(Channels(vault, senders, codes))
    people = [await make_person(sessions, f"{n}@example.com", clock) for n in ("alice", "mallory")]
    async with browse(app, people[0]) as alice, browse(app, people[1]) as mallory:
        dispatcher = Dispatcher(sessions, queue, clock, metrics)
        yield World(settings, sessions, clock, queue, web, dispatcher, alice, mallory)
    await outbound.aclose()
