from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from tests.support.fakes import FakeClock
from tests.support.people import Person, browse, build_app, make_person
from torale.server.auth import api
from torale.server.auth.dependencies import AdminCaller
from torale.server.database import Sessions
from torale.server.settings.base import Settings


def _admin_router() -> APIRouter:
    router = APIRouter()

    @router.get("/only-admins")
    async def only_admins(caller: AdminCaller) -> str:
        return caller.email

    return router


@pytest.fixture
def app(settings: Settings, sessions: Sessions, clock: FakeClock) -> FastAPI:
    return build_app(settings, sessions, clock, api.router, _admin_router())


@pytest.fixture
async def person(sessions: Sessions, clock: FakeClock) -> Person:
    return await make_person(sessions, "alice@example.com", clock)


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app) as client:
        yield client


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
