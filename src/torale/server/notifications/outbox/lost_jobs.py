"""Lost jobs: overdue messages of the outbox whose job is gone are enqueued again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import DeliveryStatus
from torale.server.engine.base import JobQueue
from torale.server.notifications.models import Delivery
from torale.server.notifications.outbox.delivery_jobs import DELIVERY, DeliveryAttempt

LOST_AFTER = timedelta(minutes=2)
BATCH = 500

Unfinished = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Answers which of some job ids are still to be done."""


async def revive(
    session: AsyncSession, jobs: JobQueue, unfinished: Unfinished, *, now: datetime
) -> int:
    """Enqueue overdue deliveries whose job is gone; answers how many."""
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
    overdue: dict[str, tuple[Delivery, DeliveryAttempt]] = {}
    for delivery in await session.scalars(query):
        attempt = DeliveryAttempt(delivery.id, delivery.attempts + 1)
        overdue[attempt.job_id] = delivery, attempt
    if not overdue:
        return 0
    lost = set(overdue) - await unfinished(list(overdue))
    for job_id in lost:
        delivery, attempt = overdue[job_id]
        delivery.next_attempt_at = now  # not again before this one had its time
        await jobs.enqueue(session, f"{job_id}~{int(now.timestamp())}", DELIVERY, attempt)
    return len(lost)
