"""Shutting a user out, and letting them in again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.accounts import sessions
from torale.server.auth.errors import UserNotFoundError
from torale.server.auth.models import ApiKey, KeyState, User, UserState
from torale.server.auth.service import audit


async def lock_user(session: AsyncSession, user_id: UUID) -> User:
    """Return a user, whose row stays locked until the transaction ends.

    Raises:
        UserNotFoundError: There is none.
    """
    user = await session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise UserNotFoundError
    return user


async def revoke_all_keys(session: AsyncSession, user_id: UUID, *, now: datetime) -> int:
    """Revoke every key of a user, at once and for good; answers how many that were."""
    active = (ApiKey.user_id == user_id) & (ApiKey.state == KeyState.ACTIVE)
    revoked = await session.scalars(
        update(ApiKey)
        .where(active)
        .values(state=KeyState.REVOKED, revoked_at=now)
        .returning(ApiKey.id)
    )
    return len(revoked.all())


async def set_state(
    session: AsyncSession, user: User, state: UserState, *, actor_id: UUID | None, now: datetime
) -> bool:
    """Activate a user, or deactivate them with their keys and sessions; tells whether it is new.

    Activating brings none of them back.
    """
    if user.state is state:
        return False
    user.state = state
    user.updated_at = now
    detail: dict[str, int] = {}
    if state is UserState.INACTIVE:
        detail["keys_revoked"] = await revoke_all_keys(session, user.id, now=now)
        await sessions.end_all(session, user.id)
    action = "user.activated" if state is UserState.ACTIVE else "user.deactivated"
    audit(session, action, actor_id=actor_id, user_id=user.id, detail=detail, now=now)
    await session.flush()
    return True
