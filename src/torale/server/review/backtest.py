"""Backtest: what a condition would have come to over the history of a task."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from torale.contract.channels import EventType
from torale.contract.evidence import Backtested, BacktestOut, Coverage
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.budgets.ledger import EXCEEDED, BudgetOwner
from torale.server.evidence.base import Gathered
from torale.server.executions.checker import Checker, JudgeInput
from torale.server.executions.rules import Decision, TaskStanding, decide
from torale.server.judge.base import JudgeError, Judgement
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.review import recorded_checks
from torale.server.review.recorded_checks import RecordedCheck
from torale.server.review.rejudging import Rejudger, judge_again, paced

TIME_LIMIT = timedelta(seconds=20)
_MAX_ANSWER = 300
_NEWS = (EventType.CONDITION_MET, EventType.STATE_CHANGED)
NOT_REACHED = "The time for one backtest was used up before this execution."


@dataclass(frozen=True, slots=True)
class Plan:
    """Question and condition to try.

    Attributes:
        payer: Whose budget a model uses up.
    """

    query: str
    condition: str
    behavior: NotifyBehavior
    payer: BudgetOwner


@dataclass(slots=True)
class _State:
    """The task as it would be by now."""

    standing: TaskStanding
    is_second: bool = False

    def after(self, judgement: Judgement | None) -> Decision:
        """Go on to the next execution, by the rules that executions go by."""
        before = self.standing
        decision = decide(before, judgement)
        self.standing = replace(
            before,
            state=TaskState.COMPLETED if decision.completes else before.state,
            facts=before.facts if decision.facts is None else decision.facts,
            streak=decision.streak,
            told=decision.told,
        )
        if judgement is not None and judgement.is_unconfirmed:
            self.is_second = True
        elif decision.facts is not None:
            self.is_second = False
        return decision


async def backtest(
    rejudger: Rejudger,
    checker: Checker,
    plan: Plan,
    execution_ids: Sequence[UUID],
    *,
    time_limit: timedelta = TIME_LIMIT,
) -> BacktestOut:
    """Judge a history again in its order, each execution knowing what the ones before found.

    Raises:
        UnavailableError: Too many others are judging again.
    """
    run = _Run(rejudger, checker, plan, time_limit)
    async with rejudger.turn(plan.payer.user_id):
        for execution_id in execution_ids:
            async with paced():
                await run.step(execution_id)
    return run.outcome()


class _Run:
    """One backtest while it goes on."""

    def __init__(
        self, rejudger: Rejudger, checker: Checker, plan: Plan, time_limit: timedelta
    ) -> None:
        self._sessions = rejudger.sessions
        self._checker = checker
        self._plan = plan
        self._state: _State | None = None
        self._ends = time.monotonic() + time_limit.total_seconds()
        self._stopped: str | None = None
        self._shown: list[Backtested] = []
        self._counts: Counter[str] = Counter()

    async def step(self, execution_id: UUID) -> None:
        """Judge the next execution, or say why not."""
        async with self._sessions.begin() as session:
            check = await recorded_checks.load(session, execution_id)
        if check is None:
            return  # retention has removed it
        if time.monotonic() > self._ends:
            self._stopped = NOT_REACHED
        if check.asked is None or check.gathered is None:
            has_failed = check.lost == recorded_checks.NOTHING_READ
            if has_failed and self._state is not None:
                self._state.after(None)
            self._skip(check, "failed" if has_failed else "forgotten", check.lost)
        elif self._stopped is not None:
            self._skip(check, "not_reached", self._stopped)
        else:
            await self._judge(check, check.asked, check.gathered)

    async def _judge(self, check: RecordedCheck, asked: JudgeInput, gathered: Gathered) -> None:
        state = self._state = self._state or self._beginning(asked)
        try:
            judgement = await judge_again(self._checker, self._now_asked(asked, state), gathered)
        except JudgeError as error:
            if error.kind == EXCEEDED:
                self._stopped = error.detail
                self._skip(check, "not_reached", error.detail)
                return
            state.after(None)
            self._skip(check, "failed", error.detail)
            return
        decision = state.after(judgement)
        self._counts["judged"] += 1
        shown = _shown(check, None)
        now = {
            "verdict_now": judgement.verdict.value,
            "answer_now": judgement.answer[:_MAX_ANSWER],
            "would_tell": decision.event in _NEWS,
            "change_summary": decision.change_summary,
        }
        self._shown.append(shown.model_copy(update=now))

    def _skip(self, check: RecordedCheck, kind: str, why: str | None) -> None:
        self._counts[kind] += 1
        self._shown.append(_shown(check, why))

    def _beginning(self, asked: JudgeInput) -> _State:
        """What was known before the history begins: nothing, if another question was asked."""
        subject, plan = asked.subject, self._plan
        is_same = (subject.query, subject.condition) == (plan.query, plan.condition)
        facts = subject.facts if is_same else None
        standing = TaskStanding(plan.behavior, TaskState.ACTIVE, facts, streak=0, told=False)
        return _State(standing, is_second=is_same and subject.is_second)

    def _now_asked(self, asked: JudgeInput, state: _State) -> JudgeInput:
        subject = replace(
            asked.subject,
            query=self._plan.query,
            condition=self._plan.condition,
            facts=state.standing.facts,
            is_second=state.is_second,
            payer=self._plan.payer,
        )
        return replace(asked, subject=subject)

    def outcome(self) -> BacktestOut:
        """Return all that was found, oldest first."""
        counts, total = self._counts, len(self._shown)
        with_evidence = total - counts["failed"]
        predicate = compile_condition(self._plan.condition, self._plan.query)
        return BacktestOut(
            condition_description=self._plan.condition,
            notify_behavior=self._plan.behavior,
            judge=self._checker.judge_name,
            understood=predicate.describe() if predicate else None,
            told=sum(execution.told_then for execution in self._shown),
            would_tell=sum(execution.would_tell for execution in self._shown),
            coverage=Coverage(
                executions=total,
                judged=counts["judged"],
                failed=counts["failed"],
                forgotten=counts["forgotten"],
                not_reached=counts["not_reached"],
                share=counts["judged"] / with_evidence if with_evidence else 0.0,
            ),
            executions=self._shown,
        )


def _shown(check: RecordedCheck, skipped: str | None) -> Backtested:
    return Backtested(
        execution_id=check.execution_id,
        at=check.at,
        verdict_then=check.verdict.value if check.verdict else None,
        verdict_now=None,
        answer_now=None,
        told_then=check.told,
        would_tell=False,
        change_summary=None,
        skipped=skipped,
    )
