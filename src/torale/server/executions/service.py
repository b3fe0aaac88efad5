"""Queries of executions, for those who show them. Callers own the transaction."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.errors import NotFoundError
from torale.server.executions.models import MET, Execution
from torale.server.tasks.models import Task

EXECUTION_MISSING = "Execution not found"


async def get(session: AsyncSession, task_id: UUID, execution_id: UUID) -> Execution:
    """Return one execution of a task.

    Raises:
        NotFoundError: The task has no such execution.
    """
    query = select(Execution).where(Execution.id == execution_id, Execution.task_id == task_id)
    execution = await session.scalar(query)
    if execution is None:
        raise NotFoundError(EXECUTION_MISSING)
    return execution


async def judged_before(session: AsyncSession, execution: Execution) -> Execution | None:
    """Return the newest execution of the same task before this one that came to a verdict."""
    query = (
        select(Execution)
        .where(
            Execution.task_id == execution.task_id,
            Execution.created_at < execution.created_at,
            Execution.condition_met.is_not(None),
        )
        .order_by(Execution.created_at.desc())
        .limit(1)
    )
    found: Execution | None = await session.scalar(query)
    return found


async def page_of(
    session: AsyncSession,
    task_id: UUID,
    *,
    status: ExecutionStatus | None,
    page: int,
    limit: int,
) -> tuple[list[Execution], int]:
    """Return a page of a task's executions, newest first, and how many there are."""
    where = [Execution.task_id == task_id]
    if status is not None:
        where.append(Execution.status == status)
    query = (
        select(Execution)
        .where(*where)
        .order_by(Execution.created_at.desc(), Execution.id)
        .offset((page - 1) * limit)
        .limit(limit)
    )
    found = list(await session.scalars(query))
    total = await session.scalar(select(func.count()).select_from(Execution).where(*where))
    return found, total or 0


async def met_page(
    session: AsyncSession, user_id: UUID, task_id: UUID | None, *, page: int, limit: int
) -> tuple[list[tuple[Execution, str]], int]:
    """Return executions that met their condition with their task's name, newest first."""
    where = [
        MET,
        Task.user_id == user_id,
        Task.deleted_at.is_(None),
    ]
    if task_id is not None:
        where.append(Task.id == task_id)
    query = (
        select(Execution, Task.name)
        .join(Task, Task.id == Execution.task_id)
        .where(*where)
        .order_by(Execution.created_at.desc(), Execution.id)
        .offset((page - 1) * limit)
        .limit(limit)
    )
    found = [(execution, name) for execution, name in await session.execute(query)]
    count = select(func.count()).select_from(Execution).join(Task, Task.id == Execution.task_id)
    total = await session.scalar(count.where(*where))
    return found, total or 0
