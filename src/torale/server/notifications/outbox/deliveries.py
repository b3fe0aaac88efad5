"""Outbox: messages are stored in the transaction of the event that they tell of."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelState, ChannelType, DeliveryStatus, EventType
from torale.server.engine.base import JobQueue
from torale.server.notifications.messages.content import EventData
from torale.server.notifications.models import Channel, Delivery, TaskChannel, UnreadEvent
from torale.server.notifications.outbox.delivery_jobs import DELIVERY, DeliveryAttempt
from torale.server.tasks.models import Task


async def queue_deliveries(  # noqa: PLR0913  (an event has that many parts)
    session: AsyncSession,
    jobs: JobQueue,
    *,
    task: Task,
    execution_id: UUID | None,
    event: EventType,
    data: EventData,
    now: datetime,
) -> int:
    """Tell every active channel of `task`, once the caller's transaction commits.

    A channel gets one message of an execution: of a second event it is not told. Answers how many
    channels will be told.
    """
    deliveries = [
        Delivery(
            id=uuid4(),
            user_id=task.user_id,
            task_id=task.id,
            execution_id=execution_id,
            channel_id=channel_id,
            event=event,
            data=data,
            status=DeliveryStatus.PENDING,
            attempts=0,
            next_attempt_at=now,
            created_at=now,
        )
        for channel_id in await _channels_to_tell(session, task.id, execution_id)
    ]
    session.add_all(deliveries)
    if execution_id is not None:
        await _add_to_inbox(session, task, execution_id, event, now)
    await session.flush()
    for delivery in deliveries:
        first = DeliveryAttempt(delivery.id, 1)
        await jobs.enqueue(session, first.job_id, DELIVERY, first)
    return len(deliveries)


async def _add_to_inbox(
    session: AsyncSession, task: Task, execution_id: UUID, event: EventType, now: datetime
) -> None:
    """Add an event to the inbox of its user, whether a channel is told of it or not."""
    await session.merge(
        UnreadEvent(
            user_id=task.user_id,
            execution_id=execution_id,
            task_id=task.id,
            event=event,
            created_at=now,
        )
    )


async def _channels_to_tell(
    session: AsyncSession, task_id: UUID, execution_id: UUID | None
) -> Sequence[UUID]:
    """Return the active channels of a task that have no message of the execution yet."""
    query = (
        select(Channel.id)
        .join(TaskChannel, TaskChannel.channel_id == Channel.id)
        .where(
            TaskChannel.task_id == task_id,
            Channel.state == ChannelState.ACTIVE,
            Channel.deleted_at.is_(None),
        )
        .order_by(TaskChannel.position)
    )
    if execution_id is not None:
        served = select(Delivery.channel_id).where(Delivery.execution_id == execution_id)
        query = query.where(Channel.id.not_in(served))
    return (await session.scalars(query)).all()


async def page_of_deliveries(  # noqa: PLR0913  (each is a filter of its own)
    session: AsyncSession,
    user_id: UUID,
    *,
    channel_type: ChannelType | None,
    task_id: UUID | None,
    status: DeliveryStatus | None = None,
    limit: int,
    offset: int,
) -> tuple[list[tuple[Delivery, Channel, str]], int]:
    """Return deliveries with their channel and the task's name, newest first, and the total."""
    query = (
        select(Delivery, Channel, Task.name)
        .join(Channel, Channel.id == Delivery.channel_id)
        .join(Task, Task.id == Delivery.task_id)
        .where(Delivery.user_id == user_id, Task.deleted_at.is_(None))
    )
    if channel_type is not None:
        query = query.where(Channel.type == channel_type)
    if task_id is not None:
        query = query.where(Delivery.task_id == task_id)
    if status is not None:
        query = query.where(Delivery.status == status)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(Delivery.created_at.desc(), Delivery.id).limit(limit).offset(offset)
    return [(*row,) for row in (await session.execute(ordered))], total


async def unsubscribe(session: AsyncSession, task_id: UUID, channel_id: UUID) -> None:
    """Take a channel from a task. Twice is harmless."""
    await session.execute(
        delete(TaskChannel).where(
            TaskChannel.task_id == task_id, TaskChannel.channel_id == channel_id
        )
    )
