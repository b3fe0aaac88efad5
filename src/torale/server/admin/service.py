"""Queries of operators: everybody's tasks, executions and users."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.admin import (
    AdminExecution,
    AdminQuery,
    AdminStats,
    DeliveryNumbers,
    DueTask,
    ErrorGroup,
    ExecutionNumbers,
    TaskNumbers,
    UserNumbers,
)
from torale.contract.channels import DeliveryStatus
from torale.contract.executions import ExecutionStatus
from torale.contract.tasks import TaskState
from torale.server.admin.rules import PageOf
from torale.server.auth.models import User, UserState
from torale.server.engine.models import Process
from torale.server.executions.models import IN_FLIGHT, Execution
from torale.server.notifications.models import Delivery
from torale.server.tasks.models import Task

Numbers = Select[*tuple[Any, ...]]

_DAY = timedelta(days=1)
_MAX_GROUPS = 100
_MAX_DUE = 100

_TASK = (
    Task.id,
    Task.user_id,
    User.email.label("user_email"),
    Task.name,
    Task.search_query,
    Task.condition_description,
    Task.schedule,
    Task.timezone,
    Task.state,
    Task.next_run_at.label("next_run"),
    Task.trouble_streak,
    Task.skipped_ticks,
    Task.created_at,
)
_EXECUTION = (
    Execution.id,
    Execution.task_id,
    Task.name.label("task_name"),
    User.email.label("user_email"),
    Execution.status,
    Execution.trigger,
    Execution.condition_met,
    Execution.takeovers,
    Execution.error_type,
    Execution.error_message,
    Execution.started_at,
    Execution.completed_at,
    Execution.created_at,
)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


async def stats(session: AsyncSession, *, now: datetime) -> AdminStats:
    """Count everything that exists, and what the last 24 hours brought."""
    return AdminStats(
        users=UserNumbers.model_validate(await _counted(session, _user_numbers())),
        tasks=TaskNumbers.model_validate(await _counted(session, _task_numbers())),
        executions_24h=ExecutionNumbers.model_validate(
            await _counted(session, _execution_numbers(since=now - _DAY))
        ),
        deliveries_24h=DeliveryNumbers.model_validate(
            await _counted(session, _delivery_numbers(since=now - _DAY))
        ),
    )


async def _counted(session: AsyncSession, query: Numbers) -> dict[str, object]:
    return dict((await session.execute(query)).mappings().one())


def _user_numbers() -> Numbers:
    return select(
        func.count().label("total"), _count(User.state == UserState.ACTIVE).label("active")
    ).select_from(User)


def _task_numbers() -> Numbers:
    by_state = (_count(Task.state == state).label(state.value) for state in TaskState)
    return select(func.count().label("total"), *by_state).where(Task.deleted_at.is_(None))


def _execution_numbers(*, since: datetime) -> Numbers:
    succeeded = Execution.status == ExecutionStatus.SUCCESS
    failed = Execution.status == ExecutionStatus.FAILED
    return select(
        func.count().label("total"),
        _count(succeeded).label("success"),
        _count(failed).label("failed"),
        _count(~succeeded & ~failed).label("in_flight"),
        _count(Execution.condition_met.is_(True)).label("met"),
        _count(succeeded & Execution.condition_met.is_(None)).label("unknown"),
    ).where(Execution.created_at >= since)


def _delivery_numbers(*, since: datetime) -> Numbers:
    delivered = Delivery.status == DeliveryStatus.DELIVERED
    failed = Delivery.status == DeliveryStatus.FAILED
    return select(
        func.count().label("total"),
        _count(delivered).label("delivered"),
        _count(failed).label("failed"),
        _count(~delivered & ~failed).label("waiting"),
    ).where(Delivery.created_at >= since)


async def queries(
    session: AsyncSession, page: PageOf, *, state: TaskState | None
) -> tuple[Sequence[AdminQuery], int]:
    """Return one page of everybody's tasks, newest first, and how many there are."""
    wanted: list[ColumnElement[bool]] = [Task.deleted_at.is_(None)]
    if state is not None:
        wanted.append(Task.state == state)
    total = await session.scalar(select(func.count()).select_from(Task).where(*wanted)) or 0
    query = (
        select(*_TASK)
        .join(User, User.id == Task.user_id)
        .where(*wanted)
        .order_by(Task.created_at.desc(), Task.id)
        .limit(page.limit)
        .offset(page.offset)
    )
    found = (await session.execute(query)).mappings()
    return [AdminQuery.model_validate(dict(row)) for row in found], total


