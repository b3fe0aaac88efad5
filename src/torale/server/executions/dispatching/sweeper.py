"""Sweeper: jobs of dead processes are freed, and executions without a job get one again."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.engine.dbos_engine import Engine
from torale.server.engine.process_locks import SWEEP_LOCK, try_lock
from torale.server.executions.dispatching.job_names import EXECUTION, JobPlace
from torale.server.executions.models import IN_FLIGHT, Execution
from torale.server.telemetry import Metrics

log = structlog.get_logger()

DEAD_AFTER = timedelta(seconds=20)
LOST_AFTER = timedelta(minutes=2)


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
            if not await try_lock(session, SWEEP_LOCK):
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
