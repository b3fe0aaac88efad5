"""Synchronization of users with Clerk, in the caller's transaction.

News may come twice, late and in any order, from webhooks and from requests at the same time.
Whoever stores some locks Clerk's row of the user first, and leaves what is older than that row.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.accounts import activation, sessions
from torale.server.auth.clerk.profiles import ClerkProfile
from torale.server.auth.models import ClerkUser, Role, User, UserState
from torale.server.auth.ports import PauseTasks
from torale.server.auth.service import audit


async def find(session: AsyncSession, clerk_user_id: str) -> User | None:
    return await session.scalar(select(User).where(User.clerk_user_id == clerk_user_id))


async def store(session: AsyncSession, profile: ClerkProfile, *, now: datetime) -> User | None:
    """Make or update a user; answers them as they are now.

    Users are known by Clerk's id alone: one with the same address stays somebody else. Without
    a verified address nobody is made, and who is there keeps the old one. None: there is no
    such user, because of that or because Clerk has deleted them.
    """
    row = await _lock(session, profile.user_id)
    user = await find(session, profile.user_id)
    if row.deleted_at is not None:
        return user
    if user is None:
        if profile.email is None:
            return None
        user = _make(session, profile, profile.email, now=now)
    elif row.updated_at is not None and profile.updated_at < row.updated_at:
        return user
    else:
        _update(session, user, profile, now=now)
    row.updated_at = profile.updated_at
    await session.flush()
    return user


async def delete(
    session: AsyncSession, clerk_user_id: str, pause_tasks: PauseTasks, *, now: datetime
) -> None:
    """Shut a user out for good; nothing of theirs is deleted. Twice is harmless."""
    row = await _lock(session, clerk_user_id)
    if row.deleted_at is not None:
        return
    row.deleted_at = now
    user = await find(session, clerk_user_id)
    if user is not None:
        await activation.set_state(session, user, UserState.INACTIVE, actor_id=None, now=now)
        await sessions.end_all(session, user.id)
        paused = await pause_tasks(session, user.id, now=now)
        _audit(session, user, "user.deleted_in_clerk", {"tasks_paused": paused}, now=now)
    await session.flush()


async def _lock(session: AsyncSession, clerk_user_id: str) -> ClerkUser:
    query = select(ClerkUser).where(ClerkUser.clerk_user_id == clerk_user_id).with_for_update()
    row = await session.scalar(query)
    if row is not None:
        return row
    row = ClerkUser(clerk_user_id=clerk_user_id)
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError:  # somebody was faster, and is done: inserting waited for them
        return (await session.scalars(query)).one()
    return row


def _make(session: AsyncSession, profile: ClerkProfile, email: str, *, now: datetime) -> User:
    user = User(
        clerk_user_id=profile.user_id,
        email=email,
        email_verified=True,
        role=profile.role,
        state=UserState.ACTIVE,
        created_at=now,
        updated_at=now,
    )
    session.add(user)
    return user


def _update(session: AsyncSession, user: User, profile: ClerkProfile, *, now: datetime) -> None:
    before = (user.email, user.email_verified, user.role)
    if user.role is not profile.role:
        action = "user.promoted" if profile.role is Role.ADMIN else "user.demoted"
        _audit(session, user, action, {"by": "clerk"}, now=now)
        user.role = profile.role
    user.email = profile.email or user.email
    user.email_verified = profile.email is not None
    if (user.email, user.email_verified, user.role) != before:
        user.updated_at = now


def _audit(
    session: AsyncSession, user: User, action: str, detail: dict[str, object], *, now: datetime
) -> None:
    audit(session, action, actor_id=None, user_id=user.id, detail=detail, now=now)
