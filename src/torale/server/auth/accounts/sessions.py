"""Sessions of browsers: one kind, however somebody signed in.

The cookie holds 256 random bits; the database holds their SHA-256. A session ends 14 days after
it was last used and 90 days after it began, and whenever somebody ends it.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.models import Role, User, UserSession, UserState
from torale.server.limits.addresses import Address, client_address
from torale.server.settings.base import SETTINGS

IDLE = timedelta(days=14)
LONGEST = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=1)
MAX_SESSIONS = 50  # of one user; the oldest ends when another begins

_PLAIN_COOKIE, _SECURE_COOKIE = "session", "__Host-session"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that holds, and whose it is."""

    session_id: UUID
    user_id: UUID
    email: str
    name: str | None
    role: Role
    timezone: str | None
    last_seen_at: datetime

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


def is_secure(request: Request) -> bool:
    """Tell whether the browser speaks https to us, or to the proxy that TORALE_PUBLIC_URL names."""
    if request.url.scheme == "https":
        return True
    public = urlsplit(SETTINGS.of(request).url)
    return public.scheme == "https" and request.headers.get("host") == public.netloc


def token_of(request: Request) -> str | None:
    """Return the session's token as the request's cookie has it; it may hold for nothing."""
    name = _SECURE_COOKIE if is_secure(request) else _PLAIN_COOKIE
    token = request.cookies.get(name, "")
    return token if _TOKEN.fullmatch(token) else None


def set_cookie(response: Response, request: Request, token: str) -> None:
    """Hand a new session to the browser."""
    secure = is_secure(request)
    response.set_cookie(
        _SECURE_COOKIE if secure else _PLAIN_COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, request: Request) -> None:
    secure = is_secure(request)
    response.delete_cookie(
        _SECURE_COOKIE if secure else _PLAIN_COOKIE,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


async def begin(
    session: AsyncSession,
    user: User,
    request: Request,
    now: datetime,
    *,
    method: str = "password",
    provider_session: str | None = None,
) -> str:
    """Begin a session and return its token, for `set_cookie` once the transaction is committed.

    Whatever session the browser had ends: what somebody planted there is worth nothing.

    Args:
        method: How the user proved who they are: `password`, `google`, `github`, `setup`, `clerk`.
        provider_session: The provider's own session; `end_of_provider` ends ours with it.
    """
    old = token_of(request)
    if old is not None:
        await session.execute(delete(UserSession).where(UserSession.token_hash == _hash(old)))
    token = secrets.token_urlsafe(32)
    session.add(
        UserSession(
            user_id=user.id,
            token_hash=_hash(token),
            method=method,
            provider_session=provider_session,
            address=str(_address(request) or ""),
            agent=agent_label(request.headers.get("user-agent", "")),
            created_at=now,
            last_seen_at=now,
            ends_at=now + LONGEST,
        )
    )
    await session.flush()
    await _forget_beyond_the_cap(session, user.id)
    return token


def _address(request: Request) -> Address | None:
    return client_address(request.scope, SETTINGS.of(request).trusted_proxies)


async def _forget_beyond_the_cap(session: AsyncSession, user_id: UUID) -> None:
    newest = (
        select(UserSession.id)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
        .offset(MAX_SESSIONS)
    )
    beyond = (await session.scalars(newest)).all()
    if beyond:
        await session.execute(delete(UserSession).where(UserSession.id.in_(beyond)))


async def find(session: AsyncSession, token: str, *, now: datetime) -> SignedIn | None:
    """Look a session up, in one statement; answers None unless it and its user are active."""
    query = (
        select(
            UserSession.id,
            User.id,
            User.email,
            User.name,
            User.role,
            User.timezone,
            UserSession.last_seen_at,
        )
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.token_hash == _hash(token),
            UserSession.ends_at > now,
            UserSession.last_seen_at > now - IDLE,
            User.state == UserState.ACTIVE,
        )
    )
    row = (await session.execute(query)).one_or_none()
    return SignedIn(*row) if row is not None else None


async def record_use(session: AsyncSession, found: SignedIn, *, now: datetime) -> None:
    """Remember that a session is used, at most once a minute."""
    since = now - SEEN_EVERY
    if found.last_seen_at > since:
        return
    stale = (UserSession.id == found.session_id, UserSession.last_seen_at <= since)
    await session.execute(update(UserSession).where(*stale).values(last_seen_at=now))


async def of_user(session: AsyncSession, user_id: UUID, *, now: datetime) -> Sequence[UserSession]:
    """List the sessions of a user that hold, the last used first."""
    query = (
        select(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ends_at > now,
            UserSession.last_seen_at > now - IDLE,
        )
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
    )
    return (await session.scalars(query)).all()


async def end(session: AsyncSession, user_id: UUID, session_id: UUID) -> bool:
    """End one session of a user; tells whether there was one."""
    gone = (
        delete(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .returning(UserSession.id)
    )
    return await session.scalar(gone) is not None


async def end_token(session: AsyncSession, token: str) -> None:
    """End the session of a cookie: signing out."""
    await session.execute(delete(UserSession).where(UserSession.token_hash == _hash(token)))


async def end_all(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> None:
    """Sign a user out everywhere, except in the session `but`."""
    gone = delete(UserSession).where(UserSession.user_id == user_id)
    await session.execute(gone if but is None else gone.where(UserSession.id != but))


async def end_of_provider(session: AsyncSession, provider_session: str) -> None:
    """End what rests on a session of the identity provider."""
    await session.execute(
        delete(UserSession).where(UserSession.provider_session == provider_session)
    )


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Delete what is over."""
    await session.execute(delete(UserSession).where(UserSession.ends_at <= now))
    await session.execute(delete(UserSession).where(UserSession.last_seen_at <= now - IDLE))


def agent_label(user_agent: str) -> str:
    """Return what people call a browser: `Firefox on Linux`."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    return f"{browser} on {system}" if system else browser


def _hash(token: str) -> str:
    # A fast hash is enough: a token holds 256 random bits.
    return hashlib.sha256(token.encode()).hexdigest()
