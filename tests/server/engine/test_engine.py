"""What the rest of Torale relies on from durable jobs, on the real engine."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from tests.server.engine.conftest import PATIENCE, WORK, Power, Work, until
from torale.server.engine.dbos_engine import Engine
from torale.server.engine.models import Process

SECOND = timedelta(seconds=1)
DEAD_AFTER = timedelta(seconds=20)


async def until_done(engine: Engine, *names: str) -> None:
    """Wait for the records of jobs: they are written shortly after the handler returned."""
    deadline = time.monotonic() + PATIENCE
    while left := await engine.unfinished(names):
        assert time.monotonic() < deadline, f"not done in time: {left}"
        await asyncio.sleep(0.02)


class UndoneError(Exception):
    """Rolls a transaction back."""


async def roll_back(power: Power, name: str) -> None:
    assert power.running is not None
    async with power.sessions.begin() as session:
        await power.running.enqueue(session, name, WORK, name)
        raise UndoneError


async def test_a_job_exists_exactly_when_its_transaction_commits(power: Power, work: Work) -> None:
    work.open.set()
    engine = await power.on(work)

    with pytest.raises(UndoneError):
        await roll_back(power, "undone")
    await power.enqueue("kept")

    await until(lambda: work.ended, "the job runs")
    await until_done(engine, "undone", "kept")
    assert work.ended == ["kept"]


async def test_a_second_job_under_the_same_id_is_the_same_job(power: Power, work: Work) -> None:
    engine = await power.on(work)
    await power.enqueue("twin")
    await until(lambda: work.started, "the job starts")
    await power.enqueue("twin")
    work.open.set()
    await until(lambda: work.ended, "the job ends")
    await power.enqueue("twin")  # nor when it is done already
    await power.enqueue("last")
    await until(lambda: "last" in work.ended, "the last job ends")

    assert work.times == {"twin": 1, "last": 1}
    await until_done(engine, "twin", "last")


async def test_a_delayed_job_waits(power: Power, work: Work) -> None:
    work.open.set()
    engine = await power.on(work)
    enqueued = time.monotonic()
    await power.enqueue("later", delay=SECOND)
    await power.enqueue("now")

    assert await engine.unfinished(["later"]) == {"later"}
    await until(lambda: "later" in work.ended, "the delayed job runs")

    assert time.monotonic() - enqueued > 0.9
    assert work.ended == ["now", "later"]


async def test_a_job_that_lost_the_database_is_called_again(power: Power, work: Work) -> None:
    work.open.set()
    work.raises = [OperationalError("SELECT 1", {}, Exception("gone")), ConnectionResetError()]
    await power.on(work)

    await power.enqueue("stubborn")

    await until(lambda: work.ended, "the job ends")
    assert work.started == ["stubborn"] * 3
    assert work.times == {"stubborn": 1}


async def test_a_job_that_fails_otherwise_ends_and_harms_no_other(power: Power, work: Work) -> None:
    work.open.set()
    work.raises = [ValueError("a bug")]
    engine = await power.on(work)

    await power.enqueue("broken")
    await until(lambda: work.started, "the job starts")
    await power.enqueue("sound")
    await until(lambda: work.ended, "the other job ends")

    assert work.started == ["broken", "sound"]
    await until_done(engine, "broken")


async def enqueue_parts(power: Power, name: str, *parts: str) -> None:
    assert power.running is not None
    async with power.sessions.begin() as session:
        await power.running.enqueue(session, name, WORK, *parts)


async def test_the_parts_of_a_job_are_handled_each_by_itself(power: Power, work: Work) -> None:
    work.raises = [ValueError("a bug"), OperationalError("SELECT 1", {}, Exception("gone"))]
    engine = await power.on(work, at_once=2)

    await enqueue_parts(power, "many", "a", "b", "c", "d", "e")
    await until(lambda: work.started.count("b") == 2 and work.now == 2, "both slots are taken")
    work.open.set()
    await until(lambda: len(work.ended) == 4, "all but the broken one end")
    await until_done(engine, "many")

    assert sorted(work.started) == ["a", "b", "b", "c", "d", "e"]
    assert work.times == dict.fromkeys("bcde", 1)
    assert work.most == 2, "parts take slots like jobs"


async def test_a_job_of_which_a_part_was_cut_off_is_taken_up_again(
    power: Power, work: Work
) -> None:
    await power.on(work, at_once=2)
    work.raises = [ValueError("a bug")]
    await enqueue_parts(power, "many", "broken", "held", "waiting")
    await until(lambda: "waiting" in work.started, "the slot of the broken part is free again")
    await power.off()
    assert work.ended == []

    work.open.set()
    second = await power.on(work)
    assert await second.unfinished(["many"]) == {"many"}
    await second.take_over(dead_since=power.clock() - DEAD_AFTER)
    await until(lambda: len(work.ended) == 3, "all parts end")

    assert work.times == {"broken": 1, "held": 1, "waiting": 1}
    await until_done(second, "many")


async def test_never_more_at_once_than_allowed(power: Power, work: Work) -> None:
    engine = await power.on(work, at_once=3)
    names = [f"job-{number}" for number in range(12)]

    await power.enqueue(*names)
    await until(lambda: len(work.started) == 3, "as many as allowed start")
    await asyncio.sleep(0.3)  # time in which a fourth could start
    assert len(work.started) == 3
    assert {one.id for one in await engine.jobs()} == set(names)
    work.open.set()
    await until(lambda: len(work.ended) == 12, "all end")

    assert work.most == 3
    assert set(work.times.values()) == {1}


async def test_jobs_outlive_the_process(power: Power, work: Work) -> None:
    first = await power.on(work, at_once=1)
    await power.enqueue("held", "waiting")
    await until(lambda: work.started, "a job is in flight")
    await power.off()
    assert work.ended == []

    work.open.set()
    second = await power.on(work)
    assert await second.unfinished(["held", "waiting"]) == {"held", "waiting"}
    await second.take_over(dead_since=power.clock() - DEAD_AFTER)
    await until(lambda: len(work.ended) == 2, "both jobs end")

    assert work.times == {"held": 1, "waiting": 1}
    assert (first.executor_id == second.executor_id) == power.settings.is_sqlite


async def test_only_the_jobs_of_the_dead_are_taken_over(power: Power, work: Work) -> None:
    first = await power.on(work)
    if power.settings.is_sqlite:  # there is one process, so nobody else can hold a job
        assert await first.take_over(dead_since=power.clock()) == 0
        return
    await power.enqueue("held")
    await until(lambda: work.started, "the job is in flight")
    await power.off()
    async with power.sessions.begin() as session:  # as if it had not said goodbye
        row = {"executor_id": first.executor_id, "kind": "worker", "executes": True}
        session.add(Process(**row, started_at=power.clock(), heartbeat_at=power.clock()))
    work.open.set()
    second = await power.on(work)

    power.clock.advance(10 * SECOND)
    await second.beat(power.clock())
    assert await second.take_over(dead_since=power.clock() - DEAD_AFTER) == 0, "not dead yet"
    power.clock.advance(11 * SECOND)
    await second.beat(power.clock())
    assert await second.take_over(dead_since=power.clock() - DEAD_AFTER) == 1

    await until(lambda: work.ended, "the job ends")
    assert work.times == {"held": 1}
    assert await second.take_over(dead_since=power.clock() - DEAD_AFTER) == 0, "nothing is left"


async def test_who_executes_shows_itself(power: Power, work: Work) -> None:
    front = await power.on()
    fresh = power.clock() - DEAD_AFTER
    assert not await front.is_executing(since=fresh), "a front end alone executes nothing"
    await power.off()

    worker = await power.on(work)
    assert await worker.is_executing(since=fresh)
    await power.off()
    assert not await worker.is_executing(since=fresh), "it said goodbye"


async def test_old_records_are_forgotten(power: Power, work: Work) -> None:
    work.open.set()
    engine = await power.on(work)
    await power.enqueue("old")
    await power.enqueue("future", delay=timedelta(hours=1))
    await until(lambda: work.ended, "the job ends")
    soon = datetime.now(UTC) + timedelta(minutes=5)

    assert await engine.forget(before=datetime.now(UTC) - timedelta(minutes=5)) == 0
    await until_done(engine, "old")

    assert await engine.forget(before=soon) == 1
    assert await engine.forget(before=soon) == 0
    assert await engine.unfinished(["future"]) == {"future"}, "what is to be done stays"
