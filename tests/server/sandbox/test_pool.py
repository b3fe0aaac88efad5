"""A sandbox ends what takes too much, and nothing else."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from tests.server.sandbox import calls
from torale.server.sandbox import Sandbox, SandboxLimits, TooExpensiveError

MEGABYTE = 1024 * 1024
LIMITS = SandboxLimits(
    cpu=timedelta(seconds=1), wall=timedelta(seconds=1.5), memory_bytes=64 * MEGABYTE
)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(LIMITS)
    yield sandbox
    await sandbox.aclose()


def is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


async def until_dead(process_id: int) -> None:
    async with asyncio.timeout(20):
        while is_alive(process_id):
            await asyncio.sleep(0.05)


async def test_answers_come_from_another_process(sandbox: Sandbox) -> None:
    assert await sandbox.run(calls.echo, {"page": b"\0" * 300_000}) == {"page": b"\0" * 300_000}
    assert await sandbox.run(calls.process_id) != os.getpid()


async def test_errors_are_handed_on(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="no page"):
        await sandbox.run(calls.fail, "no page")


@pytest.mark.parametrize(
    "call",
    [calls.compute_for_ever, calls.sleep_for_ever, calls.sleep_in_c_for_ever, calls.die],
    ids=lambda call: call.__name__,
)
async def test_what_never_ends_well_is_ended_and_harms_no_other(
    sandbox: Sandbox, call: Callable[[], None]
) -> None:
    with pytest.raises(TooExpensiveError):
        await sandbox.run(call)

    answers = await asyncio.gather(*(sandbox.run(calls.echo, number) for number in range(20)))
    assert answers == list(range(20))


async def test_memory_is_bounded_and_given_back(sandbox: Sandbox) -> None:
    with pytest.raises(TooExpensiveError, match="memory"):
        await sandbox.run(calls.take_memory, 200 * MEGABYTE)

    assert await sandbox.run(calls.take_memory, 8 * MEGABYTE) == 8 * MEGABYTE


async def test_others_go_on_beside_what_never_ends(sandbox: Sandbox) -> None:
    endless = asyncio.create_task(sandbox.run(calls.sleep_for_ever))

    assert await sandbox.run(calls.echo, 1) == 1
    assert not endless.done()
    with pytest.raises(TooExpensiveError):
        await endless


async def test_who_gives_up_leaves_nothing_running(sandbox: Sandbox) -> None:
    limits = SandboxLimits(wall=timedelta(hours=1), memory_bytes=64 * MEGABYTE)
    alone = Sandbox(limits, workers=1)
    process_id = await alone.run(calls.process_id)
    endless = asyncio.create_task(alone.run(calls.sleep_for_ever))
    await asyncio.sleep(0.2)

    endless.cancel()

    await until_dead(process_id)
    assert await alone.run(calls.echo, "next") == "next"
    await alone.aclose()


async def test_an_idle_process_that_is_killed_is_replaced(sandbox: Sandbox) -> None:
    alone = Sandbox(LIMITS, workers=1)
    process_id = await alone.run(calls.process_id)
    os.kill(process_id, signal.SIGKILL)
    await until_dead(process_id)

    async with asyncio.timeout(20):
        assert await alone.run(calls.echo, "next") == "next"
    await alone.aclose()


async def test_processes_end_when_nothing_is_called() -> None:
    sandbox = Sandbox(LIMITS, idle_ends=timedelta(milliseconds=50))
    process_id = await sandbox.run(calls.process_id)

    await until_dead(process_id)

    assert await sandbox.run(calls.echo, "again") == "again"
    await sandbox.aclose()


def test_nothing_outlives_the_server() -> None:
    code = """
import asyncio, os, signal
from tests.server.sandbox import calls
from torale.server.sandbox import Sandbox

async def main():
    sandbox = Sandbox(workers=1)
    print(await sandbox.run(calls.process_id), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert ran.returncode == -signal.SIGKILL
    asyncio.run(until_dead(int(ran.stdout)))
