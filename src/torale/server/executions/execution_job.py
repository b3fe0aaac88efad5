"""Execution job: starts an execution, checks, writes what was found, notifies."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.engine.base import JobQueue
from torale.server.executions.checker import Checker
from torale.server.executions.lifecycle import (
    EndedExecution,
    ExecutionEnd,
    ExecutionStart,
    TaskEvent,
    finish_executions,
    start_executions,
)
from torale.server.executions.write_batcher import WriteBatcher
from torale.server.notifications.messages.content import MessageTask, event_data
from torale.server.notifications.outbox.deliveries import queue_deliveries
from torale.server.tasks.models import Task
from torale.server.telemetry import Metrics

log = structlog.get_logger()


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
        self._metrics.executions.labels(ended.verdict).inc()
        self._metrics.execution_seconds.observe((now - started).total_seconds())
        if ended.due_at is not None:
            lag = (started - ended.due_at).total_seconds()
            self._metrics.start_lag_seconds.observe(max(lag, 0.0))
        log.info("execution.ended", outcome=ended.verdict, task_id=str(ended.task_id))
