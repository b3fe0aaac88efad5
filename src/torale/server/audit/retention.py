"""Retention: old executions and, sooner, texts are deleted; never the newest of a task.

It walks what is old by index, a bounded batch to a transaction: what it costs others does not grow
with the history, and what is looked at and stays is not looked at again in the same round.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from torale.contract.executions import ExecutionStatus
from torale.server import idempotency
from torale.server.budgets import ledger
from torale.server.executions.feedback import recount
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.notifications import inbox
from torale.server.tasks.models import Task

KEPT_PER_TASK = 50
BATCH = 200  # a tenth of a second of SQLite, which has one writer


class _Old(NamedTuple):
    """An execution that is past its time."""

    id: UUID
    task_id: UUID
    created_at: datetime
    chain_position: int | None
    chain_hash: str | None
    is_beyond_newest: bool


class RetentionRound:
    """One round of deleting: call `delete_batch` in transactions of their own until it is over."""

    def __init__(self, *, now: datetime, evidence_days: int, execution_days: int) -> None:
        self._now = now
        self._texts_before = now - timedelta(days=evidence_days)
        self._executions_before = now - timedelta(days=execution_days)
        self._last_execution: tuple[datetime, UUID] | None = None
        self._last_text: tuple[datetime, str] | None = None
        # In this order: a text is needed as long as an execution rests on it.
        self._steps: list[Callable[[AsyncSession], Awaitable[tuple[int, bool]]]] = [
            self._delete_executions,
            self._delete_tasks,
            self._delete_texts,
            self._delete_answers,
            self._delete_spending,
        ]

    @property
    def is_over(self) -> bool:
        return not self._steps

    async def delete_batch(self, session: AsyncSession) -> int:
        """Look at one batch of what is old; answers how many rows of it were deleted."""
        deleted, is_last = await self._steps[0](session)
        if is_last:
            del self._steps[0]
        return deleted

    async def _delete_executions(self, session: AsyncSession) -> tuple[int, bool]:
        query = (
            select(
                Execution.id,
                Execution.task_id,
                Execution.created_at,
                Execution.chain_position,
                Execution.chain_hash,
                _is_beyond_newest(),
            )
            .where(
                Execution.created_at < self._executions_before,
                Execution.status.in_([ExecutionStatus.SUCCESS, ExecutionStatus.FAILED]),
            )
            .order_by(Execution.created_at, Execution.id)
            .limit(BATCH)
        )
        if self._last_execution is not None:
            created_at, id_ = self._last_execution
            is_later = or_(Execution.created_at > created_at, Execution.id > id_)
            query = query.where(Execution.created_at >= created_at, is_later)
        old = [_Old(*row) for row in await session.execute(query)]
        if old:
            self._last_execution = (old[-1].created_at, old[-1].id)
        gone = [execution for execution in old if execution.is_beyond_newest]
        await _delete(session, gone)
        return len(gone), len(old) < BATCH

    async def _delete_texts(self, session: AsyncSession) -> tuple[int, bool]:
        """Delete texts that only old executions rest on; their digests stay with the documents."""
        before = self._texts_before
        query = (
            select(EvidenceText.sha256, EvidenceText.seen_at, _is_needed(before))
            .where(EvidenceText.seen_at < before)
            .order_by(EvidenceText.seen_at, EvidenceText.sha256)
            .limit(BATCH)
        )
        if self._last_text is not None:
            seen_at, sha256 = self._last_text
            is_later = or_(EvidenceText.seen_at > seen_at, EvidenceText.sha256 > sha256)
            query = query.where(EvidenceText.seen_at >= seen_at, is_later)
        old = (await session.execute(query)).all()
        if old:
            self._last_text = (old[-1][1], old[-1][0])
        digests = [sha256 for sha256, _, is_needed in old if not is_needed]
        # Asked again: an execution may have read it since, and holds its row until it commits.
        await session.execute(
            delete(EvidenceText).where(
                EvidenceText.sha256.in_(digests), EvidenceText.seen_at < before
            )
        )
        return len(digests), len(old) < BATCH

    async def _delete_tasks(self, session: AsyncSession) -> tuple[int, bool]:
        old = select(Task.id).where(Task.deleted_at < self._executions_before).limit(BATCH)
        ids = list(await session.scalars(old))
        await session.execute(delete(Task).where(Task.id.in_(ids)))
        return len(ids), not ids

    async def _delete_answers(self, session: AsyncSession) -> tuple[int, bool]:
        deleted = await idempotency.forget(session, now=self._now)
        return deleted, not deleted

    async def _delete_spending(self, session: AsyncSession) -> tuple[int, bool]:
        deleted = await ledger.forget(session, now=self._now)
        return deleted, not deleted


def _is_beyond_newest() -> ColumnElement[bool]:
    """Tell whether a task has as many newer executions as are kept: a few steps along an index."""
    newer = aliased(Execution)
    position, its_position = (
        func.coalesce(execution.chain_position, 0) for execution in (newer, Execution)
    )
    is_newer = or_(
        newer.created_at > Execution.created_at,
        position > its_position,
        and_(position == its_position, newer.id > Execution.id),
    )
    return (
        select(newer.id)
        .where(
            newer.task_id == Execution.task_id, newer.created_at >= Execution.created_at, is_newer
        )
        .offset(KEPT_PER_TASK - 1)
        .limit(1)
        .correlate(Execution)
        .exists()
    )


def _is_needed(before: datetime) -> ColumnElement[bool]:
    is_kept = or_(Execution.created_at >= before, ~_is_beyond_newest())
    as_page = (
        select(Execution.id)
        .join(EvidenceDocument, EvidenceDocument.execution_id == Execution.id)
        .where(EvidenceDocument.sha256 == EvidenceText.sha256, is_kept)
        .correlate(EvidenceText)
        .exists()
    )
    as_trail = (
        select(Execution.id)
        .where(Execution.trail_sha256 == EvidenceText.sha256, is_kept)
        .correlate(EvidenceText)
        .exists()
    )
    return or_(as_page, as_trail)


async def _delete(session: AsyncSession, gone: Sequence[_Old]) -> None:
    if not gone:
        return
    await _shorten_chains(session, gone)
    ids = [execution.id for execution in gone]
    task_ids = {execution.task_id for execution in gone}
    await inbox.forget(session, task_ids, ids)
    await session.execute(delete(Execution).where(Execution.id.in_(ids)))
    judged = select(Task.id).where(Task.id.in_(task_ids), Task.feedback.is_not(None))
    await recount(session, await session.scalars(judged))


async def _shorten_chains(session: AsyncSession, gone: Sequence[_Old]) -> None:
    """Keep the last hash of what goes: what is left of a chain is verified from there."""
    last: dict[UUID, tuple[int, str | None]] = {}
    for execution in gone:
        if execution.chain_position is not None:
            link = (execution.chain_position, execution.chain_hash)
            last[execution.task_id] = max(link, last.get(execution.task_id, (0, None)))
    for task_id in sorted(last):
        position, head = last[task_id]
        await session.execute(
            update(Task)
            .where(Task.id == task_id, Task.chain_forgotten < position)
            .values(chain_forgotten=position, chain_anchor=head)
        )
