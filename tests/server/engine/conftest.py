"""The real engine. DBOS is one per process, so a test starts one at a time."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.support.fakes import FakeClock
from tests.support.people import make_person
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.database import Sessions
from torale.server.engine import dbos_engine
from torale.server.engine.base import JobKind
from torale.server.engine.dbos_engine import Engine
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task

PATIENCE = 30.0
DUE = 45
WORK: JobKind[str] = JobKind("execution", str, str)


async def until(look: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        assert time.monotonic() < deadline, f"not in time: {what}"
        await asyncio.sleep(0.02)


@dataclass
class Work:
    """A handler that notes what it is called for, and holds jobs until it is opened."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    started: list[str] = field(default_factory=list[str])
    ended: list[str] = field(default_factory=list[str])
    raises: list[Exception] = field(default_factory=list[Exception])
    now: int = 0
    most: int = 0

    async def __call__(self, argument: str) -> None:
        self.started.append(argument)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if self.raises:
                raise self.raises.pop(0)
            await self.open.wait()
            await asyncio.sleep(0.01)
        finally:
            self.now -= 1
        self.ended.append(argument)

    @property
    def times(self) -> Counter[str]:
        return Counter(self.ended)


@dataclass
class Power:
    """Starts engines on one database and stops them."""

    settings: Settings
    sessions: Sessions
    clock: FakeClock
    running: Engine | None = None

    async def on(self, work: Work | None = None, *, at_once: int = 5) -> Engine:
        engine = Engine(self.settings, self.sessions, self.clock, kind="worker")
        if work is not None:
            engine.handle(WORK, work, at_once=at_once)
        await engine.start()
        self.running = engine
        return engine

    async def off(self) -> None:
        engine, self.running = self.running, None
        if engine is not None:
            await engine.stop()

    async def enqueue(self, *names: str, delay: timedelta = timedelta(0)) -> None:
        assert self.running is not None
        async with self.sessions.begin() as session:
            for name in names:
                await self.running.enqueue(session, name, WORK, name, delay=delay)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
async def power(
    settings: Settings, sessions: Sessions, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Power]:
    monkeypatch.setattr(dbos_engine, "POLL", timedelta(seconds=0.1))
    monkeypatch.setattr(dbos_engine, "DRAIN", timedelta(seconds=0.2))
    monkeypatch.setattr(dbos_engine, "RETRY_DATABASE", timedelta(seconds=0.05))
    power = Power(settings, sessions, clock)
    yield power
    await power.off()


@pytest.fixture
async def tasks(sessions: Sessions, clock: FakeClock) -> int:
    """Tasks that are due every minute, the first time now."""
    person = await make_person(sessions, "alice@example.com", clock)
    now = clock()
    rows = [
        Task(
            id=uuid4(),
            user_id=person.user_id,
            name=f"Lamp {number}",
            search_query="Price of the Aurora lamp",
            condition_description="The price is below 350 USD",
            schedule="* * * * *",
            timezone="UTC",
            notify_behavior=NotifyBehavior.ALWAYS,
            state=TaskState.ACTIVE,
            sources=[],
            next_run_at=now - timedelta(seconds=number),
            state_changed_at=now,
            created_at=now,
            updated_at=now,
        )
        for number in range(DUE)
    ]
    async with sessions.begin() as session:
        session.add_all(rows)
    return DUE
