"""Callers: endpoints name who may call, not how that is found out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from torale.contract.auth import Scope
from torale.server.auth import rules
from torale.server.auth.clerk.provider import CLERK
from torale.server.auth.errors import (
    InactiveUserError,
    InvalidTokenError,
    SessionTokenRequiredError,
)
from torale.server.auth.key_uses import KEY_USES
from torale.server.auth.keys import KEYS
from torale.server.auth.models import Role, UserState
from torale.server.clock import CLOCK
from torale.server.errors import UnauthorizedError
from torale.server.limits import LIMITS
from torale.server.limits.addresses import block_of, client_address
from torale.server.limits.errors import RateLimitedError
from torale.server.settings.base import SETTINGS


@dataclass(frozen=True, slots=True)
class Caller:
    """A user whose credential holds.

    Attributes:
        key_id: Of the API key; None without one.
        scopes: What the credential allows, whatever the user's role.
        created_at: When the user was made; None for the local one of TORALE_NOAUTH.
        clerk_user_id: Of a caller with a session token of Clerk; None for any other.
        is_new: This very request made the user.
    """

    user_id: UUID
    email: str
    role: Role
    key_id: UUID | None
    scopes: frozenset[Scope]
    state: UserState
    created_at: datetime | None
    clerk_user_id: str | None = None
    is_new: bool = False

    @property
    def is_admin(self) -> bool:
        return self.role is Role.ADMIN


_LOCAL_CALLER = Caller(
    rules.local_user_id(rules.LOCAL_EMAIL),
    rules.LOCAL_EMAIL,
    Role.ADMIN,
    None,
    frozenset(Scope),
    UserState.ACTIVE,
    None,
)


_DESCRIPTION = (
    "An API key (`sk_…`) or, where sign-in through Clerk is set up, its session token (a JWT). "
    "`POST /auth/sync-user` takes session tokens only."
)


class Credential(SecurityBase):
    """The dependency that finds the caller, once a request; the document shows its scheme."""

    def __init__(self, scope: Scope | None = None) -> None:
        """Let through whoever has a credential that holds.

        Args:
            scope: What the credential must allow.
        """
        self._scope = scope
        # One scheme for both: it is one header, and generated clients take one credential for it.
        self.model = HTTPBearer(bearerFormat="sk_… or JWT", description=_DESCRIPTION)
        self.scheme_name = "Bearer"

    async def __call__(self, request: Request) -> Caller:
        caller: Caller | None = getattr(request.state, "caller", None)
        if caller is None:
            now = CLOCK.of(request)()
            caller = request.state.caller = await authenticate(request, now)
        if self._scope is not None:
            rules.require(self._scope, is_admin=caller.is_admin, scopes=caller.scopes)
        return caller


find_caller = Credential()


async def authenticate(request: Request, now: datetime) -> Caller:
    """Find out who is calling, and count the request against their limits.

    Raises:
        UnauthorizedError: No credential, or one that does not hold.
        ForbiddenError: The user is not active, or the request may not use TORALE_NOAUTH.
        RateLimitedError: The caller asked too often, or failed too often from one address.
    """
    if SETTINGS.of(request).is_noauth:
        rules.require_local(request.headers.items(), request.url.scheme)
        return _LOCAL_CALLER
    try:
        caller = await _identify(request, now)
    except UnauthorizedError as error:
        if error.credential_sent:
            await count_failure(request, now)
        raise
    await admit(request, caller, now)
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
        return await _by_session(request, credential.raw, now)
    return await _by_key(request, credential.plain, now)


async def _by_session(request: Request, raw: str, now: datetime) -> Caller:
    clerk = CLERK.of(request)
    if clerk is None:
        raise InvalidTokenError("sign-in through Clerk is off")
    found = await clerk.identify(raw, now=now)
    user = found.user
    return Caller(
        user.id,
        user.email,
        user.role,
        None,
        frozenset(Scope),
        user.state,
        user.created_at,
        clerk_user_id=found.session.user_id,
        is_new=found.is_new,
    )


async def _by_key(request: Request, plain: str, now: datetime) -> Caller:
    owner = await KEYS.of(request).find_owner(plain, now=now)
    if owner is None:
        raise rules.InvalidKeyError
    KEY_USES.of(request).note(owner, client_block(request), now=now)
    return Caller(
        owner.user_id,
        owner.email,
        owner.role,
        owner.key_id,
        owner.scopes,
        owner.state,
        owner.created_at,
    )


async def admit(request: Request, caller: Caller, now: datetime) -> None:
    """Count a request against its caller's limits; the answer will tell what is left of them.

    Raises:
        RateLimitedError: The caller asked too often.
    """
    limits = LIMITS.of(request)
    operates = caller.is_admin and request.scope["path"].startswith("/admin/")
    policy = limits.policies.admins if operates else limits.policies.callers
    subject = f"key:{caller.key_id}" if caller.key_id else f"user:{caller.user_id}"
    decision = await limits.take(policy, subject, now)
    request.state.rate_limit = decision  # for the edge, which tells of it on whatever answer
    if not decision.is_admitted:
        raise RateLimitedError(decision.retry_after)


async def count_failure(request: Request, now: datetime) -> None:
    """Count a credential that did not hold against the client that sent it.

    Raises:
        RateLimitedError: There were too many.
    """
    limits = LIMITS.of(request)
    decision = await limits.take(limits.policies.failures, client_block(request), now)
    if not decision.is_admitted:
        request.state.rate_limit = decision  # before that nothing: who guesses is told no more
        raise RateLimitedError(decision.retry_after)


def client_block(request: Request) -> str:
    """Return whom to count a client address as."""
    return block_of(client_address(request.scope, SETTINGS.of(request).trusted_proxies))


async def _with_clerk(caller: Annotated[Caller, Depends(find_caller)]) -> Caller:
    if caller.clerk_user_id is None:
        raise SessionTokenRequiredError
    return caller


Reader = Annotated[Caller, Depends(Credential(Scope.READ))]
Writer = Annotated[Caller, Depends(Credential(Scope.WRITE))]
AdminCaller = Annotated[Caller, Depends(Credential(Scope.ADMIN))]
ClerkCaller = Annotated[Caller, Depends(_with_clerk)]
