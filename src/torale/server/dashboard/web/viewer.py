"""Viewer of a page: the user of the session that the cookie names."""

from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from fastapi import Request

from torale.server.auth import rules, service
from torale.server.auth.accounts import sessions
from torale.server.auth.models import Role
from torale.server.dashboard.web import shell
from torale.server.dashboard.web.shell import Shell
from torale.server.database import SESSIONS
from torale.server.errors import ToraleError
from torale.server.limits import LIMITS
from torale.server.limits.errors import RateLimitedError
from torale.server.settings.base import SETTINGS


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user.

    Attributes:
        timezone: As chosen in the profile; None: the browser's.
        session_id: Of the session that the request came by; None under TORALE_NOAUTH.
    """

    user_id: UUID
    email: str
    name: str | None
    role: Role
    timezone: str | None
    session_id: UUID | None

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN

    @property
    def shown_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        words = self.shown_name.replace(".", " ").replace("-", " ").split()
        return "".join(word[0] for word in words[:2]).upper() or "?"


class SignInRequiredError(ToraleError):
    """Nobody is signed in: a page answers it by leading to the sign-in page."""

    status: ClassVar[HTTPStatus] = HTTPStatus.UNAUTHORIZED

    def __init__(self) -> None:
        super().__init__("Sign in first")


async def look(request: Request, now: datetime) -> tuple[Viewer | None, Shell]:
    """Find out who looks, and what the frame of every page shows them.

    A short transaction of its own: a page may read for long, or be undone.

    Raises:
        RateLimitedError: The user asked too often.
        NotLocalError: Under TORALE_NOAUTH, some other machine or site asks.
    """
    settings = SETTINGS.of(request)
    transactions = SESSIONS.of(request)
    if settings.is_noauth:
        rules.require_local(request.headers.items(), request.url.scheme)
        async with transactions.begin() as session:
            user = await service.get_user(session, rules.local_user_id(rules.LOCAL_EMAIL))
            viewer = Viewer(user.id, user.email, user.name, user.role, user.timezone, None)
            return viewer, await shell.read(session, viewer.user_id)
    token = sessions.token_of(request)
    if token is None:
        return None, Shell()
    async with transactions.begin() as session:
        found = await sessions.find(session, token, now=now)
        if found is None:
            return None, Shell()
        await sessions.record_use(session, found, now=now)
        shown = await shell.read(session, found.user_id)
    await _admit(request, found.user_id, now)
    viewer = Viewer(
        found.user_id, found.email, found.name, found.role, found.timezone, found.session_id
    )
    return viewer, shown


async def _admit(request: Request, user_id: UUID, now: datetime) -> None:
    """Count a request against its user's limits; what is only got ready counts by itself.

    Raises:
        RateLimitedError: The user asked too often.
    """
    limits = LIMITS.of(request)
    policy = limits.policies.callers
    if "prefetch" in request.headers.get("sec-purpose", ""):
        policy = replace(policy, name="prefetch")
    decision = await limits.take(policy, f"user:{user_id}", now)
    request.state.rate_limit = decision  # for the edge, which tells of it on whatever answer
    if not decision.is_admitted:
        raise RateLimitedError(decision.retry_after)
