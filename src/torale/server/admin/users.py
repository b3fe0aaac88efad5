"""Users as operators see and manage them, and the audit log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from torale.contract.admin import AdminUser
from torale.server.admin.rules import PageOf, forbid_oneself
from torale.server.auth.accounts import activation
from torale.server.auth.models import ApiKey, AuditEvent, KeyState, User, UserState
from torale.server.tasks import service as tasks_service
from torale.server.tasks.models import Task


async def page_of_users(
    session: AsyncSession,
    page: PageOf,
    *,
    now: datetime,
    search: str = "",
    state: UserState | None = None,
) -> tuple[Sequence[AdminUser], int]:
    """Return one page of users, newest first, and how many there are.

    Args:
        search: Part of an e-mail address, in whatever case.
    """
    wanted: list[ColumnElement[bool]] = []
    if search:
        wanted.append(func.lower(User.email).contains(search.lower(), autoescape=True))
    if state is not None:
        wanted.append(User.state == state)
    total = await session.scalar(select(func.count()).select_from(User).where(*wanted)) or 0
    query = (
        select(User)
        .where(*wanted)
        .order_by(User.created_at.desc(), User.id)
        .limit(page.limit)
        .offset(page.offset)
    )
    users = (await session.scalars(query)).all()
    return await show(session, users, now=now), total


async def show(
    session: AsyncSession, users: Sequence[User], *, now: datetime
) -> Sequence[AdminUser]:
    """Return users with the numbers of their tasks and keys."""
    ids = [user.id for user in users]
    tasks = await _counts(session, Task.user_id, Task.user_id.in_(ids), Task.deleted_at.is_(None))
    unexpired = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    active = ApiKey.state == KeyState.ACTIVE
    keys = await _counts(session, ApiKey.user_id, ApiKey.user_id.in_(ids), active, unexpired)
    return [
        AdminUser(
            id=user.id,
            clerk_user_id=user.clerk_user_id,
            email=user.email,
            role=user.role,
            state=user.state,
            tasks=tasks.get(user.id, 0),
            active_keys=keys.get(user.id, 0),
            created_at=user.created_at,
        )
        for user in users
    ]


async def _counts(
    session: AsyncSession, owner: InstrumentedAttribute[UUID], *wanted: ColumnElement[bool]
) -> dict[UUID, int]:
    query = select(owner, func.count()).where(*wanted).group_by(owner)
    return dict(list(await session.execute(query)))


async def deactivate(
    session: AsyncSession, user_id: UUID, *, actor_id: UUID, now: datetime
) -> User:
    """Shut a user out: keys revoked, tasks paused, nothing deleted. Twice is harmless.

    Raises:
        UserNotFoundError: There is no such user.
        ConflictError: It is oneself.
    """
    user = await activation.lock_user(session, user_id)
    forbid_oneself(actor_id, user_id)
    if await activation.set_state(session, user, UserState.INACTIVE, actor_id=actor_id, now=now):
        await tasks_service.pause_all(session, user_id, now=now)
    return user


async def activate(session: AsyncSession, user_id: UUID, *, actor_id: UUID, now: datetime) -> User:
    """Let a user in again. Keys stay revoked and tasks paused until the user sees to them.

    Raises:
        UserNotFoundError: There is no such user.
    """
    user = await activation.lock_user(session, user_id)
    await activation.set_state(session, user, UserState.ACTIVE, actor_id=actor_id, now=now)
    return user


async def page_of_audit(
    session: AsyncSession, page: PageOf, *, action: str = "", user_id: UUID | None = None
) -> tuple[Sequence[AuditEvent], int]:
    """Return one page of what was done, newest first, and how many events there are.

    Args:
        action: The beginning of the action's name: `api_key` finds `api_key.created`.
        user_id: Who did it, or to whom it was done.
    """
    wanted: list[ColumnElement[bool]] = []
    if action:
        wanted.append(AuditEvent.action.startswith(action, autoescape=True))
    if user_id is not None:
        wanted.append(or_(AuditEvent.user_id == user_id, AuditEvent.actor_id == user_id))
    total = await session.scalar(select(func.count()).select_from(AuditEvent).where(*wanted)) or 0
    query = (
        select(AuditEvent)
        .where(*wanted)
        .order_by(AuditEvent.created_at.desc(), AuditEvent.id)
        .limit(page.limit)
        .offset(page.offset)
    )
    return (await session.scalars(query)).all(), total


async def emails(session: AsyncSession, events: Sequence[AuditEvent]) -> Mapping[UUID, str]:
    """Return the addresses of those who did something and of those to whom it was done."""
    ids = {id_ for event in events for id_ in (event.actor_id, event.user_id) if id_ is not None}
    return dict(list(await session.execute(select(User.id, User.email).where(User.id.in_(ids)))))
