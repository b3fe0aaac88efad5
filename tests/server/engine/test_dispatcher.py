"""Two dispatchers at once, on real databases: each tick is claimed once."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tests.fakes import FakeClock, FakeQueue
from tests.people import make_person
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.database import Sessions
from torale.server.monitoring import dispatch
from torale.server.monitoring.jobs import Dispatcher
from torale.server.monitoring.models import Execution
from torale.server.tasks.models import Task
from torale.server.telemetry import Metrics

DUE = 45
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def tasks(sessions: Sessions, clock: FakeClock) -> int:
    """Tasks that are due every minute, the first time now."""
    person = await make_person(sessions, "alice@example.com", clock)
    now = clock()
    rows = [
        Task(
            id=uuid4(),
            user_id=person.user_id,
            name=f"Lamp {number}",
            search_query="Price of the Aurora lamp",
            condition_description="The price is below 350 USD",
            schedule="* * * * *",
            timezone="UTC",
            notify_behavior=NotifyBehavior.ALWAYS,
            state=TaskState.ACTIVE,
            sources=[],
            next_run_at=now - timedelta(seconds=number),
            state_changed_at=now,
            created_at=now,
            updated_at=now,
        )
        for number in range(DUE)
    ]
    async with sessions.begin() as session:
        session.add_all(rows)
    return DUE


async def test_concurrent_dispatchers_claim_each_tick_once(
    sessions: Sessions, clock: FakeClock, tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BATCH", 10)
    queues = [FakeQueue(clock), FakeQueue(clock)]
    dispatchers = [Dispatcher(sessions, queue, clock, Metrics()) for queue in queues]

    started = [0, 0]
    for _ in range(3):
        clock.advance(MINUTE)
        for index, count in enumerate(await asyncio.gather(*(one.tick() for one in dispatchers))):
            started[index] += count
        async with sessions.begin() as session:  # as if all had been executed
            ended = {"status": "success", "completed_at": clock()}
            await session.execute(update(Execution).values(ended))

    async with sessions() as session:
        rows = (await session.scalars(select(Execution))).all()
        following = set(await session.scalars(select(Task.next_run_at)))
        skipped = set(await session.scalars(select(Task.skipped_ticks)))
    ticks = Counter((one.task_id, one.due_at) for one in rows)
    per_task = Counter(one.task_id for one in rows)
    assert sum(started) == len(rows) == 3 * tasks
    assert set(ticks.values()) == {1}
    assert set(per_task.values()) == {3}
    jobs = [job_id for queue in queues for job_id in queue.enqueued]
    assert Counter(jobs) == Counter(one.job_id for one in rows), "one job for each execution"
    (only,) = following
    assert only is not None
    assert only > clock()
    assert skipped == {0}
