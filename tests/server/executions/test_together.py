"""Executions that begin and end at the same moment share transactions, and nothing else."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.support.world import SHOP, World
from torale.server.audit.chain_report import ChainReport
from torale.server.audit.text_verification import check_texts
from torale.server.evidence.base import Problem
from torale.server.executions import lifecycle
from torale.server.executions.checker import CheckResult
from torale.server.executions.lifecycle import ExecutionEnd, ExecutionStart
from torale.server.executions.models import Execution
from torale.server.executions.rules import Failure
from torale.server.executions.write_batcher import WriteBatcher

ALICE = [{"type": "email", "address": "alice@example.com"}]
FAILED = Failure("http_500", "The site answered 500.")


def page(number: int) -> str:
    return f"{SHOP}/{number}"


async def launch(world: World, count: int) -> tuple[list[dict[str, Any]], list[UUID]]:
    """Create tasks with a page each, every second one cheap, and start an execution of each."""
    tasks: list[dict[str, Any]] = []
    for number in range(count):
        price = 399 if number % 2 else 329
        world.web.pages[page(number)] = f"Lamp {number}\nPrice: {price}.00 USD"
        task = await world.create(sources=[page(number)], run_immediately=True, notifications=ALICE)
        tasks.append(task)
    jobs = [job for job in world.queue.waiting if job.kind == "execution"]
    return tasks, [UUID(job.argument) for job in jobs]


async def run_at_once(world: World, ids: list[UUID]) -> None:
    handler = world.queue.handlers["execution"]
    await asyncio.gather(*(handler(str(one)) for one in ids))


async def verdicts(world: World, ids: list[UUID]) -> list[tuple[str, bool | None, int]]:
    async with world.sessions() as session:
        rows = {one.id: one for one in await session.scalars(select(Execution))}
    return [(rows[one].status.value, rows[one].condition_met, rows[one].takeovers) for one in ids]


async def test_each_gets_its_own_verdict_and_is_told_once(world: World) -> None:
    tasks, ids = await launch(world, 7)
    assert (await world.alice.delete(f"/api/v1/tasks/{tasks[0]['id']}")).status_code == 204

    await run_at_once(world, ids)
    ended = await verdicts(world, ids)
    await world.queue.run_due()  # all of them once more, and the messages

    assert ended == [("failed", None, 0), *[("success", not n % 2, 0) for n in range(1, 7)]]
    assert await verdicts(world, ids) == ended
    for number, task in list(enumerate(tasks))[1:]:
        (execution,) = (await world.show(f"/tasks/{task['id']}/executions"))["executions"]
        path = f"/tasks/{task['id']}/executions/{execution['id']}/evidence"
        (document,) = (await world.show(path))["evidence"]
        assert document["uri"] == page(number)
        assert document["text"] == world.web.pages[page(number)]
        shown = await world.show(f"/tasks/{task['id']}")
        assert shown["last_execution"]["id"] == execution["id"]
        assert shown["state"] == ("active" if number % 2 else "completed")
    assert len(world.mails) == 3
    report = ChainReport()
    await check_texts(world.sessions, report, sqlite=world.settings.is_sqlite, task_id=None)
    assert (report.texts, report.faults) == (6, [])


async def test_equal_pages_and_failures_go_together(world: World) -> None:
    tasks, ids = await launch(world, 4)
    for number in range(3):
        world.web.pages[page(number)] = "The same on all\nPrice: 329.00 USD"
    world.web.pages.pop(page(3))
    world.web.problems.append(Problem(page(3), "http_500", "The site answered 500."))

    await run_at_once(world, ids)

    ended = await verdicts(world, ids)
    assert [one[0] for one in ended] == ["success"] * 3 + ["failed"]
    for task in tasks:
        assert (await world.show(f"/tasks/{task['id']}/executions"))["total"] == 1


async def test_a_bug_in_one_ends_none_of_the_others(world: World) -> None:
    _, ids = await launch(world, 4)
    now = world.clock()
    async with world.sessions.begin() as session:
        assert None not in await lifecycle.start_executions(
            session, [ExecutionStart(one, now) for one in ids]
        )
    batcher = WriteBatcher(world.sessions, lifecycle.finish_executions)
    results = [CheckResult((), None, FAILED) for _ in ids]
    results[2] = CheckResult(
        (), None, None
    )  # neither judgement nor failure: there is no such thing

    answers = await asyncio.gather(
        *(
            batcher.submit(ExecutionEnd(id_, result, "builtin", now))
            for id_, result in zip(ids, results, strict=True)
        ),
        return_exceptions=True,
    )

    assert [type(one) for one in answers] == [
        lifecycle.EndedExecution,
        lifecycle.EndedExecution,
        AssertionError,
        lifecycle.EndedExecution,
    ]
    statuses = [one[0] for one in await verdicts(world, ids)]
    assert statuses == ["failed", "failed", "running", "failed"]


@pytest.mark.parametrize("times", [1, 3])
async def test_a_kill_costs_each_that_was_running_one_takeover(world: World, times: int) -> None:
    _, ids = await launch(world, 3)
    for _ in range(times):  # the process dies after the start of all was written
        async with world.sessions.begin() as session:
            await lifecycle.start_executions(
                session, [ExecutionStart(one, world.clock()) for one in ids]
            )

    await run_at_once(world, ids)

    assert await verdicts(world, ids) == [("success", not n % 2, times) for n in range(3)]


async def test_one_that_runs_twice_ends_once_even_in_one_transaction(world: World) -> None:
    (task,), (execution_id,) = await launch(world, 1)
    now = world.clock()
    end = ExecutionEnd(execution_id, CheckResult((), None, FAILED), "builtin", now)
    async with world.sessions.begin() as session:
        await lifecycle.start_executions(session, [ExecutionStart(execution_id, now)])
    async with world.sessions.begin() as session:
        first, second = await lifecycle.finish_executions(session, [end, end])

    assert first is not None
    assert second is None
    assert (await world.show(f"/tasks/{task['id']}/executions"))["total"] == 1
