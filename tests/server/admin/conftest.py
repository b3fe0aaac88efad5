from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx2
import pytest
from fastapi import FastAPI

from tests.support.fakes import FakeClock
from tests.support.people import (
    FakeChannelBook,
    FakeLauncher,
    Person,
    browse,
    build_app,
    make_person,
)
from torale.contract.auth import Scope
from torale.server.admin import api
from torale.server.auth.api import router as auth_router
from torale.server.database import Sessions
from torale.server.engine.base import JOB_LIST, JobInfo
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks.api import router as tasks_router
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER


@dataclass
class FakeEngine:
    """Tells what it was told to be unfinished."""

    unfinished: list[JobInfo] = field(default_factory=list[JobInfo])

    async def jobs(self) -> list[JobInfo]:
        return self.unfinished


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def app(settings: Settings, sessions: Sessions, clock: FakeClock, engine: FakeEngine) -> FastAPI:
    app = build_app(settings, sessions, clock, api.router, auth_router, tasks_router)
    parts = parts_of(app)
    parts[JOB_LIST] = engine
    parts[CHANNEL_BOOK] = FakeChannelBook()
    parts[LAUNCHER] = FakeLauncher()
    return app


@pytest.fixture
async def root(sessions: Sessions, clock: FakeClock) -> Person:
    return await make_person(
        sessions, "root@example.com", clock, scopes=tuple(Scope), is_admin=True
    )


@pytest.fixture
async def person(sessions: Sessions, clock: FakeClock) -> Person:
    return await make_person(sessions, "alice@example.com", clock)


@pytest.fixture
async def admin(app: FastAPI, root: Person) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app, root) as client:
        yield client


@pytest.fixture
async def alice(app: FastAPI, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app, person) as client:
        yield client
