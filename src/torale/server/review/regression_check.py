"""Regression check: a changed condition, tried on the verdicts that its user has judged."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import Regression
from torale.server.errors import UnavailableError
from torale.server.executions.models import Feedback
from torale.server.judge.base import Verdict
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.review import recorded_checks
from torale.server.review.recorded_checks import RecordedCheck
from torale.server.review.rejudging import Rejudger, judge_again, paced
from torale.server.tasks.models import Task
from torale.server.tasks.ports import RegressionCheck, RunRegressionCheck

MAX_CASES = 20
TIME_LIMIT = timedelta(seconds=3)
WAIT = timedelta(seconds=1)
_MAX_ANSWER = 300


@dataclass(frozen=True, slots=True)
class ReviewedCheck:
    """A check whose verdict the user judged."""

    past: RecordedCheck
    correct: bool
    note: str

    def contradicts(self, verdict: Verdict) -> bool:
        """Tell whether a verdict is another one than the user called right."""
        return (verdict == self.past.verdict) != self.correct


class RegressionChecker(RegressionCheck):
    """The regression set of a task: its feedback. Implements `tasks.ports.RegressionCheck`."""

    def __init__(self, rejudger: Rejudger) -> None:
        self._rejudger = rejudger

    async def prepare(self, session: AsyncSession, task: Task) -> RunRegressionCheck:
        """See `tasks.ports.RegressionCheck.prepare`."""
        query, condition, user_id = task.search_query, task.condition_description, task.user_id
        cases: Sequence[ReviewedCheck] = ()
        # Only what the deterministic judge decides can be compared, and costs nothing.
        if task.feedback is not None and compile_condition(condition, query) is not None:
            cases = await _cases(session, task)

        async def run() -> Sequence[Regression]:
            try:
                async with self._rejudger.turn(user_id, wait=WAIT):
                    return await self._run(cases, query, condition) if cases else ()
            except UnavailableError:
                return ()  # the change itself is made; a backtest can still be asked for

        return run

    async def _run(
        self, cases: Sequence[ReviewedCheck], query: str, condition: str
    ) -> Sequence[Regression]:
        ends = time.monotonic() + TIME_LIMIT.total_seconds()
        found: list[Regression] = []
        for case in cases:
            if time.monotonic() > ends:
                break
            async with paced():
                regression = await self._judge(case, query, condition)
            if regression is not None:
                found.append(regression)
        return found

    async def _judge(self, case: ReviewedCheck, query: str, condition: str) -> Regression | None:
        check = case.past
        if check.asked is None or check.gathered is None or check.verdict is None:
            return None
        subject = replace(check.asked.subject, query=query, condition=condition)
        asked = replace(check.asked, subject=subject)
        judgement = await judge_again(self._rejudger.builtin, asked, check.gathered)
        if not case.contradicts(judgement.verdict):
            return None
        return Regression(
            execution_id=check.execution_id,
            at=check.at,
            verdict_then=check.verdict.value,
            correct=case.correct,
            note=case.note,
            verdict_now=judgement.verdict.value,
            answer_now=judgement.answer[:_MAX_ANSWER],
        )


async def _cases(session: AsyncSession, task: Task) -> list[ReviewedCheck]:
    query = (
        select(Feedback.execution_id, Feedback.correct, Feedback.note)
        .where(Feedback.task_id == task.id)
        .order_by(Feedback.updated_at.desc(), Feedback.execution_id)
        .limit(MAX_CASES)
    )
    cases: list[ReviewedCheck] = []
    for execution_id, correct, note in (await session.execute(query)).all():
        check = await recorded_checks.load(session, execution_id)
        if check is not None:
            cases.append(ReviewedCheck(check, correct, note))
    return cases
