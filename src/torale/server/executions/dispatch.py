"""Turns what is due into executions: one per tick, whatever happens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from sqlalchemy import CompoundSelect, Row, insert, select, union, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import TaskState
from torale.server.engine.base import JobQueue
from torale.server.errors import ConflictError, InvalidFieldError
from torale.server.executions.job_names import EXECUTION, JobPlace
from torale.server.executions.models import IN_FLIGHT, Execution
from torale.server.executions.rules import last_execution
from torale.server.tasks.models import Task
from torale.server.tasks.rules import next_run

log = structlog.get_logger()

BATCH = 200
_JOBS_AT_LEAST = 20  # up to twice as many due ones have a job each
_LARGEST_JOB = 5
_POISON_PAUSE = timedelta(hours=1)


class Dispatched(NamedTuple):
    """How many executions were started, and how many ticks found one still running."""

    started: int
    skipped: int


async def dispatch(session: AsyncSession, queue: JobQueue, *, now: datetime) -> Dispatched:
    """Claim up to `BATCH` due tasks, advance their schedule and enqueue their executions.

    Ticks missed while the service was down collapse into one. A tick that finds an execution
    still running, or one of its own, is counted on the task, not queued.
    """
    due = await _claim(session, now)
    if not due:
        return Dispatched(0, 0)
    busy = set(await session.scalars(_busy([task.id for task in due])))
    started = [_execution(task, now) for task in due if task.id not in busy]
    by_task = {one["task_id"]: one for one in started}
    await session.execute(
        update(Task), [_advanced(task, by_task.get(task.id), now) for task in due]
    )
    if started:
        size = _size_of_jobs(len(started))
        jobs = [started[at : at + size] for at in range(0, len(started), size)]
        for executions in jobs:
            _name(executions)
        await session.execute(insert(Execution), started)
        for executions in jobs:
            ids = [execution["id"] for execution in executions]
            await queue.enqueue(session, executions[0]["job_id"], EXECUTION, *ids)
    return Dispatched(len(started), len(busy))


def _size_of_jobs(count: int) -> int:
    """Return how many of `count` executions share a job: few are spread over all workers."""
    return min(max(count // _JOBS_AT_LEAST, 1), _LARGEST_JOB)


def _name(executions: Sequence[dict[str, Any]]) -> None:
    """Name the job of executions, and their places in it."""
    first = executions[0]
    name = f"task-{first['task_id']}-{int(first['due_at'].timestamp())}"
    for place, execution in enumerate(executions):
        execution["job_id"] = str(JobPlace(name, place))


async def _claim(session: AsyncSession, now: datetime) -> Sequence[Row[Any]]:
    query = (
        select(Task.id, Task.schedule, Task.timezone, Task.next_run_at, Task.last_execution)
        .add_columns(Task.skipped_ticks)
        .where(Task.state == TaskState.ACTIVE, Task.next_run_at <= now)
        .order_by(Task.next_run_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)  # SQLite has one writer at a time and ignores it
    )
    return (await session.execute(query)).all()


def _busy(task_ids: Sequence[UUID]) -> CompoundSelect[UUID]:
    """Select the tasks that are being checked, or whose tick has had its execution already.

    A tick comes again where a clock was set back, or is behind that of another process.
    """
    of_tasks = Execution.task_id.in_(task_ids)
    again = select(Execution.task_id).join(
        Task, (Task.id == Execution.task_id) & (Task.next_run_at == Execution.due_at)
    )
    return union(select(Execution.task_id).where(of_tasks, IN_FLIGHT), again.where(of_tasks))


def _execution(task: Row[Any], now: datetime) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "task_id": task.id,
        "due_at": task.next_run_at,
        "trigger": Trigger.SCHEDULE,
        "status": ExecutionStatus.PENDING,
        "takeovers": 0,
        "grounding_sources": [],
        "created_at": now,
    }


def _advanced(task: Row[Any], started: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    try:
        following = next_run(task.schedule, task.timezone, now)
    except InvalidFieldError:
        # A schedule that was valid when it was stored must not wedge the others.
        log.exception("dispatcher.poisoned_schedule", task_id=str(task.id))
        following = now + _POISON_PAUSE
    return {
        "id": task.id,
        "next_run_at": following,
        "skipped_ticks": task.skipped_ticks + (0 if started else 1),
        "last_execution": last_execution(str(started["id"]), ExecutionStatus.PENDING)
        if started
        else task.last_execution,
    }


class ManualLauncher:
    """Starts executions by hand. Implements `tasks.ports.Launcher`."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    async def launch(self, session: AsyncSession, task: Task, *, now: datetime) -> UUID:
        """See `tasks.ports.Launcher.launch`."""
        execution = Execution(
            id=uuid4(),
            task_id=task.id,
            trigger=Trigger.MANUAL,
            status=ExecutionStatus.PENDING,
            grounding_sources=[],
            created_at=now,
        )
        execution.job_id = f"manual-{execution.id}"
        try:
            async with session.begin_nested():
                session.add(execution)
        except IntegrityError:
            raise ConflictError(
                "An execution of this task is already pending or running; wait for it to end."
            ) from None
        task.last_execution = last_execution(str(execution.id), ExecutionStatus.PENDING)
        await self._queue.enqueue(session, execution.job_id, EXECUTION, execution.id)
        return execution.id
