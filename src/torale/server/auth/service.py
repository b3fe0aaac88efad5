"""Users and their API keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.auth import Scope
from torale.server.auth import rules
from torale.server.auth.errors import KeyNotFoundError
from torale.server.auth.models import ApiKey, AuditEvent, KeyState, Role, User, UserState
from torale.server.errors import ConflictError, InvalidFieldError

MAX_ACTIVE_KEYS = 50
MAX_LISTED_KEYS = 200


async def find_or_make_user(
    session: AsyncSession, email: str, *, is_admin: bool = False, now: datetime
) -> User:
    """Return the user whom the operator names by address; makes or promotes them if needed.

    Raises:
        InvalidFieldError: That is no e-mail address.
    """
    if not rules.is_email(email):
        raise InvalidFieldError("email", message=f"{email!r} is not an e-mail address")
    oldest = select(User).where(func.lower(User.email) == email.lower()).order_by(User.created_at)
    user = await session.scalar(oldest.limit(1))
    if user is None:
        user = await _make_local_user(session, email, now=now)
    if is_admin and user.role is not Role.ADMIN:
        user.role = Role.ADMIN
        user.updated_at = now
        audit(session, "user.promoted", actor_id=None, user_id=user.id, detail={}, now=now)
        await session.flush()
    return user


async def ensure_local_user(session: AsyncSession, now: datetime) -> User:
    """Make the one user of TORALE_NOAUTH=1, unless there already."""
    user = await session.get(User, rules.local_user_id(rules.LOCAL_EMAIL))
    if user is None:
        user = await _make_local_user(session, rules.LOCAL_EMAIL, now=now)
    user.role = Role.ADMIN
    user.state = UserState.ACTIVE
    await session.flush()
    return user


async def ensure_user(session: AsyncSession, email: str, *, now: datetime) -> User:
    """Return the user whose id the address decides; makes them if needed."""
    user = await session.get(User, rules.local_user_id(email))
    return user if user is not None else await _make_local_user(session, email, now=now)


async def _make_local_user(session: AsyncSession, email: str, *, now: datetime) -> User:
    # The address decides the id, so that two starts at once make one user.
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
        async with session.begin_nested():
            session.add(user)
    except IntegrityError:
        return await session.get_one(User, user.id)
    return user


async def get_user(session: AsyncSession, user_id: UUID) -> User:
    return await session.get_one(User, user_id)


async def create_key(
    session: AsyncSession,
    user_id: UUID,
    name: str,
    scopes: Sequence[Scope],
    expires_at: datetime | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key; answers it with the plain text that is told only now.

    Raises:
        ConflictError: The user has as many active keys as they may.
        InvalidFieldError: It would have expired already.
    """
    if expires_at is not None and expires_at <= now:
        raise InvalidFieldError("expires_at", message="must be in the future")
    # Locks the user, so that two requests at once cannot pass the cap together.
    await session.execute(select(User.id).where(User.id == user_id).with_for_update())
    if await _count_active_keys(session, user_id, now=now) >= MAX_ACTIVE_KEYS:
        raise ConflictError(f"At most {MAX_ACTIVE_KEYS} active API keys: revoke one first")
    plain = rules.make_key()
    key = ApiKey(
        user_id=user_id,
        name=name,
        key_hash=rules.hash_key(plain),
        key_prefix=rules.prefix_of(plain),
        scopes=[scope.value for scope in scopes],
        state=KeyState.ACTIVE,
        expires_at=expires_at,
        created_at=now,
    )
    session.add(key)
    await session.flush()
    _audit_key(session, "api_key.created", key, now=now)
    return key, plain


async def _count_active_keys(session: AsyncSession, user_id: UUID, *, now: datetime) -> int:
    query = select(func.count()).where(
        ApiKey.user_id == user_id,
        ApiKey.state == KeyState.ACTIVE,
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now),
    )
    return await session.scalar(query) or 0


async def list_keys(session: AsyncSession, user_id: UUID) -> Sequence[ApiKey]:
    query = (
        select(ApiKey)
        .where(ApiKey.user_id == user_id)
        .order_by(ApiKey.created_at.desc(), ApiKey.id)
        .limit(MAX_LISTED_KEYS)
    )
    return (await session.scalars(query)).all()


async def revoke_key(
    session: AsyncSession, user_id: UUID, key_id: UUID, *, now: datetime
) -> ApiKey:
    """End a key at once and for good.

    Raises:
        KeyNotFoundError: The user has no such key, or it is revoked already.
    """
    query = select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
    key = await session.scalar(query.with_for_update())
    if key is None or key.state is KeyState.REVOKED:
        raise KeyNotFoundError
    key.state = KeyState.REVOKED
    key.revoked_at = now
    _audit_key(session, "api_key.revoked", key, now=now)
    await session.flush()
    return key


def _audit_key(session: AsyncSession, action: str, key: ApiKey, *, now: datetime) -> None:
    detail = {
        "key_id": str(key.id),
        "key_prefix": key.key_prefix,
        "name": key.name,
        "scopes": key.scopes,
    }
    audit(session, action, actor_id=key.user_id, user_id=key.user_id, detail=detail, now=now)


def audit(
    session: AsyncSession,
    action: str,
    *,
    actor_id: UUID | None,
    user_id: UUID | None,
    detail: Mapping[str, Any],
    now: datetime,
) -> None:
    """Write down who did what to whom, in the caller's transaction. No actor: the operator."""
    session.add(
        AuditEvent(
            actor_id=actor_id,
            user_id=user_id,
            action=action,
            detail=dict(detail),
            created_at=now,
        )
    )
