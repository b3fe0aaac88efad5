"""Inbox: events that a user has not read, and channels that no longer work."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelState
from torale.server.notifications.models import Channel, UnreadEvent
from torale.server.tasks.models import Task

MANY = 100
"""The inbox counts up to here; from here on it shows `99+`."""


async def count(session: AsyncSession, user_id: UUID) -> int:
    """Count what is in the inbox, up to `MANY`, in one statement that an index bounds."""
    events = (
        select(UnreadEvent.execution_id)
        .join(Task, Task.id == UnreadEvent.task_id)
        .where(UnreadEvent.user_id == user_id, Task.deleted_at.is_(None))
        .limit(MANY)
        .subquery()
    )
    # Limits inside of a union need a table of their own on SQLite.
    broken = select(Channel.id).where(*_is_broken(user_id)).limit(MANY).subquery()
    both = union_all(select(events.c.execution_id), select(broken.c.id)).subquery()
    found = await session.scalar(select(func.count()).select_from(both))
    return min(found or 0, MANY)


async def newest(
    session: AsyncSession, user_id: UUID, *, limit: int, offset: int = 0
) -> Sequence[tuple[UnreadEvent, str]]:
    """Return unread events with the name of their task, newest first."""
    query = (
        select(UnreadEvent, Task.name)
        .join(Task, Task.id == UnreadEvent.task_id)
        .where(UnreadEvent.user_id == user_id, Task.deleted_at.is_(None))
        .order_by(UnreadEvent.created_at.desc(), UnreadEvent.execution_id)
        .offset(offset)
        .limit(limit)
    )
    return [(event, name) for event, name in await session.execute(query)]


async def broken_channels(session: AsyncSession, user_id: UUID, *, limit: int) -> Sequence[Channel]:
    """Return the channels that were disabled, until their user sets them right."""
    query = select(Channel).where(*_is_broken(user_id)).order_by(Channel.created_at).limit(limit)
    return (await session.scalars(query)).all()


def _is_broken(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Channel.user_id == user_id,
        Channel.state == ChannelState.DISABLED,
        Channel.deleted_at.is_(None),
    )


async def mark_read(session: AsyncSession, user_id: UUID, execution_id: UUID | None = None) -> None:
    """Mark one event of a user as read, or all; what is read already stays so."""
    read = delete(UnreadEvent).where(UnreadEvent.user_id == user_id)
    if execution_id is not None:
        read = read.where(UnreadEvent.execution_id == execution_id)
    await session.execute(read)


async def forget(
    session: AsyncSession, task_ids: Collection[UUID], execution_ids: Collection[UUID]
) -> None:
    """Forget the events of executions that retention removes: their links would lead nowhere."""
    await session.execute(
        delete(UnreadEvent).where(
            UnreadEvent.task_id.in_(task_ids), UnreadEvent.execution_id.in_(execution_ids)
        )
    )
