from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.dashboard.watched import Watched, open_watched
from tests.support.fakes import FakeClock, FakeQueue
from tests.support.pages import open_browser, sign_in
from tests.support.people import FakeChannelBook, FakeLauncher, FakeRegressionCheck, build_app
from tests.support.post import Post
from torale.server.app import create_app
from torale.server.auth.accounts.oauth import OAUTH_PROVIDERS
from torale.server.auth.accounts.own_accounts import ACCOUNTS, Accounts
from torale.server.auth.accounts.passwords import Passwords
from torale.server.auth.accounts.proofs import ACCOUNT_MAIL, Proofs
from torale.server.clock import CLOCK, Clock
from torale.server.crypto import VAULT, Vault
from torale.server.dashboard import install_error_pages, router
from torale.server.database import Sessions
from torale.server.limits import LIMITS, Limits
from torale.server.notifications.mails.account_mails import AccountMailJob
from torale.server.notifications.mails.mailer import Mailer
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER, REGRESSION_CHECK
from torale.server.worker import Service


@pytest.fixture
def app(settings: Settings, sessions: Sessions, clock: FakeClock) -> FastAPI:
    app = build_app(settings, sessions, clock, router)
    parts = parts_of(app)
    parts[CHANNEL_BOOK] = FakeChannelBook()
    parts[LAUNCHER] = FakeLauncher()
    parts[REGRESSION_CHECK] = FakeRegressionCheck()
    install_error_pages(app)
    return app


@pytest.fixture
async def whole_app(settings: Settings) -> AsyncIterator[FastAPI]:
    """Return the application as it is served, for tests whose `app` it is."""
    whole = create_app(Service(settings, kind="serve", executes=False))
    async with whole.router.lifespan_context(whole):
        yield whole


@pytest.fixture
async def root(app: FastAPI, sessions: Sessions, clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who is an admin, by the test's own clock."""
    async with open_browser(app) as browser:
        parts_of(app)[CLOCK] = clock
        await sign_in(browser, sessions, "root@example.com", clock, is_admin=True)
        yield browser


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


@pytest.fixture
def queue(clock: FakeClock) -> FakeQueue:
    return FakeQueue(clock)


@pytest.fixture
async def accounts(
    app: FastAPI, settings: Settings, sessions: Sessions, queue: FakeQueue, clock: FakeClock
) -> AsyncIterator[Accounts]:
    """Own accounts as the service has them, with the real limits."""
    assert settings.secret_key is not None
    proofs = Proofs(Vault(settings.secret_key.get_secret_value()), queue)
    made = Accounts(sessions, Passwords(), proofs)
    queue.handle(ACCOUNT_MAIL, AccountMailJob(sessions, made, Mailer(settings), clock).run)
    parts_of(app)[ACCOUNTS] = made
    parts_of(app)[VAULT] = made.proofs.vault
    parts_of(app)[OAUTH_PROVIDERS] = {}
    parts_of(app)[LIMITS] = Limits()
    yield made
    made.passwords.close()


@pytest.fixture
def post(accounts: Accounts, queue: FakeQueue, settings: Settings) -> Post:
    return Post(queue, settings)


@pytest.fixture
async def watched(
    settings: Settings, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[Watched]:
    """The whole application; its checks and messages happen when a test says so."""
    assert sessions  # the database is there
    async with open_watched(settings, clock) as found:
        yield found
