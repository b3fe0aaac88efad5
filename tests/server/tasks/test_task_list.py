"""A user's list costs the same whatever their number of tasks: what the databases do for it."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.fakes import FakeClock
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth import service
from torale.server.database import Sessions
from torale.server.executions.history.execution_outcome import outcome_of
from torale.server.executions.history.recent_outcomes import strips
from torale.server.executions.models import Execution
from torale.server.tasks import task_list
from torale.server.tasks.models import Task
from torale.server.tasks.task_list import TaskListFilter, TaskTab

OF_MANY, OF_OTHERS = task_list.MANY + 500, 3_000
SHOWN = (TaskTab.FAILING, TaskTab.UNKNOWN, TaskTab.MET, TaskTab.WAITING, TaskTab.PAUSED)


def a_task(user_id: UUID, number: int, clock: FakeClock, **more: Any) -> dict[str, Any]:
    task = {
        "id": uuid4(),
        "user_id": user_id,
        "name": f"Task {number}",
        "search_query": "price of it",
        "condition_description": "the price is below 350 USD",
        "schedule": "0 9 * * *",
        "timezone": "UTC",
        "notify_behavior": NotifyBehavior.ONCE,
        "state": TaskState.ACTIVE,
        "sources": [],
        "next_run_at": clock() + timedelta(hours=1, seconds=number),
        "trouble_streak": 0,
        "last_execution": None,
        "state_changed_at": clock(),
        "created_at": clock(),
        "updated_at": clock(),
        "deleted_at": None,
    }
    return {**task, **more}


PENDING = {"id": "x", "status": "pending"}
FAILED = {"id": str(uuid4()), "status": "failed", "condition_met": None}


def met(value: bool | None) -> dict[str, Any]:
    return {"id": str(uuid4()), "status": "success", "condition_met": value}


async def make_user(sessions: Sessions, email: str, clock: FakeClock) -> UUID:
    async with sessions.begin() as session:
        return (await service.find_or_make_user(session, email, is_admin=False, now=clock())).id


@pytest.fixture
async def crowd(sessions: Sessions, clock: FakeClock) -> UUID:
    """A user with many tasks, most of them waiting, among others who have more."""
    user_id = await make_user(sessions, "alice@example.com", clock)
    other_id = await make_user(sessions, "bob@example.com", clock)
    tasks = [a_task(other_id, number, clock) for number in range(OF_OTHERS)]
    tasks += [
        a_task(user_id, number, clock, last_execution=met(False)) for number in range(OF_MANY)
    ]
    tasks += [a_task(user_id, number, clock, last_execution=met(True)) for number in range(30)]
    for last, troubled in ((FAILED, 3), (met(None), 4)):
        more = {"trouble_streak": 2, "last_execution": last}
        tasks += [a_task(user_id, number, clock, **more) for number in range(troubled)]
    paused = {"state": TaskState.PAUSED, "next_run_at": None}
    tasks += [a_task(user_id, number, clock, **paused) for number in range(2)]
    async with sessions.begin() as session:
        await session.execute(insert(Task), tasks)
        await session.execute(insert(Execution), _executions(tasks[-40:], clock))
    async with sessions.begin() as session:
        await session.execute(text("ANALYZE"))
    return user_id


def _executions(tasks: Sequence[dict[str, Any]], clock: FakeClock) -> list[dict[str, Any]]:
    return [
        {
            "task_id": task["id"],
            "trigger": Trigger.SCHEDULE,
            "job_id": str(uuid4()),
            "status": ExecutionStatus.SUCCESS,
            "completed_at": clock(),
            "condition_met": tick % 2 == 0,
            "grounding_sources": [],
            "created_at": clock() + timedelta(minutes=tick),
        }
        for task in tasks
        for tick in range(60)
    ]


@contextmanager
def heard(session: AsyncSession) -> Generator[list[tuple[str, Any]]]:
    """Collect the statements that the database is asked."""
    found: list[tuple[str, Any]] = []

    def hear(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, parameters))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", hear)
    yield found
    event.remove(engine, "before_cursor_execute", hear)


async def plan_of(session: AsyncSession, statement: str, parameters: Any) -> list[str]:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    connection = await session.connection()
    explain = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
    rows = await connection.exec_driver_sql(explain + statement, parameters)
    return [str(row[-1]).strip() for row in rows]


SILLY = ("Seq Scan", "Sort", "SCAN tasks", "SCAN executions", "TEMP B-TREE")


async def test_a_page_is_read_in_the_order_of_an_index(session: AsyncSession, crowd: UUID) -> None:
    for show in TaskTab:
        with heard(session) as statements:
            tasks = await task_list.page_of_list(session, crowd, TaskListFilter(show))
        assert tasks
        ((statement, parameters),) = statements
        plan = await plan_of(session, statement, parameters)
        assert not [line for line in plan if any(word in line for word in SILLY)], (show, plan)
        assert any("ix_tasks_needed" in line for line in plan), (show, plan)


async def test_the_numbers_and_the_strips_are_read_by_index(
    session: AsyncSession, crowd: UUID
) -> None:
    tasks = await task_list.page_of_list(session, crowd, TaskListFilter())
    with heard(session) as statements:
        await task_list.summary(session, crowd)
        await strips(session, [task.id for task in tasks])
    assert len(statements) == 2
    for statement, parameters in statements:
        plan = await plan_of(session, statement, parameters)
        silly = [line for line in plan if any(word in line for word in (*SILLY[:1], *SILLY[2:]))]
        assert not silly, plan


async def test_more_than_many_are_not_counted(session: AsyncSession, crowd: UUID) -> None:
    glance = await task_list.summary(session, crowd)
    many = task_list.MANY + 1
    assert glance.counts == {
        TaskTab.ALL: many,
        TaskTab.WAITING: many,
        TaskTab.MET: 30,
        TaskTab.FAILING: 3,
        TaskTab.UNKNOWN: 4,
        TaskTab.PAUSED: 2,
    }
    assert await task_list.count(session, crowd, TaskListFilter(words="task")) == many
    assert await task_list.count(session, crowd, TaskListFilter(words="task 2")) < many


def kind_of(task: Task) -> TaskTab:
    """Say in Python what the index says in SQL."""
    if task.state is TaskState.PAUSED:
        return TaskTab.PAUSED
    last = task.last_execution or {}
    if task.trouble_streak > 0:
        return TaskTab.FAILING if last.get("status") == "failed" else TaskTab.UNKNOWN
    return TaskTab.MET if last.get("condition_met") else TaskTab.WAITING


async def test_every_task_is_in_the_tab_where_it_belongs(
    sessions: Sessions, clock: FakeClock
) -> None:
    """All that a task can be: state, trouble, verdict."""
    user_id = await make_user(sessions, "alice@example.com", clock)
    kinds: list[dict[str, Any]] = [
        {"state": state, "trouble_streak": streak, "last_execution": last}
        for state in TaskState
        for streak in (0, 1, 7)
        for last in (None, met(None), met(False), met(True), FAILED, PENDING)
    ]
    due = {TaskState.ACTIVE: clock() + timedelta(hours=1)}
    tasks = [
        a_task(user_id, number, clock, next_run_at=due.get(kind["state"]), **kind)
        for number, kind in enumerate(kinds)
    ]
    gone = a_task(user_id, 99, clock, state=TaskState.PAUSED, next_run_at=None, deleted_at=clock())
    async with sessions.begin() as session:
        await session.execute(insert(Task), [*tasks, gone])
    async with sessions() as session:
        glance = await task_list.summary(session, user_id)
        everything = await task_list.page_of_list(session, user_id, TaskListFilter(limit=100))
        assert len(everything) == len(kinds) == glance.counts[TaskTab.ALL]
        for show in SHOWN:
            found = await task_list.page_of_list(session, user_id, TaskListFilter(show, limit=100))
            assert {kind_of(task) for task in found} == {show}
            assert len(found) == glance.counts[show]
        order = [SHOWN.index(kind_of(task)) for task in everything]
        assert order == sorted(order)
        for show in SHOWN:  # those that are due come before those that are not
            due_first = [task.next_run_at is None for task in everything if kind_of(task) is show]
            assert due_first == sorted(due_first)
        assert glance.next_due == clock() + timedelta(hours=1)


async def test_a_strip_tells_the_newest_outcomes_oldest_first(
    session: AsyncSession, crowd: UUID
) -> None:
    tasks = await task_list.page_of_list(session, crowd, TaskListFilter(TaskTab.PAUSED))
    drawn = await strips(session, [task.id for task in tasks], length=5)
    assert drawn == {
        task.id: ["met" if n % 2 == 0 else "same" for n in range(55, 60)] for task in tasks
    }
    assert await strips(session, []) == {}


async def test_a_strip_has_the_word_of_each_outcome(sessions: Sessions, clock: FakeClock) -> None:
    user_id = await make_user(sessions, "alice@example.com", clock)
    task = a_task(user_id, 1, clock)
    kinds = [
        (status, met, change)
        for status in (ExecutionStatus.SUCCESS, ExecutionStatus.FAILED)
        for met in (None, False, True)
        for change in (None, "", "price: 1 → 2")
    ]
    base = _executions([task], clock)
    rows = [
        {**row, "status": status, "condition_met": met, "change_summary": change}
        for row, (status, met, change) in zip(base, kinds, strict=False)
    ]
    async with sessions.begin() as session:
        await session.execute(insert(Task), [task])
        await session.execute(insert(Execution), rows)
        drawn = await strips(session, [task["id"]])
    assert drawn == {task["id"]: [outcome_of(Execution(**row)) for row in rows]}
