"""Many in one transaction, and nobody harmed by another."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.fakes import FakeClock
from torale.server.database import Sessions
from torale.server.engine.models import Process
from torale.server.executions.write_batcher import MAX_BATCH, WriteBatcher


@dataclass
class Register:
    """Writes down names, of which the database takes each once."""

    clock: FakeClock
    rounds: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, session: AsyncSession, names: Sequence[str]) -> list[str]:
        self.rounds.append(names)
        await self.go.wait()
        now = self.clock()
        for name in names:
            if name == "bad":
                raise ValueError(name)
            row = {"executor_id": name, "kind": "test", "executes": False}
            session.add(Process(**row, started_at=now, heartbeat_at=now))
        await session.flush()
        return [name.upper() for name in names]


@pytest.fixture
def register(clock: FakeClock) -> Register:
    return Register(clock)


async def written(sessions: Sessions) -> set[str]:
    async with sessions() as session:
        return set(await session.scalars(select(Process.executor_id)))


async def test_who_comes_meanwhile_goes_together(sessions: Sessions, register: Register) -> None:
    batcher = WriteBatcher(sessions, register.write)
    names = [f"name-{number}" for number in range(MAX_BATCH + 3)]
    asking = [asyncio.create_task(batcher.submit(name)) for name in ("first", *names)]
    await asyncio.sleep(0)  # all have asked; the first transaction takes as many as it may
    register.go.set()

    answers = await asyncio.gather(*asking)

    assert answers == [name.upper() for name in ("first", *names)]
    assert [len(one) for one in register.rounds] == [MAX_BATCH, 4]
    assert await written(sessions) == {"first", *names}


async def test_one_alone_waits_for_nobody(sessions: Sessions, register: Register) -> None:
    register.go.set()
    batcher = WriteBatcher(sessions, register.write)

    assert await batcher.submit("one") == "ONE"
    assert await batcher.submit("two") == "TWO"

    assert register.rounds == [["one"], ["two"]]


async def test_the_harm_that_one_does_is_its_own(sessions: Sessions, register: Register) -> None:
    register.go.set()
    batcher = WriteBatcher(sessions, register.write)

    answers = await asyncio.gather(
        *map(batcher.submit, ("one", "bad", "two", "two", "three")), return_exceptions=True
    )

    assert [type(one) for one in answers] == [str, ValueError, str, IntegrityError, str]
    assert await written(sessions) == {"one", "two", "three"}


async def test_who_gives_up_is_left_out(sessions: Sessions, register: Register) -> None:
    batcher = WriteBatcher(sessions, register.write)
    first = asyncio.create_task(batcher.submit("first"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # its transaction is under way
    gone, kept = (asyncio.create_task(batcher.submit(name)) for name in ("gone", "kept"))
    await asyncio.sleep(0)
    gone.cancel()
    register.go.set()

    assert list(await asyncio.gather(first, kept)) == ["FIRST", "KEPT"]
    assert await written(sessions) == {"first", "kept"}


async def test_closing_ends_what_is_written_and_begins_nothing(
    sessions: Sessions, register: Register
) -> None:
    batcher = WriteBatcher(sessions, register.write)
    first = asyncio.create_task(batcher.submit("first"))
    while not register.rounds:
        await asyncio.sleep(0)
    later = asyncio.create_task(batcher.submit(f"later-{uuid4()}"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(batcher.aclose())
    await asyncio.sleep(0)
    register.go.set()
    await closing

    assert await first == "FIRST"
    assert await written(sessions) == {"first"}
    later.cancel()
