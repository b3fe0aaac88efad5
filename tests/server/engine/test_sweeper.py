"""Executions that no job stands behind any more are enqueued again, and no others."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.server.engine.conftest import Power, Work, until
from tests.support.fakes import FakeQueue
from torale.server.executions.dispatching import dispatcher
from torale.server.executions.dispatching.dispatcher import Dispatcher
from torale.server.executions.dispatching.sweeper import LOST_AFTER, Sweeper
from torale.server.executions.models import Execution
from torale.server.telemetry import Metrics

LATER = LOST_AFTER + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def shared_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "_JOBS_AT_LEAST", 10)


async def ids(power: Power) -> Counter[str]:
    async with power.sessions() as session:
        return Counter(map(str, await session.scalars(select(Execution.id))))


async def test_jobs_whose_records_are_lost_are_done_all_the_same(
    power: Power, work: Work, tasks: int
) -> None:
    work.open.set()
    engine = await power.on(work)
    queue = FakeQueue(power.clock)  # the engine never hears of these jobs
    await Dispatcher(power.sessions, queue, power.clock, Metrics()).tick()
    assert max(len(job.arguments) for job in queue.enqueued.values()) > 1
    sweeper = Sweeper(power.sessions, engine, power.clock, Metrics())
    assert await sweeper.sweep() == 0, "they may only be slow"

    power.clock.advance(LATER)
    assert await sweeper.sweep() == tasks

    await until(lambda: len(work.ended) == tasks, "each is done")
    assert work.times == await ids(power)


async def test_what_waits_its_turn_is_not_enqueued_again(
    power: Power, work: Work, tasks: int
) -> None:
    engine = await power.on(work, at_once=2)
    await Dispatcher(power.sessions, engine, power.clock, Metrics()).tick()
    await until(lambda: len(work.started) == 2, "two are under way")
    sweeper = Sweeper(power.sessions, engine, power.clock, Metrics())

    power.clock.advance(LATER)
    await engine.beat(power.clock())
    assert await sweeper.sweep() == 0, "every one is part of a job that is still to be done"

    work.open.set()
    await until(lambda: len(work.ended) == tasks, "each is done")
    assert work.times == await ids(power)
