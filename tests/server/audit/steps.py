"""Steps of the audit's tests: executions of old, forgetting, altering, verifying."""

from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import (
    text,
)

from tests.support.world import World
from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.audit.chain_report import ChainReport
from torale.server.audit.retention import RetentionRound
from torale.server.audit.verification import verify
from torale.server.executions.models import Execution

DAY = timedelta(days=1)


async def forget(world: World, *, days: float = 0) -> int:
    """Let time pass and forget until nothing is left to forget."""
    now, gone = world.clock.advance(DAY * days), 0
    batches = RetentionRound(now=now, evidence_days=90, execution_days=400)
    while not batches.is_over:
        async with world.sessions.begin() as session:
            gone += await batches.delete_batch(session)
    return gone


async def pad(world: World, task_id: str, number: int) -> None:
    """Write newer executions that read nothing."""
    now = world.clock.advance(timedelta(seconds=1))
    rows = [
        Execution(
            id=uuid4(),
            task_id=UUID(task_id),
            job_id=f"pad-{uuid4()}",
            trigger=Trigger.SCHEDULE,
            status=ExecutionStatus.SUCCESS,
            grounding_sources=[],
            completed_at=now,
            created_at=now + timedelta(milliseconds=index),
        )
        for index in range(number)
    ]
    async with world.sessions.begin() as session:
        session.add_all(rows)


async def check(world: World, task_id: str | None = None) -> ChainReport:
    wanted = None if task_id is None else UUID(task_id)
    return await verify(world.sessions, now=world.clock(), evidence_days=90, task_id=wanted)


async def alter(world: World, statement: str, **values: object) -> None:
    """Do what somebody with the database in his hands would do."""
    async with world.sessions.begin() as session:
        changed = await session.execute(text(statement), values)
        assert changed.rowcount == 1  # type: ignore[attr-defined]


def key(world: World, id_: str) -> str:
    """Return an id as the database writes it."""
    return UUID(id_).hex if world.settings.is_sqlite else id_
