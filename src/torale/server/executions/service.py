"""Executions as they are shown, from the database. Callers own the transaction."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import ExecutionStatus
from torale.server.errors import NotFoundError
from torale.server.executions.checker import CheckResult
from torale.server.executions.models import Execution
from torale.server.judge.base import Judgement, Verdict, visible_facts
from torale.server.judge.passages import excerpt
from torale.server.judge.text import visible
from torale.server.tasks.models import Task

SNIPPET_CHARACTERS = 300
EXECUTION_MISSING = "Execution not found"


def judge_of(judgement: Judgement) -> str | None:
    """Return which of a cascade's judges decided, if the judgement tells."""
    return judgement.trace.judge if judgement.trace else None


def result(judgement: Judgement, judge: str, sources_count: int) -> dict[str, Any]:
    """Return a verdict as it is stored and shown."""
    return {
        "answer": judgement.answer,
        "reasoning": judgement.reasoning,
        "condition_met": judgement.verdict is Verdict.MET,
        "verdict": judgement.verdict.value,
        "confidence": judgement.confidence,
        "judge": judge,
        "understood": judgement.understood,
        "sources_count": sources_count,
        "quotes": [{"source": one.uri, "text": one.text} for one in judgement.quotes],
        "facts": visible_facts(judgement.facts),
    }


def grounding(finding: CheckResult, judgement: Judgement) -> list[dict[str, str]]:
    """Return the sources that the verdict rests on; those that were read, if it quotes none."""
    quotes = {one.uri: one.text for one in reversed(judgement.quotes)}
    usable = [one for one in finding.documents if one.unusable_reason is None]
    shown = [one for one in usable if one.uri in quotes] or usable[:5]
    return [
        {
            "uri": one.uri,
            "title": one.title,
            "snippet": _snippet(finding, quotes.get(one.uri), one.text),
        }
        for one in shown
    ]


def _snippet(finding: CheckResult, quote: str | None, text: str) -> str:
    """Return the words quoted, or those that speak most of the question, on one line."""
    if quote is not None:
        return visible(quote)[:SNIPPET_CHARACTERS]
    about = finding.asked.subject if finding.asked else None
    query, condition = (about.query, about.condition) if about else ("", "")
    return excerpt(query, condition, text, SNIPPET_CHARACTERS)


async def get(session: AsyncSession, task_id: UUID, execution_id: UUID) -> Execution:
    """Return one execution of a task.

    Raises:
        NotFoundError: The task has no such execution.
    """
    query = select(Execution).where(Execution.id == execution_id, Execution.task_id == task_id)
    execution = await session.scalar(query)
    if execution is None:
        raise NotFoundError(EXECUTION_MISSING)
    return execution


async def judged_before(session: AsyncSession, execution: Execution) -> Execution | None:
    """Return the newest execution of the same task before this one that came to a verdict."""
    query = (
        select(Execution)
        .where(
            Execution.task_id == execution.task_id,
            Execution.created_at < execution.created_at,
            Execution.condition_met.is_not(None),
        )
        .order_by(Execution.created_at.desc())
        .limit(1)
    )
    found: Execution | None = await session.scalar(query)
    return found


async def page_of(
    session: AsyncSession,
    task_id: UUID,
    *,
    status: ExecutionStatus | None,
    page: int,
    limit: int,
) -> tuple[list[Execution], int]:
    """Return a page of a task's executions, newest first, and how many there are."""
    where = [Execution.task_id == task_id]
    if status is not None:
        where.append(Execution.status == status)
    query = (
        select(Execution)
        .where(*where)
        .order_by(Execution.created_at.desc(), Execution.id)
        .offset((page - 1) * limit)
        .limit(limit)
    )
    found = list(await session.scalars(query))
    total = await session.scalar(select(func.count()).select_from(Execution).where(*where))
    return found, total or 0


async def met_page(
    session: AsyncSession, user_id: UUID, task_id: UUID | None, *, page: int, limit: int
) -> tuple[list[tuple[Execution, str]], int]:
    """Return executions that met their condition with their task's name, newest first."""
    where = [
        Execution.condition_met.is_(True),
        Task.user_id == user_id,
        Task.deleted_at.is_(None),
    ]
    if task_id is not None:
        where.append(Task.id == task_id)
    query = (
        select(Execution, Task.name)
        .join(Task, Task.id == Execution.task_id)
        .where(*where)
        .order_by(Execution.created_at.desc(), Execution.id)
        .offset((page - 1) * limit)
        .limit(limit)
    )
    found = [(execution, name) for execution, name in await session.execute(query)]
    count = select(func.count()).select_from(Execution).join(Task, Task.id == Execution.task_id)
    total = await session.scalar(count.where(*where))
    return found, total or 0
