"""What begins, goes on and ends for the users whose pages are open: one look serves them all."""

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
"""So long an execution is seen after it was made, however soon it ended."""
_IN_FLIGHT = (ExecutionStatus.PENDING, ExecutionStatus.RUNNING)


@dataclass(frozen=True, slots=True)
class ObservedExecution:
    """An execution as one look found it."""

    user_id: UUID
    task_id: UUID
    status: ExecutionStatus

    @property
    def is_in_flight(self) -> bool:
        return self.status in _IN_FLIGHT


Look = Mapping[UUID, ObservedExecution]
"""What one look found, by the id of the execution."""


async def look(session: AsyncSession, users: Collection[UUID], *, now: datetime) -> Look:
    """Find what is in flight or new for some users, in one statement over two indexes."""
    columns = (Execution.id, Task.user_id, Execution.task_id, Execution.status)
    of_users = select(*columns).join(Task, Task.id == Execution.task_id)
    of_users = of_users.where(Task.user_id.in_(users))
    both = union(
        of_users.where(IN_FLIGHT),
        of_users.where(Execution.created_at > now - RECENT),
    )
    return {row[0]: ObservedExecution(*row[1:]) for row in await session.execute(both)}


def changed(before: Look, after: Look) -> dict[UUID, dict[UUID, bool]]:
    """Tell which tasks of which users changed between two looks, and whether each is in flight.

    What was in flight and is no longer seen has ended.
    """
    found: dict[UUID, dict[UUID, bool]] = {}
    for id_, seen in before.items():
        if id_ not in after and seen.is_in_flight:
            found.setdefault(seen.user_id, {})[seen.task_id] = False
    for id_, seen in after.items():
        if before.get(id_) != seen:
            tasks = found.setdefault(seen.user_id, {})
            tasks[seen.task_id] = tasks.get(seen.task_id, False) or seen.is_in_flight
    return found
