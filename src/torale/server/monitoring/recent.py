"""What the last executions of many tasks came to, in few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.monitoring.models import Execution

STRIP = 20


def outcome(status: ExecutionStatus, condition_met: bool | None, change: str | None) -> str:  # noqa: FBT001
    """Return the one word of an ended execution: `met changed same unknown failed`."""
    if status is ExecutionStatus.FAILED:
        return "failed"
    if condition_met is None:
        return "unknown"
    if condition_met:
        return "met"
    return "changed" if change else "same"


async def strips(
    session: AsyncSession, task_ids: Sequence[UUID], *, length: int = STRIP
) -> Mapping[UUID, list[str]]:
    """Return the outcomes of each task's newest ended executions, oldest first."""
    if not task_ids:
        return {}
    # One short walk down the index for each task, in one statement.
    newest = [
        select(
            Execution.task_id,
            Execution.status,
            Execution.condition_met,
            Execution.change_summary,
            Execution.created_at,
        )
        .where(Execution.task_id == task_id, Execution.completed_at.is_not(None))
        .order_by(Execution.created_at.desc())
        .limit(length)
        .subquery()
        for task_id in task_ids
    ]
    rows = await session.execute(union_all(*(select(one) for one in newest)))
    found: defaultdict[UUID, list[tuple[datetime, str]]] = defaultdict(list)
    for task_id, status, met, change, at in rows:
        found[task_id].append((at, outcome(status, met, change)))
    return {task_id: [word for _, word in sorted(marks)] for task_id, marks in found.items()}
