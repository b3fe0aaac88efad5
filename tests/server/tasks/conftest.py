from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from tests.support.fakes import FakeClock
from tests.support.people import (
    FakeChannelBook,
    FakeLauncher,
    FakeRegressionCheck,
    Person,
    browse,
    build_app,
    make_person,
)
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks import api
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER, REGRESSION_CHECK


@pytest.fixture
def book() -> FakeChannelBook:
    return FakeChannelBook()


@pytest.fixture
def launcher() -> FakeLauncher:
    return FakeLauncher()


@pytest.fixture
def app(
    settings: Settings,
    sessions: Sessions,
    clock: FakeClock,
    book: FakeChannelBook,
    launcher: FakeLauncher,
) -> FastAPI:
    app = build_app(settings, sessions, clock, api.router)
    parts = parts_of(app)
    parts[CHANNEL_BOOK] = book
    parts[LAUNCHER] = launcher
    parts[REGRESSION_CHECK] = FakeRegressionCheck()
    return app


@pytest.fixture
async def person(sessions: Sessions, clock: FakeClock) -> Person:
    return await make_person(sessions, "alice@example.com", clock)


@pytest.fixture
async def alice(app: FastAPI, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app, person) as client:
        yield client


@pytest.fixture
async def mallory(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app, await make_person(sessions, "mallory@example.com", clock)) as client:
        yield client
