"""A small server: this room's endpoints, its job, a webhook receiver on loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.fakes import FakeClock, FakeQueue
from tests.support.people import build_app
from tests.support.web import Web
from torale.contract.auth import Scope
from torale.contract.channels import EventType
from torale.contract.tasks import NotifyBehavior, Target, TaskState
from torale.server.auth import service as auth
from torale.server.auth.models import Role, User, UserState
from torale.server.crypto import VAULT, Vault
from torale.server.database import Sessions
from torale.server.engine.base import JOB_QUEUE
from torale.server.notifications import api, unsubscribe
from torale.server.notifications.channels.registry import SENDERS, Senders, make_senders
from torale.server.notifications.jobs import DeliveryJob
from torale.server.notifications.messages.content import (
    MessageContent,
    MessageSource,
    MessageTask,
    event_data,
)
from torale.server.notifications.models import Channel, Delivery
from torale.server.notifications.outbox.deliveries import queue_deliveries
from torale.server.notifications.outbox.delivery_jobs import DELIVERY
from torale.server.notifications.service import Channels
from torale.server.notifications.task_channels import TaskChannels
from torale.server.notifications.verification.codes import VerificationCodes
from torale.server.outbound import Outbound
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task

LOOPBACK = ip_network("127.0.0.0/8")
PUBLIC_URL = "https://torale.example"


@dataclass
class Stage:
    settings: Settings
    sessions: Sessions
    clock: FakeClock
    queue: FakeQueue
    vault: Vault
    senders: Senders
    web: Web
    app: FastAPI
    clients: list[httpx2.AsyncClient] = field(default_factory=list[httpx2.AsyncClient])

    @property
    def channels(self) -> Channels:
        return Channels(self.vault, self.senders, VerificationCodes(self.vault, self.queue))

    @property
    def book(self) -> TaskChannels:
        return TaskChannels(self.channels)

    @property
    def mails(self) -> list[Path]:
        """The mails that were written, oldest first."""
        found = (self.settings.data_dir / "mails").glob("*.eml")
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def job(self) -> DeliveryJob:
        return DeliveryJob(
            sessions=self.sessions,
            jobs=self.queue,
            senders=self.senders,
            vault=self.vault,
            settings=self.settings,
            clock=self.clock,
            rng=Random(1),
        )

    def use(self, senders: Senders) -> None:
        self.senders = parts_of(self.app)[SENDERS] = senders
        self.queue.handle(DELIVERY, self.job().run)

    async def user(self, email: str) -> "Person":
        async with self.sessions.begin() as session:
            user = User(
                id=uuid4(),
                email=email,
                email_verified=True,
                role=Role.USER,
                state=UserState.ACTIVE,
                created_at=self.clock(),
                updated_at=self.clock(),
            )
            session.add(user)
            await session.flush()
            scopes = [Scope.READ, Scope.WRITE]
            _, plain = await auth.create_key(session, user.id, "key", scopes, None, self.clock())
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app),
            base_url=PUBLIC_URL,
            headers={"Authorization": f"Bearer {plain}"},
        )
        self.clients.append(client)
        return Person(user.id, email, client)

    async def task(self, owner: UUID, *targets: Target, name: str = "Launch") -> Task:
        now = self.clock()
        async with self.sessions.begin() as session:
            task = Task(
                id=uuid4(),
                user_id=owner,
                name=name,
                search_query="When is the launch?",
                condition_description="A launch date was announced.",
                schedule="0 9 * * *",
                timezone="UTC",
                notify_behavior=NotifyBehavior.ALWAYS,
                state=TaskState.ACTIVE,
                sources=[],
                next_run_at=now,
                state_changed_at=now,
                created_at=now,
                updated_at=now,
            )
            session.add(task)
            await self.book.assign(session, task, targets, now=now)
        return task

    async def tell(self, task: Task, *, execution_id: UUID | None = None) -> int:
        async with self.sessions.begin() as session:
            return await self.tell_in(session, task, execution_id=execution_id or uuid4())

    async def tell_in(self, session: AsyncSession, task: Task, *, execution_id: UUID) -> int:
        about = MessageTask(task.id, task.name, f"{PUBLIC_URL}/tasks/{task.id}")
        data = event_data(
            about,
            MessageContent(
                execution_id=execution_id,
                verdict="met",
                condition_met=True,
                confidence=0.9,
                answer="The launch is on 5 May.",
                reasoning="The page says so.",
                sources=[MessageSource("https://news.example/launch", "Launch", "on 5 May")],
            ),
        )
        return await queue_deliveries(
            session,
            self.queue,
            task=task,
            execution_id=execution_id,
            event=EventType.CONDITION_MET,
            data=data,
            now=self.clock(),
        )

    async def deliveries(self) -> list[Delivery]:
        async with self.sessions() as session:
            return list(await session.scalars(select(Delivery).order_by(Delivery.created_at)))

    async def delivery(self) -> Delivery:
        (only,) = await self.deliveries()
        return only

    async def channel(self) -> Channel:
        async with self.sessions() as session:
            (only,) = (await session.scalars(select(Channel))).all()
        return only


@dataclass
class Person:
    id: UUID
    email: str
    http: httpx2.AsyncClient


@pytest.fixture
async def stage(settings: Settings, sessions: Sessions, clock: FakeClock) -> AsyncIterator[Stage]:
    settings = settings.model_copy(
        update={"allow_private_networks": (LOOPBACK,), "public_url": PUBLIC_URL}
    )
    outbound = Outbound([LOOPBACK])
    queue = FakeQueue(clock)
    app = build_app(settings, sessions, clock, api.router, unsubscribe.router)
    vault, senders = Vault("k" * 40), make_senders(settings, outbound)
    async with Web() as web:
        made = Stage(settings, sessions, clock, queue, vault, senders, web, app)
        parts_of(app)[VAULT], parts_of(app)[JOB_QUEUE] = vault, queue
        made.use(senders)
        yield made
        for client in made.clients:
            await client.aclose()
        await outbound.aclose()


@pytest.fixture
async def alice(stage: Stage) -> Person:
    return await stage.user("alice@example.com")


@pytest.fixture
async def mallory(stage: Stage) -> Person:
    return await stage.user("mallory@example.com")