async def executions(
    session: AsyncSession,
    page: PageOf,
    *,
    status: ExecutionStatus | None = None,
    task_id: UUID | None = None,
    since: datetime | None = None,
) -> tuple[Sequence[AdminExecution], int]:
    """Return one page of everybody's executions, newest first, and how many there are."""
    wanted: list[ColumnElement[bool]] = []
    if status is not None:
        wanted.append(Execution.status == status)
    if task_id is not None:
        wanted.append(Execution.task_id == task_id)
    if since is not None:
        wanted.append(Execution.created_at >= since)
    total = await session.scalar(select(func.count()).select_from(Execution).where(*wanted)) or 0
    query = (
        select(*_EXECUTION)
        .join(Task, Task.id == Execution.task_id)
        .join(User, User.id == Task.user_id)
        .where(*wanted)
        .order_by(Execution.created_at.desc(), Execution.id)
        .limit(page.limit)
        .offset(page.offset)
    )
    found = (await session.execute(query)).mappings()
    return [AdminExecution.model_validate(dict(row)) for row in found], total


async def error_groups(session: AsyncSession, *, since: datetime) -> Sequence[ErrorGroup]:
    """Count the failed executions since a time by their kind, most first."""
    failed = (Execution.status == ExecutionStatus.FAILED) & (Execution.created_at >= since)
    kind = func.coalesce(Execution.error_type, "unknown")
    groups = (
        select(
            kind.label("error_type"),
            func.count().label("count"),
            func.count(Execution.task_id.distinct()).label("tasks"),
            func.max(Execution.created_at).label("last_at"),
        )
        .where(failed)
        .group_by(kind)
        .order_by(func.count().desc(), kind)
        .limit(_MAX_GROUPS)
    )
    found = (await session.execute(groups)).mappings().all()
    return [
        ErrorGroup.model_validate(
            {**row, "last_message": await _message(session, kind == row["error_type"], failed)}
        )
        for row in found
    ]


class FailingTask(NamedTuple):
    """One task's share in a group of errors."""

    task_id: UUID
    name: str
    user_email: str
    executions: int
    first_at: datetime
    last_at: datetime


async def failing_tasks(
    session: AsyncSession, error_type: str, *, since: datetime
) -> Sequence[FailingTask]:
    """Return whom a kind of error meets, since when and how often; 100 of them, latest first."""
    last_at = func.max(Execution.created_at)
    query = (
        select(
            Task.id, Task.name, User.email, func.count(), func.min(Execution.created_at), last_at
        )
        .join(Execution, Execution.task_id == Task.id)
        .join(User, User.id == Task.user_id)
        .where(
            Execution.status == ExecutionStatus.FAILED,
            Execution.created_at >= since,
            func.coalesce(Execution.error_type, "unknown") == error_type,
        )
        .group_by(Task.id, Task.name, User.email)
        .order_by(last_at.desc(), Task.id)
        .limit(_MAX_GROUPS)
    )
    return [FailingTask(*row) for row in await session.execute(query)]


async def _message(session: AsyncSession, *wanted: ColumnElement[bool]) -> str | None:
    newest = select(Execution.error_message).where(*wanted).order_by(Execution.created_at.desc())
    return await session.scalar(newest.limit(1))


async def processes(session: AsyncSession) -> Sequence[Process]:
    """Return the processes that have shown themselves lately, oldest first."""
    return (await session.scalars(select(Process).order_by(Process.started_at))).all()


async def overdue(session: AsyncSession, *, now: datetime) -> int:
    """Count the tasks whose time has passed."""
    query = select(func.count()).select_from(Task).where(Task.next_run_at < now)
    return await session.scalar(query) or 0


class InFlight(NamedTuple):
    """Executions that have not ended: `oldest_at` is since when the first of them waits."""

    waiting: int
    running: int
    oldest_at: datetime | None


async def in_flight(session: AsyncSession) -> InFlight:
    """Count the executions that wait for a worker or run."""
    is_waiting = Execution.status == ExecutionStatus.PENDING
    is_running = Execution.status == ExecutionStatus.RUNNING
    query = select(
        _count(is_waiting),
        _count(is_running),
        func.min(case((is_waiting, Execution.created_at))),
    ).where(IN_FLIGHT)
    return InFlight(*(await session.execute(query)).one())


async def next_tasks(session: AsyncSession) -> Sequence[DueTask]:
    """Return the tasks that are due next, soonest first."""
    query = (
        select(
            Task.id,
            Task.name,
            User.email.label("user_email"),
            Task.schedule,
            Task.timezone,
            Task.next_run_at.label("next_run"),
        )
        .join(User, User.id == Task.user_id)
        .where(Task.state == TaskState.ACTIVE)
        .order_by(Task.next_run_at)
        .limit(_MAX_DUE)
    )
    found = (await session.execute(query)).mappings()
    return [DueTask.model_validate(dict(row)) for row in found]
