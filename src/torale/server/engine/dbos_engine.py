"""Engine of durable jobs on DBOS Transact. Only this file knows it.

A job is one workflow without steps: its handler reads from our own rows what is still to do, so
that a job whose process died is simply called again. DBOS adds what we must not write ourselves:
a queue that is filled inside our transactions, a durable record of what runs where, delays.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import Engine as SyncEngine
from sqlalchemy import create_engine, delete, event, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from torale.server.clock import Clock
from torale.server.database import BUSY_TIMEOUT_MILLISECONDS, Sessions, sync_url
from torale.server.engine.base import Argument, JobHandler, JobInfo, JobKind
from torale.server.engine.models import Process
from torale.server.settings.base import Settings

log = structlog.get_logger()

# A fixed version: with DBOS's default, a hash of the code, a deploy would strand queued jobs.
VERSION = "torale-1"
WORKFLOW = "torale.job"
POLL = timedelta(seconds=1)
# Jobs are claimed this much ahead of the slots, so that a poll never leaves slots empty. Not
# more: what one process has claimed no other one does, and many jobs have several parts.
CLAIM_AHEAD = 5
DRAIN = timedelta(seconds=6)
RETRY_DATABASE = timedelta(seconds=2)
_UNFINISHED = ["ENQUEUED", "PENDING", "DELAYED"]


def _prepare_sqlite(connection: Any, _: object) -> None:
    # What DBOS sets on engines that it makes itself, and our own durability settings.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _open(settings: Settings) -> SyncEngine:
    url = sync_url(settings)
    if not settings.is_sqlite:
        return create_engine(url, pool_size=5, max_overflow=15, pool_pre_ping=True)
    engine = create_engine(url, pool_size=5, max_overflow=15)
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def is_database_lost(error: BaseException) -> bool:
    """Tell whether a job failed because the database is away, so that it must be called again."""
    if isinstance(error, OperationalError | InterfaceError | ConnectionError):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


class Engine:
    """The `JobQueue` of a real server, and the runner of its jobs when it executes any."""

    def __init__(self, settings: Settings, sessions: Sessions, clock: Clock, *, kind: str) -> None:
        self._settings = settings
        self._sessions = sessions
        self._clock = clock
        self._kind = kind
        # On SQLite there is one process, under one name: DBOS itself takes up what it left behind.
        self.executor_id = "local" if settings.is_sqlite else f"{kind}-{uuid4()}"
        self._handlers: dict[str, JobHandler[str]] = {}
        self._at_once: dict[str, int] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._engine = _open(settings)
        self._client: DBOSClient | None = None

    def handle(
        self, kind: JobKind[Argument], handler: JobHandler[Argument], *, at_once: int
    ) -> None:
        """Name the handler of a kind of job and how many of them may run at once here."""
        self._handlers[kind.name] = kind.reading(handler)
        self._at_once[kind.name] = at_once
        self._slots[kind.name] = asyncio.Semaphore(at_once)

    async def start(self) -> None:
        """Launch on the running loop. Without handlers, jobs can be enqueued but none is run."""
        config: DBOSConfig = {
            "name": "torale",
            "system_database_url": sync_url(self._settings),
            "system_database_engine": self._engine,
            "application_version": VERSION,
            "executor_id": self.executor_id,
            "log_level": "ERROR",
            "enable_otlp": False,
            "use_listen_notify": False,
            "max_executor_threads": 16,
            "scheduler_polling_interval_sec": 3600.0,
            # Nobody waits for notifications of DBOS; its thread sleeps this long before it stops.
            "notification_listener_polling_interval_sec": 0.1,
        }
        DBOS(config=config)

        async def job(kind: str, *arguments: str) -> None:  # DBOS takes functions, not methods
            await self._job(kind, arguments)

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)(job)
        DBOS.listen_queues(list(self._handlers))
        DBOS.launch()
        await self._register_queues()
        self._client = DBOSClient(system_database_engine=self._engine, lazy=True)
        await self.beat(self._clock())

    async def _register_queues(self) -> None:
        for kind, at_once in self._at_once.items():
            await DBOS.register_queue_async(
                kind,
                worker_concurrency=at_once * CLAIM_AHEAD,
                polling_interval_sec=POLL.total_seconds(),
                on_conflict="always_update",
            )

    async def stop(self) -> None:
        """Let running jobs end for a few seconds, leave the rest to whoever starts next."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=DRAIN.total_seconds())
        for task in tuple(self._running):
            task.cancel()
        await self._deregister()
        await asyncio.to_thread(DBOS.destroy, destroy_registry=True)
        if self._client is not None:
            self._client.destroy()
        self._engine.dispose()

    async def _deregister(self) -> None:
        try:
            async with self._sessions.begin() as session:
                await session.execute(
                    delete(Process).where(Process.executor_id == self.executor_id)
                )
        except (DBAPIError, OSError):
            log.warning("engine.goodbye_failed")  # the heartbeat runs out by itself

    async def _job(self, kind: str, arguments: Sequence[str]) -> None:
        parts = [self._part(kind, argument) for argument in arguments]
        ends = await asyncio.gather(*parts, return_exceptions=True)
        errors = [error for error in ends if error is not None]
        # What was cut off is to be taken up again, whatever became of the others.
        if errors:
            raise min(errors, key=lambda error: isinstance(error, Exception))

    async def _part(self, kind: str, argument: str) -> None:
        async with self._slots[kind]:
            if self._stopping:  # it may have waited for a slot until now
                raise asyncio.CancelledError  # the record stays as it is, to be taken up again
            task = asyncio.ensure_future(self._until_done(kind, argument))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await task

    async def _until_done(self, kind: str, argument: str) -> None:
        while True:
            try:
                return await self._handlers[kind](argument)
            except Exception as error:
                if not is_database_lost(error):
                    log.exception("engine.job_failed", kind=kind, argument=argument)
                    raise
                log.warning("engine.database_lost", kind=kind, argument=argument)
            await asyncio.sleep(RETRY_DATABASE.total_seconds())

    async def enqueue(
        self,
        session: AsyncSession,
        job_id: str,
        kind: JobKind[Argument],
        *arguments: Argument,
        delay: timedelta = timedelta(0),
    ) -> None:
        """See `JobQueue.enqueue`."""
        client = self._client
        assert client is not None, "the engine was not started"
        options: Any = {
            "workflow_name": WORKFLOW,
            "queue_name": kind.name,
            "workflow_id": job_id,
            "app_version": VERSION,
            "application_name": "torale",
        }
        if delay > timedelta(0):
            options["delay_seconds"] = delay.total_seconds()

        stored = [kind.encode(argument) for argument in arguments]

        def write(transaction: Session) -> None:
            client.enqueue_in_transaction(transaction, options, kind.name, *stored)

        await session.run_sync(write)

    async def beat(self, now: datetime) -> None:
        """Say that this process is alive."""
        async with self._sessions.begin() as session:
            row = await session.get(Process, self.executor_id)
            if row is None:
                row = Process(executor_id=self.executor_id, kind=self._kind, started_at=now)
                session.add(row)
            row.executes = bool(self._handlers)
            row.heartbeat_at = now

    async def is_executing(self, *, since: datetime) -> bool:
        """Tell whether a process that executes jobs has shown itself since a time."""
        query = select(Process.executor_id).where(
            Process.heartbeat_at > since, Process.executes.is_(True)
        )
        async with self._sessions() as session:
            return await session.scalar(query.limit(1)) is not None

    async def take_over(self, *, dead_since: datetime) -> int:
        """Free the jobs of processes that are gone; answers how many.

        Args:
            dead_since: A process without a heartbeat after this time is dead.
        """
        if self._settings.is_sqlite:
            return 0
        async with self._sessions.begin() as session:
            alive = set(
                await session.scalars(
                    select(Process.executor_id).where(Process.heartbeat_at > dead_since)
                )
            )
            await session.execute(delete(Process).where(Process.heartbeat_at <= dead_since))
        orphans: dict[str, list[str]] = {}
        for job in await self._list(status="PENDING", load_input=False):
            if job.executor_id not in alive and job.queue_name is not None:
                orphans.setdefault(job.queue_name, []).append(job.workflow_id)
        for queue, ids in orphans.items():
            await DBOS.resume_workflows_async(ids, queue_name=queue)
        return sum(map(len, orphans.values()))

    async def unfinished(self, job_ids: Collection[str]) -> set[str]:
        """Return those of `job_ids` that are still to be done."""
        jobs = await self._list(
            workflow_ids=list(job_ids), status=_UNFINISHED, load_input=False, load_output=False
        )
        return {job.workflow_id for job in jobs}

    async def jobs(self, *, limit: int = 100) -> list[JobInfo]:
        """List unfinished jobs, oldest first."""
        found = await self._list(
            status=_UNFINISHED, limit=limit, load_input=False, load_output=False
        )
        return [JobInfo(job.workflow_id, job.status, job.executor_id) for job in found]

    async def forget(self, *, before: datetime, limit: int = 1000) -> int:
        """Delete the records of jobs that ended before a time; answers how many."""
        ended = await self._list(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before.isoformat(),
            limit=limit,
            load_input=False,
            load_output=False,
        )
        if ended:
            await DBOS.delete_workflows_async([job.workflow_id for job in ended])
        return len(ended)

    async def _list(self, **filters: Any) -> list[Any]:
        return list(await DBOS.list_workflows_async(**filters))
