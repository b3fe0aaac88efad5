"""Recorded checks: stored executions, read back as a judge could see them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.evidence.base import Gathered
from torale.server.executions.checker import JudgeInput
from torale.server.executions.evidence_trail import evidence_store, record
from torale.server.executions.evidence_trail.evidence_store import StoredDocument
from torale.server.executions.models import EvidenceText, Execution
from torale.server.judge.base import Verdict

NEWEST = 400

NOT_ENDED = "This execution has not ended."
NO_TRAIL = "This execution is older than the record of how executions are judged."
NOTHING_READ = "This execution failed before there was anything to judge."
FORGOTTEN = "Texts that this execution read are past retention and forgotten."


@dataclass(frozen=True, slots=True)
class RecordedCheck:
    """An execution of the past.

    Attributes:
        at: UTC, when it ended.
        told: Whether a message about the condition came of it.
        asked: What was judged beside the documents; None where that is not known.
        gathered: What was read; None if it cannot be judged again, and `lost` says why.
        is_complete: Every document has its text, those that no judge may read included.
    """

    execution_id: UUID
    at: datetime
    result: Mapping[str, Any] | None
    told: bool
    asked: JudgeInput | None
    gathered: Gathered | None
    lost: str | None
    is_complete: bool

    @property
    def verdict(self) -> Verdict | None:
        return None if self.result is None else Verdict(self.result["verdict"])

    @property
    def decided_by(self) -> str:
        """The judge that decided; empty without a verdict."""
        return "" if self.result is None else str(self.result["judge"])


async def newest(session: AsyncSession, task_id: UUID, *, limit: int = NEWEST) -> Sequence[UUID]:
    """Return the task's newest executions that have ended, oldest of them first."""
    query = (
        select(Execution.id)
        .where(
            Execution.task_id == task_id,
            Execution.status.in_([ExecutionStatus.SUCCESS, ExecutionStatus.FAILED]),
        )
        .order_by(Execution.created_at.desc(), Execution.chain_position.desc())
        .limit(limit)
    )
    return list(reversed((await session.scalars(query)).all()))


async def load(session: AsyncSession, execution_id: UUID) -> RecordedCheck | None:
    """Read an execution back; None when it is gone."""
    query = (
        select(
            Execution.completed_at,
            Execution.result,
            Execution.notification,
            Execution.asked,
            Execution.trail_sha256,
            EvidenceText.compressed,
        )
        .outerjoin(EvidenceText, EvidenceText.sha256 == Execution.trail_sha256)
        .where(Execution.id == execution_id)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    documents = await evidence_store.load_documents(session, execution_id)
    is_cut = found.trail_sha256 is not None and found.compressed is None
    asked = None
    if found.asked is not None and not is_cut:
        asked = record.judge_input_of(
            found.asked, record.read_large_parts(evidence_store.decompressed(found.compressed))
        )
    lost = _lost(found, documents, asked, is_cut=is_cut)
    gathered = None
    if asked is not None and lost is None:
        gathered = Gathered(tuple(stored.document for stored in documents), asked.problems)
    return RecordedCheck(
        execution_id=execution_id,
        at=found.completed_at,
        result=found.result,
        told=found.notification is not None,
        asked=asked,
        gathered=gathered,
        lost=lost,
        is_complete=all(stored.has_text for stored in documents),
    )


def _lost(
    found: Row[*tuple[Any, ...]],
    documents: Sequence[StoredDocument],
    asked: JudgeInput | None,
    *,
    is_cut: bool,
) -> str | None:
    """Say why an execution cannot be judged again; None if it can."""
    if found.completed_at is None:
        return NOT_ENDED
    readable = [stored for stored in documents if stored.document.unusable_reason is None]
    if is_cut or not all(stored.has_text for stored in readable):
        return FORGOTTEN
    if asked is None:
        return NO_TRAIL
    return NOTHING_READ if found.result is None and not readable else None
