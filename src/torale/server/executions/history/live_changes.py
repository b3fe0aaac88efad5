"""Live changes: executions that start, go on or end, for all users whose pages are open at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.executions.models import IN_FLIGHT, Execution
from torale.server.tasks.models import Task

RECENT = timedelta(seconds=30)
"""So long an execution is part of snapshots after it was made, however soon it ended."""
_IN_FLIGHT = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class ObservedExecution:
    """An execution as it was at one moment."""

    user_id: UUID
    task_id: UUID
    status: ExecutionStatus

    @property
    def is_in_flight(self) -> bool:
        return self.status in _IN_FLIGHT


Snapshot = Mapping[UUID, ObservedExecution]
"""Executions that are in flight or new, by their id."""


async def take_snapshot(
    session: AsyncSession, users: Collection[UUID], *, now: datetime
) -> Snapshot:
    """Read what is in flight or new for some users, in one statement over two indexes."""
    columns = (Execution.id, Task.user_id, Execution.task_id, Execution.status)
    of_users = select(*columns).join(Task, Task.id == Execution.task_id)
    of_users = of_users.where(Task.user_id.in_(users))
    both = union(
        of_users.where(IN_FLIGHT),
        of_users.where(Execution.created_at > now - RECENT),
    )
    return {row[0]: ObservedExecution(*row[1:]) for row in await session.execute(both)}


def changed_tasks(before: Snapshot, after: Snapshot) -> dict[UUID, dict[UUID, bool]]:
    """Return, by user, the tasks that changed between two snapshots, and whether each is in flight.

    What was in flight and is no longer there has ended.
    """
    changes: dict[UUID, dict[UUID, bool]] = {}
    for id_, execution in before.items():
        if id_ not in after and execution.is_in_flight:
            changes.setdefault(execution.user_id, {})[execution.task_id] = False
    for id_, execution in after.items():
        if before.get(id_) != execution:
            tasks = changes.setdefault(execution.user_id, {})
            tasks[execution.task_id] = tasks.get(execution.task_id, False) or execution.is_in_flight
    return changes
