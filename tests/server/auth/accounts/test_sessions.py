"""Sessions as rows: what they remember, when they end."""

from datetime import timedelta

import pytest
from fastapi import Request
from sqlalchemy import select

from tests.support.fakes import FakeClock
from tests.support.people import build_app
from torale.server.auth import service
from torale.server.auth.accounts import activation
from torale.server.auth.accounts import sessions as browser_sessions
from torale.server.auth.accounts.sessions import IDLE, LONGEST, MAX_SESSIONS, SEEN_EVERY
from torale.server.auth.models import User, UserSession, UserState
from torale.server.database import Sessions
from torale.server.settings.base import Settings

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def request_of(settings: Settings, sessions: Sessions, clock: FakeClock) -> Request:
    app = build_app(settings, sessions, clock)
    headers = [
        (b"user-agent", FIREFOX.encode()),
        (b"x-forwarded-for", b"203.0.113.9"),
        (b"host", b"127.0.0.1:8000"),
    ]
    scope = {
        "type": "http",
        "app": app,
        "method": "POST",
        "path": "/sign-in",
        "scheme": "http",
        "query_string": b"",
        "server": ("127.0.0.1", 8000),
        "client": ("192.0.2.7", 4000),
        "headers": headers,
    }
    return Request(scope)


async def begin(sessions: Sessions, request: Request, clock: FakeClock, **more: str) -> str:
    async with sessions.begin() as session:
        user = await service.find_or_make_user(session, "alice@example.com", now=clock())
        return await browser_sessions.begin(session, user, request, clock(), **more)


async def holds(sessions: Sessions, token: str, clock: FakeClock) -> bool:
    async with sessions.begin() as session:
        return await browser_sessions.find(session, token, now=clock()) is not None


async def test_a_session_tells_where_it_began_and_keeps_no_token(
    sessions: Sessions, request_of: Request, clock: FakeClock
) -> None:
    token = await begin(sessions, request_of, clock, method="google")

    async with sessions() as session:
        row = (await session.scalars(select(UserSession))).one()
    assert (row.address, row.agent, row.method) == ("192.0.2.7", "Firefox on Linux", "google")
    assert row.ends_at == clock() + LONGEST
    assert token not in {str(value) for value in vars(row).values()}
    assert len(token) == 43
    assert not await holds(sessions, token[:-1] + "!", clock)


async def test_use_is_written_at_most_once_a_minute(
    sessions: Sessions, request_of: Request, clock: FakeClock
) -> None:
    token = await begin(sessions, request_of, clock)
    began = clock()

    async def use() -> None:
        async with sessions.begin() as session:
            found = await browser_sessions.find(session, token, now=clock())
            assert found is not None
            await browser_sessions.record_use(session, found, now=clock())

    async def last_seen() -> object:
        async with sessions() as session:
            return await session.scalar(select(UserSession.last_seen_at))

    clock.advance(SEEN_EVERY - timedelta(seconds=1))
    await use()
    assert await last_seen() == began
    clock.advance(timedelta(seconds=1))
    await use()
    assert await last_seen() == began + SEEN_EVERY


async def test_a_user_has_so_many_sessions_and_no_more(
    sessions: Sessions, request_of: Request, clock: FakeClock
) -> None:
    tokens: list[str] = []
    for _ in range(MAX_SESSIONS + 1):
        tokens.append(await begin(sessions, request_of, clock))
        clock.advance(timedelta(seconds=1))

    held = [await holds(sessions, token, clock) for token in tokens]
    assert held == [False] + [True] * MAX_SESSIONS, "the oldest made room"


async def test_a_deactivated_user_has_no_session_even_when_activated_again(
    sessions: Sessions, request_of: Request, clock: FakeClock
) -> None:
    token = await begin(sessions, request_of, clock)
    for state in (UserState.INACTIVE, UserState.ACTIVE):
        async with sessions.begin() as session:
            user = (await session.scalars(select(User))).one()
            await activation.set_state(session, user, state, actor_id=None, now=clock())

        assert not await holds(sessions, token, clock)


async def test_a_session_ends_with_that_of_the_provider(
    sessions: Sessions, request_of: Request, clock: FakeClock
) -> None:
    ours = await begin(sessions, request_of, clock)
    theirs = await begin(sessions, request_of, clock, method="clerk", provider_session="sess_1")

    async with sessions.begin() as session:
        await browser_sessions.end_of_provider(session, "sess_1")

    assert await holds(sessions, ours, clock)
    assert not await holds(sessions, theirs, clock)


@pytest.mark.parametrize("age", [IDLE, LONGEST])
async def test_what_is_over_is_forgotten(
    sessions: Sessions, request_of: Request, clock: FakeClock, age: timedelta
) -> None:
    await begin(sessions, request_of, clock)
    clock.advance(age)
    fresh = await begin(sessions, request_of, clock)

    async with sessions.begin() as session:
        await browser_sessions.forget(session, now=clock())
        left = (await session.scalars(select(UserSession))).all()

    assert len(left) == 1
    assert await holds(sessions, fresh, clock)


@pytest.mark.parametrize(
    "agent, label",
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/143 Safari/537 Edg/143",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/143 Mobile Safari/537", "Chrome on Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604", "Safari on iPhone"),
        ("curl/8", "A browser"),
        ("", "A browser"),
        ("x" * 10_000, "A browser"),
    ],
)
def test_browsers_are_called_what_people_call_them(agent: str, label: str) -> None:
    assert browser_sessions.agent_label(agent) == label
