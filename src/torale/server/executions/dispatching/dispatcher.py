"""Dispatcher: due tasks become executions, one for each tick whatever happens."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict
from uuid import UUID, uuid4

import structlog
from sqlalchemy import CompoundSelect, insert, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import TaskState
from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.engine.base import JobQueue
from torale.server.errors import InvalidFieldError
from torale.server.executions.dispatching.job_names import EXECUTION, JobPlace
from torale.server.executions.models import IN_FLIGHT, Execution
from torale.server.executions.rules import last_execution
from torale.server.tasks.models import Task
from torale.server.tasks.rules import next_run
from torale.server.telemetry import Metrics

log = structlog.get_logger()

BATCH = 200
_JOBS_AT_LEAST = 20  # up to twice as many due ones have a job each
_LARGEST_JOB = 5
_POISON_PAUSE = timedelta(hours=1)


class Dispatcher:
    """Starts the executions of all that is due; called every second."""

    def __init__(self, sessions: Sessions, queue: JobQueue, clock: Clock, metrics: Metrics) -> None:
        self._sessions = sessions
        self._queue = queue
        self._clock = clock
        self._metrics = metrics
        self.last_tick: datetime | None = None

    async def tick(self) -> int:
        """Start all that is due; answers how many executions were started."""
        started = 0
        while True:
            now = self._clock()
            async with self._sessions.begin() as session:
                batch = await dispatch_due(session, self._queue, now=now)
            started += batch.started
            if batch.skipped:
                self._metrics.skipped_ticks.inc(batch.skipped)
                log.info("dispatcher.skipped", ticks=batch.skipped)
            self.last_tick = now
            self._metrics.dispatcher_timestamp.set(now.timestamp())
            if batch.started + batch.skipped < BATCH:
                return started


class DispatchCounts(NamedTuple):
    """How many executions were started, and how many ticks found one still running."""

    started: int
    skipped: int


async def dispatch_due(session: AsyncSession, queue: JobQueue, *, now: datetime) -> DispatchCounts:
    """Claim up to `BATCH` due tasks, advance their schedule and enqueue their executions.

    Ticks missed while the service was down collapse into one. A tick that finds an execution
    still running, or one of its own, is counted on the task, not queued.
    """
    due = await _claim(session, now)
    if not due:
        return DispatchCounts(0, 0)
    busy = set(await session.scalars(_busy([task.id for task in due])))
    jobs = [_pending(tasks, now) for tasks in _jobs([task for task in due if task.id not in busy])]
    started = {row["task_id"]: row for rows in jobs for row in rows}
    await session.execute(
        update(Task), [_advanced(task, started.get(task.id), now) for task in due]
    )
    if started:
        await session.execute(insert(Execution), list(started.values()))
    for rows in jobs:
        await queue.enqueue(session, rows[0]["job_id"], EXECUTION, *(row["id"] for row in rows))
    return DispatchCounts(len(started), len(busy))


class _DueTask(NamedTuple):
    id: UUID
    schedule: str
    timezone: str
    next_run_at: datetime
    last_execution: Mapping[str, object] | None
    skipped_ticks: int


class _PendingRow(TypedDict):
    id: UUID
    task_id: UUID
    due_at: datetime
    trigger: Trigger
    job_id: str
    status: ExecutionStatus
    takeovers: int
    grounding_sources: Sequence[object]
    created_at: datetime


class _AdvancedRow(TypedDict):
    id: UUID
    next_run_at: datetime
    skipped_ticks: int
    last_execution: Mapping[str, object] | None


async def _claim(session: AsyncSession, now: datetime) -> list[_DueTask]:
    query = (
        select(Task.id, Task.schedule, Task.timezone, Task.next_run_at, Task.last_execution)
        .add_columns(Task.skipped_ticks)
        .where(Task.state == TaskState.ACTIVE, Task.next_run_at <= now)
        .order_by(Task.next_run_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)  # SQLite has one writer at a time and ignores it
    )
    return [_DueTask(*row) for row in await session.execute(query)]


def _busy(task_ids: Sequence[UUID]) -> CompoundSelect[UUID]:
    """Select the tasks that are being checked, or whose tick has had its execution already.

    A tick comes again where a clock was set back, or is behind that of another process.
    """
    of_tasks = Execution.task_id.in_(task_ids)
    again = select(Execution.task_id).join(
        Task, (Task.id == Execution.task_id) & (Task.next_run_at == Execution.due_at)
    )
    return union(select(Execution.task_id).where(of_tasks, IN_FLIGHT), again.where(of_tasks))


def _jobs(tasks: Sequence[_DueTask]) -> list[Sequence[_DueTask]]:
    """Divide tasks among jobs: few are spread over all workers, of many some share a job."""
    size = min(max(len(tasks) // _JOBS_AT_LEAST, 1), _LARGEST_JOB)
    return [tasks[at : at + size] for at in range(0, len(tasks), size)]


def _pending(tasks: Sequence[_DueTask], now: datetime) -> list[_PendingRow]:
    """Return the executions of one job."""
    first = tasks[0]
    job = f"task-{first.id}-{int(first.next_run_at.timestamp())}"
    return [
        {
            "id": uuid4(),
            "task_id": task.id,
            "due_at": task.next_run_at,
            "trigger": Trigger.SCHEDULE,
            "job_id": str(JobPlace(job, place)),
            "status": ExecutionStatus.PENDING,
            "takeovers": 0,
            "grounding_sources": [],
            "created_at": now,
        }
        for place, task in enumerate(tasks)
    ]


def _advanced(task: _DueTask, started: _PendingRow | None, now: datetime) -> _AdvancedRow:
    try:
        following = next_run(task.schedule, task.timezone, now)
    except InvalidFieldError:
        # A schedule that was valid when it was stored must not wedge the others.
        log.exception("dispatcher.poisoned_schedule", task_id=str(task.id))
        following = now + _POISON_PAUSE
    shown = task.last_execution
    if started:
        shown = last_execution(str(started["id"]), ExecutionStatus.PENDING)
    return {
        "id": task.id,
        "next_run_at": following,
        "skipped_ticks": task.skipped_ticks + (0 if started else 1),
        "last_execution": shown,
    }
