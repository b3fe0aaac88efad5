"""Recent outcomes: of many tasks, or of one over time, in few statements."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.executions.history.execution_outcome import (
    IS_CHANGED,
    OF_LETTER,
    OUTCOME_LETTER,
    ExecutionOutcome,
)
from torale.server.executions.models import Execution
from torale.server.tasks.models import Task

STRIP = 20


def _strips() -> Select[UUID, str]:
    # One short walk down the index for each task; a row for each task, a letter for each
    # execution: objects for all of them would cost more than the rest of a page.
    newest = (
        select(OUTCOME_LETTER.label("letter"))
        .where(Execution.task_id == Task.id, Execution.completed_at.is_not(None))
        .order_by(Execution.created_at.desc())
        .limit(bindparam("length"))
        .correlate(Task)
        .subquery()
    )
    letters = select(func.aggregate_strings(newest.c.letter, "")).correlate(Task).scalar_subquery()
    return select(Task.id, letters).where(Task.id.in_(bindparam("ids", expanding=True)))


_STRIPS = _strips()  # made once: it is part of every page of the list


async def strips(
    session: AsyncSession, task_ids: Sequence[UUID], *, length: int = STRIP
) -> Mapping[UUID, list[ExecutionOutcome]]:
    """Return the outcomes of each task's newest ended executions, oldest first."""
    rows = await session.execute(_STRIPS, {"ids": task_ids, "length": length})
    return {
        task_id: [OF_LETTER[letter] for letter in reversed(letters)]
        for task_id, letters in rows
        if letters
    }


async def reasons(session: AsyncSession, tasks: Sequence[Task]) -> Mapping[UUID, str]:
    """Return, by task, why the last execution of each failed or came to its verdict."""
    last = [UUID(task.last_execution["id"]) for task in tasks if task.last_execution]
    if not last:
        return {}
    reasoning, understood = (
        Execution.result[name].as_string() for name in ("reasoning", "understood")
    )
    query = select(Execution.task_id, Execution.error_message, reasoning, understood)
    found = await session.execute(query.where(Execution.id.in_(last)))
    return {
        task_id: error or (reasoning or "").removeprefix(f"Understood as: {understood}. ")
        for task_id, error, reasoning, understood in found
    }


async def facts_since(
    session: AsyncSession, task_id: UUID, since: datetime, *, limit: int
) -> list[tuple[datetime, Mapping[str, str]]]:
    """Return when a task's newest verdicts were found, and their facts, oldest first.

    Args:
        limit: At most so many.
    """
    query = (
        select(Execution.completed_at, Execution.result["facts"])
        .where(
            Execution.task_id == task_id,
            Execution.created_at >= since,
            Execution.condition_met.is_not(None),
        )
        .order_by(Execution.created_at.desc())
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    return [(at, facts or {}) for at, facts in reversed(rows) if at is not None]


class HistoryFilter(StrEnum):
    """Part of a task's history."""

    ALL = "all"
    CHANGES = "changes"
    ERRORS = "errors"


_FILTERS: Mapping[HistoryFilter, ColumnElement[bool]] = {
    HistoryFilter.CHANGES: IS_CHANGED,
    HistoryFilter.ERRORS: Execution.status == ExecutionStatus.FAILED,
}


async def ended(
    session: AsyncSession, task_id: UUID, part: HistoryFilter, before: UUID | None, *, limit: int
) -> Sequence[Execution]:
    """Return a task's ended executions, newest first.

    Args:
        before: Only those that are older than this one, which must be the task's.
    """
    query = select(Execution).where(
        Execution.task_id == task_id, Execution.completed_at.is_not(None)
    )
    if part in _FILTERS:
        query = query.where(_FILTERS[part])
    if before is not None:
        query = query.where(Execution.created_at < _created_at(before, task_id))
    query = query.order_by(Execution.created_at.desc(), Execution.id).limit(limit)
    return (await session.scalars(query)).all()


def _created_at(execution_id: UUID, task_id: UUID) -> ColumnElement[datetime]:
    same = (Execution.id == execution_id, Execution.task_id == task_id)
    return select(Execution.created_at).where(*same).scalar_subquery()


async def by_spans(
    session: AsyncSession, task_id: UUID, starts: Sequence[datetime]
) -> list[Counter[str]]:
    """Count the outcomes of a task from each moment to the next, the last to now.

    Args:
        starts: Rising.
    """
    later = [(Execution.created_at < end, index) for index, end in enumerate(starts[1:])]
    span = case(*later, else_=len(starts) - 1) if later else literal(0)
    spans = (
        select(span.label("span"), OUTCOME_LETTER.label("letter"))
        .where(
            Execution.task_id == task_id,
            Execution.completed_at.is_not(None),
            Execution.created_at >= starts[0],
        )
        .subquery()
    )
    query = select(spans.c.span, spans.c.letter, func.count()).group_by(
        spans.c.span, spans.c.letter
    )
    found = [Counter[str]() for _ in starts]
    for index, letter, count in await session.execute(query):
        found[index][OF_LETTER[letter]] = count
    return found


async def headlines(session: AsyncSession, execution_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return a sentence for each execution: what changed, else the answer, else the error."""
    answer = Execution.result["answer"].as_string()
    headline = func.coalesce(
        func.nullif(Execution.change_summary, ""), answer, Execution.error_message, ""
    )
    query = select(Execution.id, headline).where(Execution.id.in_(execution_ids))
    return dict(list(await session.execute(query)))
