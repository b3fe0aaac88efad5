"""Statements that every execution runs.

Built once and on tables: to build them anew, or to load objects, costs more than to run them.
"""

from collections.abc import Sequence
from typing import cast
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.database import UtcDateTime
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.executions.rows import (
    DocumentRow,
    EndingExecution,
    ExecutionRow,
    RunningRow,
    StartingExecution,
    TaskRow,
    TextRow,
)
from torale.server.tasks.models import Task

_tasks = cast(Table, Task.__table__)
_executions = cast(Table, Execution.__table__)
_texts = cast(Table, EvidenceText.__table__)
_documents = cast(Table, EvidenceDocument.__table__)

_THIS = _executions.c.id == bindparam("execution_id")
_THESE = _executions.c.id.in_(bindparam("ids", expanding=True))
_IN_FLIGHT = or_(
    _executions.c.status == ExecutionStatus.PENDING,
    _executions.c.status == ExecutionStatus.RUNNING,
)

# In one order, and the task first, as everywhere: no deadlock.
TO_START = (
    select(
        _executions.c.id.label("execution_id"),
        _executions.c.status,
        _executions.c.trigger,
        _executions.c.takeovers,
        _executions.c.started_at,
        _tasks.c.id.label("task_id"),
        _tasks.c.user_id,
        _tasks.c.search_query,
        _tasks.c.condition_description,
        _tasks.c.sources,
        _tasks.c.schedule,
        _tasks.c.timezone,
        _tasks.c.last_known_state,
        _tasks.c.settled,
        _tasks.c.unconfirmed_since,
        _tasks.c.feedback,
        _tasks.c.created_at.label("task_created_at"),
        _tasks.c.deleted_at,
    )
    .join_from(_tasks, _executions, _executions.c.task_id == _tasks.c.id)
    .where(_THESE, _IN_FLIGHT)
    .order_by(_tasks.c.id)
    .with_for_update()
)

TO_END = (
    select(
        _executions.c.id.label("execution_id"),
        _executions.c.task_id,
        _executions.c.due_at,
        _executions.c.started_at,
        _executions.c.trigger,
        _executions.c.takeovers,
        _executions.c.created_at,
        _tasks.c.notify_behavior,
        _tasks.c.state,
        _tasks.c.last_known_state,
        _tasks.c.trouble_streak,
        _tasks.c.trouble_told,
        _tasks.c.deleted_at,
        _tasks.c.chain_length,
        _tasks.c.chain_head,
    )
    .join_from(_tasks, _executions, _executions.c.task_id == _tasks.c.id)
    .where(_THESE, _IN_FLIGHT)
    .order_by(_tasks.c.id)
    .with_for_update()
)

_WRITE_EXECUTION = update(_executions).where(_THIS)
_WRITE_TASK = update(_tasks).where(_tasks.c.id == bindparam("of_task"))
_WRITE_DOCUMENTS = insert(_documents)

_postgresql, _sqlite = postgresql_insert(_texts), sqlite_insert(_texts)
_known = _texts.c.seen_at < bindparam("a_day_ago", type_=UtcDateTime())

# The conflict locks the row, so that retention cannot delete a text that we rely on; it is
# rewritten once a day at most.
_WRITE_TEXT = {
    "postgresql": _postgresql.on_conflict_do_update(
        index_elements=[_texts.c.sha256],
        set_={"seen_at": _postgresql.excluded.seen_at},
        where=_known,
    ),
    "sqlite": _sqlite.on_conflict_do_update(
        index_elements=[_texts.c.sha256],
        set_={"seen_at": _sqlite.excluded.seen_at},
        where=_known,
    ),
}


async def load_starting(
    session: AsyncSession, ids: Sequence[UUID]
) -> dict[UUID, StartingExecution]:
    """Lock those of some executions that have not ended, with their tasks."""
    rows = await session.execute(TO_START, {"ids": ids})
    return {row.execution_id: row for row in map(StartingExecution._make, rows)}


async def load_ending(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, EndingExecution]:
    """Lock those of some executions that have not ended, with their tasks."""
    rows = await session.execute(TO_END, {"ids": ids})
    return {row.execution_id: row for row in map(EndingExecution._make, rows)}


async def write_executions(
    session: AsyncSession, rows: Sequence[RunningRow] | Sequence[ExecutionRow]
) -> None:
    """Write executions; each row has the same columns."""
    await session.execute(_WRITE_EXECUTION, rows)


async def write_tasks(session: AsyncSession, rows: Sequence[TaskRow]) -> None:
    """Write what executions change of their tasks."""
    # Not every execution changes the same of its task; one statement is for equal columns.
    alike: dict[frozenset[str], list[TaskRow]] = {}
    for row in rows:
        alike.setdefault(frozenset(row), []).append(row)
    for group in alike.values():
        await session.execute(_WRITE_TASK, group)


async def write_evidence(
    session: AsyncSession, texts: Sequence[TextRow], documents: Sequence[DocumentRow]
) -> None:
    """Store documents, and those of their texts that are not known already."""
    if texts:
        await session.execute(_WRITE_TEXT[session.get_bind().dialect.name], texts)
    if documents:
        await session.execute(_WRITE_DOCUMENTS, documents)
