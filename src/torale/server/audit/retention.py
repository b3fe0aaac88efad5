"""Retention: old executions and, sooner, texts are deleted; never the newest of a task."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, Subquery, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server import idempotency
from torale.server.budgets import ledger
from torale.server.executions.feedback import recount
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.notifications import inbox
from torale.server.tasks.models import Task

KEPT_PER_TASK = 50
BATCH = 500


async def forget(
    session: AsyncSession, *, now: datetime, evidence_days: int, execution_days: int
) -> int:
    """Delete one batch of what is past its time; answers how many rows went, 0 when done."""
    # Executions first: they lock tasks, and whoever ends an execution locks its task before texts.
    executions = await _forget_executions(session, now - timedelta(days=execution_days))
    texts = await _forget_texts(session, now - timedelta(days=evidence_days))
    tasks = await _forget_deleted_tasks(session, now - timedelta(days=execution_days))
    answers = await idempotency.forget(session, now=now)
    accounts = await ledger.forget(session, now=now)
    return texts + executions + tasks + answers + accounts


def _newest() -> Subquery:
    rank = (
        func.row_number()
        .over(
            partition_by=Execution.task_id,
            order_by=(Execution.created_at.desc(), Execution.chain_position.desc()),
        )
        .label("rank")
    )
    return select(Execution.id, Execution.created_at, rank).subquery()


async def _forget_texts(session: AsyncSession, before: datetime) -> int:
    """Delete texts that only old executions rest on; their digests stay with the documents."""
    ranked = _newest()
    is_kept = (ranked.c.created_at >= before) | (ranked.c.rank <= KEPT_PER_TASK)
    is_page = exists(
        select(1)
        .select_from(EvidenceDocument)
        .join(ranked, ranked.c.id == EvidenceDocument.execution_id)
        .where(EvidenceDocument.sha256 == EvidenceText.sha256, is_kept)
    )
    is_trail = exists(
        select(1)
        .select_from(Execution)
        .join(ranked, ranked.c.id == Execution.id)
        .where(Execution.trail_sha256 == EvidenceText.sha256, is_kept)
    )
    old = (
        select(EvidenceText.sha256)
        .where(EvidenceText.seen_at < before, ~is_page, ~is_trail)
        .limit(BATCH)
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
        select(Execution.id, Execution.task_id, Execution.chain_position, Execution.chain_hash)
        .join(newest, newest.c.id == Execution.id)
        .where(
            Execution.created_at < before,
            Execution.status.in_([ExecutionStatus.SUCCESS, ExecutionStatus.FAILED]),
            newest.c.rank > KEPT_PER_TASK,
        )
        # Oldest first, so that what is left of a chain has no gaps.
        .order_by(Execution.created_at, Execution.chain_position)
        .limit(BATCH)
    )
    gone = (await session.execute(old)).all()
    await _shorten_chains(session, gone)
    ids, task_ids = [row.id for row in gone], {row.task_id for row in gone}
    await inbox.forget(session, task_ids, ids)
    await session.execute(delete(Execution).where(Execution.id.in_(ids)))
    judged = select(Task.id).where(Task.id.in_(task_ids), Task.feedback.is_not(None))
    await recount(session, await session.scalars(judged))
    return len(ids)


async def _shorten_chains(
    session: AsyncSession, gone: Sequence[Row[UUID, UUID, int | None, str | None]]
) -> None:
    """Keep the last hash of what goes: what is left of a chain is verified from there."""
    last = {row.task_id: row for row in gone if row.chain_position is not None}
    for task_id in sorted(last):
        link = last[task_id]
        await session.execute(
            update(Task)
            .where(Task.id == task_id, Task.chain_forgotten < link.chain_position)
            .values(chain_forgotten=link.chain_position, chain_anchor=link.chain_hash)
        )


async def _forget_deleted_tasks(session: AsyncSession, before: datetime) -> int:
    old = select(Task.id).where(Task.deleted_at < before).limit(BATCH)
    ids = list(await session.scalars(old))
    await session.execute(delete(Task).where(Task.id.in_(ids)))
    return len(ids)
