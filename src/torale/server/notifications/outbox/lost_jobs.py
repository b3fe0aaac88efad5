"""Finds messages in the outbox that no job stands behind, and enqueues them again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import DeliveryStatus
from torale.server.engine.base import JobQueue
from torale.server.notifications.models import Delivery
from torale.server.notifications.outbox.deliveries import KIND, job_argument, job_id

LOST_AFTER = timedelta(minutes=2)
BATCH = 500

Unfinished = Callable[[Sequence[str]], Awaitable[set[str]]]


async def revive(
    session: AsyncSession, jobs: JobQueue, unfinished: Unfinished, *, now: datetime
) -> int:
    """Enqueue overdue deliveries whose job is gone; answers how many.

    Args:
        unfinished: Tells which of some job ids are still to be done.
    """
    query = (
        select(Delivery)
        .where(
            Delivery.status.in_([DeliveryStatus.PENDING, DeliveryStatus.RETRYING]),
            Delivery.next_attempt_at < now - LOST_AFTER,
        )
        .order_by(Delivery.next_attempt_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    overdue = {job_id(one.id, one.attempts + 1): one for one in await session.scalars(query)}
    if not overdue:
        return 0
    lost = set(overdue) - await unfinished(list(overdue))
    for name in lost:
        delivery = overdue[name]
        delivery.next_attempt_at = now  # not again before this one had its time
        argument = job_argument(delivery.id, delivery.attempts + 1)
        await jobs.enqueue(session, f"{name}~{int(now.timestamp())}", KIND, argument)
    return len(lost)
