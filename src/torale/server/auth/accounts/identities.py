"""Accounts elsewhere that sign users in: by provider and subject, never by address."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth import rules
from torale.server.auth.accounts.activation import lock_user
from torale.server.auth.accounts.oauth import OAuthProfile
from torale.server.auth.models import Identity, Password, Role, User, UserState
from torale.server.auth.service import audit
from torale.server.errors import ConflictError

TAKEN = "There is an account with this address. Sign in to it, then connect the other one."
ELSEWHERE = "That account is connected to another user here."
LAST_WAY_IN = "It is the only way in that you have. Set a password first."
NO_ADDRESS = "The provider vouches for no address of yours: verify one there first."


async def sign_in(session: AsyncSession, profile: OAuthProfile, *, now: datetime) -> User:
    """Return the active user of an identity; makes one where its address is nobody's yet.

    Raises:
        ConflictError: There is no such identity, and the address is known already, not verified,
            or the user is not active.
    """
    user = await _find(session, profile)
    if user is None:
        user = await _make(session, profile, now=now)
    if user.state is not UserState.ACTIVE:
        raise ConflictError("This account is not active")
    return user


async def connect(
    session: AsyncSession, user: User, profile: OAuthProfile, *, now: datetime
) -> None:
    """Let an identity sign in a user who is signed in.

    Raises:
        ConflictError: It signs in somebody else.
    """
    known = await _find(session, profile)
    if known is not None and known.id != user.id:
        raise ConflictError(ELSEWHERE)
    if known is not None:
        return
    try:
        async with session.begin_nested():
            session.add(_identity(user.id, profile, now))
    except IntegrityError:
        raise ConflictError(ELSEWHERE) from None
    _audit(session, "identity.connected", user.id, profile.provider, now=now)


async def of_user(session: AsyncSession, user_id: UUID) -> Sequence[Identity]:
    """List the accounts elsewhere that sign a user in, the oldest first."""
    query = (
        select(Identity)
        .where(Identity.user_id == user_id)
        .order_by(Identity.created_at, Identity.id)
    )
    return (await session.scalars(query)).all()


async def disconnect(
    session: AsyncSession, user_id: UUID, identity_id: UUID, *, now: datetime
) -> str | None:
    """Let an identity sign a user in no more; answers its provider, None if there was none.

    Raises:
        ConflictError: It is the last way in that they have.
    """
    await lock_user(session, user_id)  # of two requests at once, one sees that it is the last
    known = await of_user(session, user_id)
    found = next((identity for identity in known if identity.id == identity_id), None)
    if found is None:
        return None
    has_password = await session.get(Password, user_id) is not None
    if len(known) == 1 and not has_password:
        raise ConflictError(LAST_WAY_IN)
    await session.delete(found)
    _audit(session, "identity.disconnected", user_id, found.provider, now=now)
    await session.flush()
    return found.provider


async def _find(session: AsyncSession, profile: OAuthProfile) -> User | None:
    query = (
        select(User)
        .join(Identity, Identity.user_id == User.id)
        .where(Identity.provider == profile.provider, Identity.subject == profile.subject)
    )
    return await session.scalar(query)


async def _make(session: AsyncSession, profile: OAuthProfile, *, now: datetime) -> User:
    email = (profile.email or "").strip().lower()
    if not rules.is_email(email):
        raise ConflictError(NO_ADDRESS)
    user = User(
        id=rules.local_user_id(email),
        email=email,
        email_verified=True,
        role=Role.USER,
        state=UserState.ACTIVE,
        created_at=now,
        updated_at=now,
    )
    try:
        # Made here and now, or it is somebody's: an address alone never joins two accounts.
        async with session.begin_nested():
            session.add(user)
            await session.flush()
            session.add(_identity(user.id, profile, now))
    except IntegrityError:
        known = await _find(session, profile)
        if known is None:
            raise ConflictError(TAKEN) from None
        return known
    _audit(session, "identity.connected", user.id, profile.provider, now=now)
    return user


def _identity(user_id: UUID, profile: OAuthProfile, now: datetime) -> Identity:
    return Identity(
        user_id=user_id,
        provider=profile.provider,
        subject=profile.subject,
        email=profile.email,
        created_at=now,
    )


def _audit(
    session: AsyncSession, action: str, user_id: UUID, provider: str, *, now: datetime
) -> None:
    detail = {"provider": provider}
    audit(session, action, actor_id=user_id, user_id=user_id, detail=detail, now=now)
