"""Feedback of users on verdicts, and the examples that later judgements get of it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.evidence import FeedbackIn
from torale.server.errors import ConflictError
from torale.server.executions.models import Execution, Feedback
from torale.server.judge.base import Example, Verdict
from torale.server.tasks.models import Task

MAX_EXAMPLES = 5
_LOOKED_AT = 20


async def give(
    session: AsyncSession, task: Task, execution: Execution, spec: FeedbackIn, *, now: datetime
) -> Feedback:
    """Store the user's feedback on a verdict, in place of an earlier one.

    Args:
        task: Locked by the caller.

    Raises:
        ConflictError: The execution has no verdict.
    """
    if execution.result is None:
        raise ConflictError("This execution has no verdict to judge: it failed, or has not ended.")
    feedback = await session.get(Feedback, execution.id)
    if feedback is None:
        feedback = Feedback(execution_id=execution.id, task_id=task.id, created_at=now)
        session.add(feedback)
    feedback.correct = spec.correct
    feedback.note = spec.note
    feedback.updated_at = now
    await session.flush()
    await recount(session, [task.id])
    return feedback


async def recount(session: AsyncSession, task_ids: Iterable[UUID]) -> None:
    """Write on the tasks how many verdicts their users called right and wrong."""
    is_met = Execution.condition_met.is_(True)
    query = (
        select(
            func.sum(case((Feedback.correct, 1), else_=0)),
            func.sum(case((Feedback.correct, 0), else_=1)),
            func.sum(case((is_met & Feedback.correct, 1), else_=0)),
            func.sum(case((is_met, 1), else_=0)),
        )
        .join(Execution, Execution.id == Feedback.execution_id)
        .having(func.count() > 0)
    )
    for task_id in sorted(task_ids):
        found = (await session.execute(query.where(Feedback.task_id == task_id))).one_or_none()
        counts = None
        if found is not None:
            right, wrong, right_met, met = (int(count) for count in found)
            precision = right_met / met if met else None
            counts = {"right": right, "wrong": wrong, "precision": precision}
        await session.execute(update(Task).where(Task.id == task_id).values(feedback=counts))


async def examples(
    session: AsyncSession, task_id: UUID, *, query: str, condition: str
) -> tuple[Example, ...]:
    """Return the newest verdicts on this very question that the user called wrong."""
    wanted = (
        select(Feedback.note, Execution.result, Execution.asked)
        .join(Execution, Execution.id == Feedback.execution_id)
        .where(Feedback.task_id == task_id, ~Feedback.correct, Execution.asked.is_not(None))
        .order_by(Feedback.updated_at.desc(), Feedback.execution_id)
        .limit(_LOOKED_AT)
    )
    same = [
        Example(result["answer"], Verdict(result["verdict"]), correct=False, note=note)
        for note, result, asked in await session.execute(wanted)
        if result and asked and _question(asked) == (query, condition)
    ]
    return tuple(same[:MAX_EXAMPLES])


def _question(asked: Mapping[str, Mapping[str, str]]) -> tuple[str, str]:
    return asked["subject"]["query"], asked["subject"]["condition"]
