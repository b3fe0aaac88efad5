"""Who is calling. Endpoints name who may call, not how that is found out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from torale.contract.auth import Scope
from torale.server.auth import rules, service
from torale.server.auth.errors import InactiveUserError, InvalidTokenError
from torale.server.auth.models import Role, UserState
from torale.server.clock import Now
from torale.server.config import Settings
from torale.server.database import Sessions


@dataclass(frozen=True, slots=True)
class Caller:
    """A user whose credential holds.

    Attributes:
        key_id: Of the API key; None without one.
        scopes: What the credential allows, whatever the user's role.
    """

    user_id: UUID
    email: str
    role: Role
    key_id: UUID | None
    scopes: frozenset[Scope]
    state: UserState = UserState.ACTIVE

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


_LOCAL_CALLER = Caller(
    rules.local_user_id(rules.LOCAL_EMAIL), rules.LOCAL_EMAIL, Role.ADMIN, None, frozenset(Scope)
)
# For the OpenAPI document alone: its own answers are not ours, so it never gets to answer.
_DOCUMENTED = HTTPBearer(
    auto_error=False, bearerFormat="sk_…", scheme_name="API key", description="An API key."
)


async def _caller(request: Request, now: Now, _: Annotated[object, Depends(_DOCUMENTED)]) -> Caller:
    return await authenticate(request, now)


async def authenticate(request: Request, now: datetime) -> Caller:
    """Find out who is calling.

    Raises:
        UnauthorizedError: No credential, or one that does not hold.
        ForbiddenError: The user is not active, or the request may not use TORALE_NOAUTH.
    """
    settings: Settings = request.app.state.settings
    if settings.is_noauth:
        rules.require_local(request.headers.items(), request.url.scheme)
        return _LOCAL_CALLER
    caller = await _identify(request, now)
    if caller.state is not UserState.ACTIVE:
        raise InactiveUserError
    return caller


async def _identify(request: Request, now: datetime) -> Caller:
    """Return whose credential this is, active or not.

    Raises:
        UnauthorizedError: No credential, or one that does not hold.
    """
    credential = rules.read_credential(request.headers.getlist("authorization"))
    if isinstance(credential, rules.Token):
        raise InvalidTokenError
    return await _by_key(request, credential.plain, now)


async def _by_key(request: Request, plain: str, now: datetime) -> Caller:
    # A short transaction of its own: the request's may wait long on the web, or be undone.
    sessions: Sessions = request.app.state.sessions
    async with sessions.begin() as session:
        owner = await service.find_owner(session, plain, now=now)
        if owner is None:
            raise rules.InvalidKeyError
        await service.note_use(session, owner, now=now)
    return Caller(owner.user_id, owner.email, owner.role, owner.key_id, owner.scopes, owner.state)


def _with(scope: Scope) -> Callable[[Caller], Caller]:
    def allowed(caller: Annotated[Caller, Depends(_caller)]) -> Caller:
        rules.require(scope, is_admin=caller.is_admin, scopes=caller.scopes)
        return caller

    return allowed


Reader = Annotated[Caller, Depends(_with(Scope.READ))]
Writer = Annotated[Caller, Depends(_with(Scope.WRITE))]
AdminCaller = Annotated[Caller, Depends(_with(Scope.ADMIN))]
