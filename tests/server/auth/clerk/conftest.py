"""A server that signs people in through a stand-in of Clerk."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from tests.support.clerk import APP, ClerkStandIn
from tests.support.databases import ENGINES, Templates
from tests.support.fakes import FakeClock
from tests.support.people import browse, build_app
from torale.server.auth import api, webhooks
from torale.server.auth.clerk.provider import CLERK, Clerk
from torale.server.auth.dependencies import AdminCaller, ClerkCaller
from torale.server.auth.ports import PAUSE_TASKS
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks import service as tasks_service

ADA = "user_ada"
ADDRESS = "ada@example.com"


@pytest.fixture
def stand_in() -> Iterator[ClerkStandIn]:
    with ClerkStandIn() as clerk:
        clerk.add_user(ADA, ADDRESS)
        yield clerk


@pytest.fixture(params=ENGINES)
def settings(
    request: pytest.FixtureRequest,
    database_templates: Templates,
    tmp_path: Path,
    stand_in: ClerkStandIn,
) -> Iterator[Settings]:
    more = {**stand_in.settings, "clerk_authorized_parties": (APP, "https://www.example.com")}
    with database_templates.copy(request.param, tmp_path, **more) as made:
        yield made


@pytest.fixture
async def clerk(settings: Settings, sessions: Sessions, clock: FakeClock) -> AsyncIterator[Clerk]:
    clerk = Clerk(settings, sessions, clock)
    yield clerk
    await clerk.aclose()


def _probes() -> APIRouter:
    router = APIRouter()

    @router.get("/only-admins")
    async def only_admins(caller: AdminCaller) -> str:
        return caller.email

    @router.get("/only-clerk")
    async def only_clerk(caller: ClerkCaller) -> str | None:
        return caller.clerk_user_id

    return router


@pytest.fixture
def app(settings: Settings, sessions: Sessions, clock: FakeClock, clerk: Clerk) -> FastAPI:
    app = build_app(settings, sessions, clock, api.router, webhooks.router, _probes())
    parts_of(app)[CLERK] = clerk
    parts_of(app)[PAUSE_TASKS] = tasks_service.pause_all
    return app


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app) as client:
        yield client


@pytest.fixture
def ada(stand_in: ClerkStandIn, clock: FakeClock) -> dict[str, str]:
    """The header of a request of hers. The clock stands still, so that it holds."""
    return stand_in.bearer(ADA, now=clock())
