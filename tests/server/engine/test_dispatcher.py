"""Two dispatchers at once, on real databases: each tick is claimed once."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.support.fakes import FakeClock, FakeQueue
from torale.server.database import Sessions
from torale.server.executions.dispatching import dispatcher
from torale.server.executions.dispatching.dispatcher import Dispatcher
from torale.server.executions.dispatching.job_names import JobPlace
from torale.server.executions.models import Execution
from torale.server.tasks.models import Task
from torale.server.telemetry import Metrics

MINUTE = timedelta(minutes=1)


async def test_many_share_jobs_and_few_do_not(
    sessions: Sessions, clock: FakeClock, tasks: int
) -> None:
    queue = FakeQueue(clock)
    await Dispatcher(sessions, queue, clock, Metrics()).tick()

    sizes = [len(job.arguments) for job in queue.enqueued.values()]
    assert sum(sizes) == tasks
    assert max(sizes) == tasks // 20 == 2

    clock.advance(timedelta(seconds=1))
    async with sessions.begin() as session:
        await session.execute(update(Execution).values(status="success", completed_at=clock()))
        few = select(Task.id).limit(15)
        await session.execute(update(Task).values(next_run_at=clock() + 2 * MINUTE))
        await session.execute(update(Task).where(Task.id.in_(few)).values(next_run_at=clock()))
    queue.enqueued.clear()
    await Dispatcher(sessions, queue, clock, Metrics()).tick()

    assert [len(job.arguments) for job in queue.enqueued.values()] == [1] * 15


async def test_a_tick_that_comes_again_is_skipped_and_holds_up_no_other(
    sessions: Sessions, clock: FakeClock, tasks: int
) -> None:
    queue = FakeQueue(clock)
    dispatcher = Dispatcher(sessions, queue, clock, Metrics())
    async with sessions() as session:
        task_id, due_at = (await session.execute(select(Task.id, Task.next_run_at))).all()[0]
    assert await dispatcher.tick() == tasks
    async with sessions.begin() as session:
        await session.execute(update(Execution).values(status="success", completed_at=clock()))
        # As by a process whose clock is behind.
        again = update(Task).where(Task.id == task_id).values(next_run_at=due_at)
        await session.execute(again)
        other = update(Task).where(Task.id != task_id)
        await session.execute(other.values(next_run_at=clock.advance(timedelta(seconds=1))))

    assert await dispatcher.tick() == tasks - 1

    async with sessions() as session:
        task = await session.get_one(Task, task_id)
    assert task.skipped_ticks == 1
    assert task.next_run_at is not None
    assert task.next_run_at > clock()


async def test_concurrent_dispatchers_claim_each_tick_once(
    sessions: Sessions, clock: FakeClock, tasks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "BATCH", 10)
    queues = [FakeQueue(clock), FakeQueue(clock)]
    dispatchers = [Dispatcher(sessions, queue, clock, Metrics()) for queue in queues]

    monkeypatch.setattr(dispatcher, "_JOBS_AT_LEAST", 4)
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
    jobs = [job for queue in queues for job in queue.enqueued.values()]
    parts = Counter(argument for job in jobs for argument in job.arguments)
    assert parts == Counter(str(one.id) for one in rows), "each is part of one job"
    names = {argument: job.id for job in jobs for argument in job.arguments}
    assert all(names[str(one.id)] == JobPlace.parse(one.job_id).job for one in rows)
    (only,) = following
    assert only is not None
    assert only > clock()
    assert skipped == {0}
