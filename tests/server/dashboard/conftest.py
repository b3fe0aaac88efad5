from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from tests.fakes import FakeClock
from tests.pages import open_browser, sign_in
from tests.people import build_app
from torale.server.config import Settings
from torale.server.dashboard import install_error_pages, router
from torale.server.database import Sessions


@pytest.fixture
def app(settings: Settings, sessions: Sessions, clock: FakeClock) -> FastAPI:
    app = build_app(settings, sessions, clock, router)
    install_error_pages(app)
    return app


@pytest.fixture
async def visitor(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser that is signed in as nobody."""
    async with open_browser(app) as browser:
        yield browser


@pytest.fixture
async def alice(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_browser(app) as browser:
        await sign_in(browser, sessions, "alice@example.com", clock)
        yield browser


@pytest.fixture
async def mallory(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_browser(app) as browser:
        await sign_in(browser, sessions, "mallory@example.com", clock)
        yield browser


@pytest.fixture
async def admin(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    async with open_browser(app) as browser:
        await sign_in(browser, sessions, "admin@example.com", clock, is_admin=True)
        yield browser
