"""The whole application with the web and the jobs in a test's hands, seen through browsers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI
from sqlalchemy import select

from tests.support.fakes import Accepted, FakeClock, FakeGatherer, FakeQueue
from tests.support.pages import Html, open_browser, read, sign_in
from torale.server.app import create_app
from torale.server.engine.base import JOB_LIST, JOB_QUEUE
from torale.server.executions.checker import CHECKER, Checker
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.dispatching.manual_launcher import ManualLauncher
from torale.server.executions.execution_job import ExecutionJob
from torale.server.executions.models import Execution
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.notifications.channels.registry import SENDERS, make_senders
from torale.server.notifications.jobs import DeliveryJob
from torale.server.notifications.outbox.delivery_jobs import DELIVERY
from torale.server.parts import parts_of
from torale.server.review.regression_check import RegressionChecker
from torale.server.review.rejudging import REJUDGER, Rejudger
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task
from torale.server.tasks.ports import LAUNCHER, REGRESSION_CHECK
from torale.server.worker import Service

SHOP = "https://shop.example/lamp"
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


@dataclass
class Watched:
    """What a test may touch of a server, and two people who look at it."""

    service: Service
    clock: FakeClock
    queue: FakeQueue
    web: FakeGatherer
    alice: httpx2.AsyncClient
    mallory: httpx2.AsyncClient

    async def watch(self, **more: str) -> str:
        """Make a task through the form; answers its path. Its first check is over."""
        form = {
            "name": "Aurora lamp",
            "search_query": "Price of the Aurora lamp",
            "condition_description": "The price is below 350 USD",
            "sources": SHOP,
            "notify_behavior": "track_state",
            "kind": "daily",
            "time": "09:00",
            "timezone": "Europe/Berlin",
        }
        answer = await self.alice.post("/new", data={**form, **more})
        assert answer.status_code == 303, read(answer).html
        await self.queue.run_due()
        return answer.headers["location"]

    async def says(self, path: str, text: str) -> None:
        """Let the page say something else a day later, and check."""
        self.clock.advance(timedelta(days=1))
        self.web.pages[SHOP] = text
        assert (await self.alice.post(f"{path}/run")).status_code == 303
        await self.queue.run_due()

    async def page(self, path: str) -> Html:
        answer = await self.alice.get(path)
        assert answer.status_code == 200
        return read(answer)

    async def executions(self, path: str) -> list[UUID]:
        """Return the executions of a task, newest first."""
        task_id = UUID(path.rpartition("/")[2])
        query = select(Execution.id).where(Execution.task_id == task_id)
        async with self.service.sessions() as session:
            found = await session.scalars(query.order_by(Execution.created_at.desc()))
            return list(found)

    async def rename(self, path: str, **values: Any) -> None:
        """Write what no form would let through, as an older release might have."""
        async with self.service.sessions.begin() as session:
            task = await session.get_one(Task, UUID(path.rpartition("/")[2]))
            for name, value in values.items():
                setattr(task, name, value)


def _wire(app: FastAPI, service: Service, queue: FakeQueue, web: FakeGatherer) -> None:
    checker = Checker(web, BuiltinJudge())
    senders = make_senders(service.settings, Accepted())
    execution = ExecutionJob(
        service.sessions, queue, checker, service.clock, service.metrics, service.settings.url
    )
    delivery = DeliveryJob(
        sessions=service.sessions,
        jobs=queue,
        senders=senders,
        vault=service.vault,
        settings=service.settings,
        clock=service.clock,
    )
    queue.handle(EXECUTION, execution.run)
    queue.handle(DELIVERY, delivery.run)
    parts = parts_of(app)
    parts[JOB_QUEUE] = parts[JOB_LIST] = queue
    parts[SENDERS] = senders
    parts[CHECKER] = checker
    parts[LAUNCHER] = ManualLauncher(queue)
    parts[REJUDGER] = Rejudger(service.sessions, checker)
    parts[REGRESSION_CHECK] = RegressionChecker(parts[REJUDGER])


@asynccontextmanager
async def open_watched(settings: Settings, clock: FakeClock) -> AsyncGenerator[Watched]:
    service = Service(settings, kind="serve", executes=False, clock=clock)
    app = create_app(service)
    queue, web = FakeQueue(clock), FakeGatherer(clock, {SHOP: "Aurora lamp\nPrice: 399.00 USD"})
    _wire(app, service, queue, web)
    try:
        async with open_browser(app) as alice, open_browser(app) as mallory:
            await sign_in(alice, service.sessions, "alice@example.com", clock)
            await sign_in(mallory, service.sessions, "mallory@example.com", clock)
            yield Watched(service, clock, queue, web, alice, mallory)
    finally:
        await service.stop()
