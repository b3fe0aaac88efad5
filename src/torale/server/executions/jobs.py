"""Does executions, and keeps them going: the handler, the dispatcher, the sweeper."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.engine.base import JobQueue
from torale.server.engine.dbos_engine import Engine
from torale.server.executions import dispatch
from torale.server.executions.checker import Checker
from torale.server.executions.job_names import EXECUTION, JobPlace
from torale.server.executions.lifecycle import (
    EndedExecution,
    ExecutionEnd,
    ExecutionStart,
    TaskEvent,
    finish_executions,
    start_executions,
)
from torale.server.executions.models import IN_FLIGHT, Execution
from torale.server.executions.write_batcher import WriteBatcher
from torale.server.notifications.messages.content import MessageTask, event_data
from torale.server.notifications.outbox.deliveries import queue_deliveries
from torale.server.tasks.models import Task
from torale.server.telemetry import Metrics

log = structlog.get_logger()

DEAD_AFTER = timedelta(seconds=20)
LOST_AFTER = timedelta(minutes=2)
_SWEEP_LOCK = 7_204_119  # any numbers that are ours
RETENTION_LOCK = 7_204_120


class ExecutionJob:
    """The handler of `EXECUTION` jobs: check, write, notify. Harmless when called again."""

    def __init__(
        self,
        sessions: Sessions,
        queue: JobQueue,
        checker: Checker,
        clock: Clock,
        metrics: Metrics,
        public_url: str,
    ) -> None:
        self._queue = queue
        self._checker = checker
        self._clock = clock
        self._metrics = metrics
        self._public_url = public_url
        self._starts = WriteBatcher(sessions, start_executions)
        self._ends = WriteBatcher(sessions, self._finish)

    async def run(self, execution_id: UUID) -> None:
        """Run an execution."""
        started = self._clock()
        request = await self._starts.submit(ExecutionStart(execution_id, started))
        if request is None:
            return
        with structlog.contextvars.bound_contextvars(execution_id=str(execution_id)):
            result = await self._checker.check(request, now=started)
            now = self._clock()
            end = ExecutionEnd(execution_id, result, self._checker.judge_name, now)
            ended = await self._ends.submit(end)
            if ended is not None:
                self._measure(ended, started, now)

    async def aclose(self) -> None:
        """Let what is being written end. What waits is taken up by whoever starts next."""
        await self._starts.aclose()
        await self._ends.aclose()

    async def _finish(
        self, session: AsyncSession, ends: Sequence[ExecutionEnd]
    ) -> list[EndedExecution | None]:
        finished = await finish_executions(session, ends)
        for end, ended in zip(ends, finished, strict=True):
            if ended is not None and ended.event is not None:
                await self._notify(session, ended, ended.event, end.now)
        return finished

    async def _notify(
        self, session: AsyncSession, ended: EndedExecution, event: TaskEvent, now: datetime
    ) -> None:
        task = await session.get_one(Task, ended.task_id)
        about = MessageTask(task.id, task.name, f"{self._public_url}/tasks/{task.id}")
        await queue_deliveries(
            session,
            self._queue,
            task=task,
            execution_id=ended.execution_id,
            event=event.type,
            data=event_data(about, event.content),
            now=now,
        )

    def _measure(self, ended: EndedExecution, started: datetime, now: datetime) -> None:
        self._metrics.executions.labels(ended.outcome).inc()
        self._metrics.execution_seconds.observe((now - started).total_seconds())
        if ended.due_at is not None:
            lag = (started - ended.due_at).total_seconds()
            self._metrics.start_lag_seconds.observe(max(lag, 0.0))
        log.info("execution.ended", outcome=ended.outcome, task_id=str(ended.task_id))


class Dispatcher:
    """Looks every second for what is due."""

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
                batch = await dispatch.dispatch(session, self._queue, now=now)
            started += batch.started
            if batch.skipped:
                self._metrics.skipped_ticks.inc(batch.skipped)
                log.info("dispatcher.skipped", ticks=batch.skipped)
            self.last_tick = now
            self._metrics.dispatcher_timestamp.set(now.timestamp())
            if batch.started + batch.skipped < dispatch.BATCH:
                return started


class Sweeper:
    """Frees what dead processes held, and finds executions that no job stands behind."""

    def __init__(self, sessions: Sessions, engine: Engine, clock: Clock, metrics: Metrics) -> None:
        self._sessions = sessions
        self._engine = engine
        self._clock = clock
        self._metrics = metrics

    async def sweep(self) -> int:
        """Sweep once, unless another process is at it; answers how many jobs were freed."""
        now = self._clock()
        async with self._sessions.begin() as session:
            if not await try_lock(session, _SWEEP_LOCK):
                return 0
            freed = await self._engine.take_over(dead_since=now - DEAD_AFTER)
            freed += await self._revive(session, now)
        if freed:
            self._metrics.takeovers.inc(freed)
            log.warning("sweeper.freed", jobs=freed)
        return freed

    async def _revive(self, session: AsyncSession, now: datetime) -> int:
        """Enqueue executions again whose job ended without ending them: a bug, or lost records."""
        waiting = (await session.execute(unended(now))).all()
        if not waiting:
            return 0
        jobs = {id_: JobPlace.parse(job_id).job for id_, job_id in waiting}
        left = await self._engine.unfinished(set(jobs.values()))
        lost = [id_ for id_, job in jobs.items() if job not in left]
        for id_ in lost:
            again = f"again-{id_}-{int(now.timestamp())}"
            await session.execute(update(Execution).where(Execution.id == id_).values(job_id=again))
            await self._engine.enqueue(session, again, EXECUTION, id_)
        return len(lost)


def unended(now: datetime) -> Select[UUID, str]:
    """Select what has been in flight for so long that its job may be lost, and its job's name."""
    # Apart: SQLite would rather go through all that are older, and they are nearly all.
    in_flight = select(Execution.id).where(IN_FLIGHT).correlate(None)
    old = Execution.created_at < now - LOST_AFTER
    return select(Execution.id, Execution.job_id).where(Execution.id.in_(in_flight), old).limit(500)


async def try_lock(session: AsyncSession, number: int) -> bool:
    """Take a lock that ends with the transaction; False when another process holds it."""
    if session.get_bind().dialect.name == "sqlite":
        return True  # one process
    got = await session.scalar(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": number})
    return bool(got)
