"""What is asked every second, or every few, reads those in flight and not whole histories.

On SQLite alone, whose planner knows no numbers of rows: what it chooses here it always chooses.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.databases import Templates
from tests.support.fakes import FakeClock, FakeQueue
from torale.server.admin import service as admin
from torale.server.executions.dispatching.dispatcher import dispatch_due
from torale.server.executions.dispatching.sweeper import unended
from torale.server.executions.history.live_changes import take_snapshot
from torale.server.notifications.outbox.lost_jobs import revive
from torale.server.settings.base import Settings


@pytest.fixture
def settings(database_templates: Templates, tmp_path: Path) -> Iterator[Settings]:
    with database_templates.copy("sqlite", tmp_path) as made:
        yield made


async def test_those_in_flight_are_found_by_their_index(
    session: AsyncSession, clock: FakeClock, tasks: int
) -> None:
    heard: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT") and "executions.status IN" in statement:
            heard.append((statement, parameters))

    event.listen(session.get_bind(), "before_cursor_execute", hear)
    assert (await dispatch_due(session, FakeQueue(clock), now=clock())).started == tasks
    await take_snapshot(session, [uuid4()], now=clock())
    await session.execute(unended(clock()))
    await admin.in_flight(session)
    event.remove(session.get_bind(), "before_cursor_execute", hear)

    assert len(heard) == 4
    connection = await session.connection()
    for statement, parameters in heard:
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        plan = [str(row[-1]) for row in rows]
        assert any("uq_executions_in_flight" in line for line in plan), (statement, plan)
        read = [line for line in plan if "executions USING" in line or line == "SCAN executions"]
        assert not [line for line in read if "uq_executions_chain" in line], (statement, plan)
        assert not [line for line in read if "(created_at<" in line], (statement, plan)


async def test_messages_that_are_overdue_are_found_by_their_index(
    session: AsyncSession, clock: FakeClock
) -> None:
    heard: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        heard.append((statement, parameters))

    async def unfinished(_: Sequence[str]) -> set[str]:
        raise AssertionError("nothing waits")

    connection = await session.connection()
    event.listen(session.get_bind(), "before_cursor_execute", hear)
    assert await revive(session, FakeQueue(clock), unfinished, now=clock()) == 0
    event.remove(session.get_bind(), "before_cursor_execute", hear)

    ((statement, parameters),) = heard
    rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    (plan,) = [str(row[-1]) for row in rows]
    assert "ix_deliveries_next_attempt_at (next_attempt_at<?)" in plan
