"""Forgets what is old: texts first, then executions, never the newest of a task."""

from datetime import datetime, timedelta

from sqlalchemy import Subquery, delete, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.monitoring.models import EvidenceDocument, EvidenceText, Execution
from torale.server.tasks.models import Task

KEPT_PER_TASK = 50
BATCH = 500


async def forget(
    session: AsyncSession, *, now: datetime, evidence_days: int, execution_days: int
) -> int:
    """Delete one batch of what is past its time; answers how many rows went, 0 when done."""
    texts = await _forget_texts(session, now - timedelta(days=evidence_days))
    executions = await _forget_executions(session, now - timedelta(days=execution_days))
    tasks = await _forget_deleted_tasks(session, now - timedelta(days=execution_days))
    return texts + executions + tasks


def _newest() -> Subquery:
    rank = (
        func.row_number()
        .over(partition_by=Execution.task_id, order_by=Execution.created_at.desc())
        .label("rank")
    )
    return select(Execution.id, Execution.created_at, rank).subquery()


async def _forget_texts(session: AsyncSession, before: datetime) -> int:
    """Delete texts that only old executions rest on; their digests stay with the documents."""
    ranked = _newest()
    still_needed = exists(
        select(1)
        .select_from(EvidenceDocument)
        .join(ranked, ranked.c.id == EvidenceDocument.execution_id)
        .where(
            EvidenceDocument.sha256 == EvidenceText.sha256,
            (ranked.c.created_at >= before) | (ranked.c.rank <= KEPT_PER_TASK),
        )
    )
    old = (
        select(EvidenceText.sha256).where(EvidenceText.seen_at < before, ~still_needed).limit(BATCH)
    )
    digests = list(await session.scalars(old))
    # Asked again: an execution may have read the text since, and holds its row until it commits.
    await session.execute(
        delete(EvidenceText).where(EvidenceText.sha256.in_(digests), EvidenceText.seen_at < before)
    )
    return len(digests)


async def _forget_executions(session: AsyncSession, before: datetime) -> int:
    newest = _newest()
    old = (
        select(Execution.id)
        .join(newest, newest.c.id == Execution.id)
        .where(
            Execution.created_at < before,
            Execution.status.in_([ExecutionStatus.SUCCESS, ExecutionStatus.FAILED]),
            newest.c.rank > KEPT_PER_TASK,
        )
        .limit(BATCH)
    )
    ids = list(await session.scalars(old))
    await session.execute(delete(Execution).where(Execution.id.in_(ids)))
    return len(ids)


async def _forget_deleted_tasks(session: AsyncSession, before: datetime) -> int:
    old = select(Task.id).where(Task.deleted_at < before).limit(BATCH)
    ids = list(await session.scalars(old))
    await session.execute(delete(Task).where(Task.id.in_(ids)))
    return len(ids)
