"""Checker: one check gathers, judges and verifies. No transaction is open while it runs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, ParamSpec

import structlog

from torale.server.budgets.ledger import EXCEEDED, BudgetLedger, BudgetOwner
from torale.server.evidence.base import Document, Gathered, Gatherer, Problem, SearchFreshness
from torale.server.evidence.source import Source
from torale.server.executions.rules import Failure, failure_of, unusable_judgement, with_gaps
from torale.server.executions.search_freshness import BY_HAND
from torale.server.judge.base import (
    Example,
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    SourceDocument,
    Trace,
    Verdict,
)
from torale.server.judge.budget import UNLIMITED, Budget
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.corroborate import Rule, verify_and_corroborate
from torale.server.judge.verdict_cache import Settled, carry_over, settle
from torale.server.judge.verify import verify
from torale.server.parts import Part
from torale.server.sandbox import SAME_PROCESS, Runner, TooExpensiveError

log = structlog.get_logger()

P = ParamSpec("P")

_UNCHECKED = "The answer could not be held against the pages"
_BUG = Failure("internal_error", "Torale itself failed; it is logged.")


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """A check to make: of what, and with what is known already.

    Attributes:
        facts: What is known; None before the first execution that could tell.
        watched_since: UTC, when the task was created; None for a preview.
        payer: Whose budget models use up; None where nobody counts.
        is_second: The last execution found it met, by one site only.
        settled: The last verdict of a model.
    """

    query: str
    condition: str
    sources: tuple[Source, ...]
    facts: Mapping[str, str] | None
    freshness: SearchFreshness = BY_HAND
    examples: tuple[Example, ...] = ()
    watched_since: datetime | None = None
    payer: BudgetOwner | None = None
    is_second: bool = False
    settled: Settled | None = None


@dataclass(frozen=True, slots=True)
class JudgeInput:
    """What was judged beside the documents: with them, enough to judge the same again.

    Attributes:
        at: UTC, the moment that the judge took for now.
        problems: What could not be retrieved.
        judge: The name of the judge that was configured, whichever of a cascade decided.
    """

    subject: CheckRequest
    at: datetime
    problems: tuple[Problem, ...] = ()
    judge: str = ""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found: a judgement, or the failure that kept it from one.

    Attributes:
        trace: How the judgement came about, or how far it came before it failed.
        settled: What need not be judged again as long as the evidence stays; None if nothing new.
    """

    documents: Sequence[Document]
    judgement: Judgement | None
    failure: Failure | None
    asked: JudgeInput | None = None
    trace: Trace | None = None
    settled: Settled | None = None


class _Judged(NamedTuple):
    judgement: Judgement
    settled: Settled | None = None


class Checker:
    """Gathers and judges; stores nothing but what models cost, and notifies nobody."""

    def __init__(
        self,
        gatherer: Gatherer,
        judge: Judge,
        ledger: BudgetLedger | None = None,
        rule: Rule = Rule.SECOND,
        runner: Runner = SAME_PROCESS,
    ) -> None:
        """Connect the parts.

        Args:
            gatherer: Retrieves evidence.
            judge: Turns it into verdicts.
            ledger: Keeps the budgets of models; None: nobody counts.
            rule: What a `met` by a single page needs that the user did not name.
            runner: Holds answers against pages, which may be made to take for ever.
        """
        self._gatherer = gatherer
        self._judge = judge
        self._ledger = ledger
        self._rule = rule
        self._runner = runner

    @property
    def judge_name(self) -> str:
        return self._judge.name

    async def check(self, request: CheckRequest, *, now: datetime) -> CheckResult:
        """Check once. Whatever goes wrong becomes a named failure."""
        gathered = Gathered((), ())
        judged = trace = None
        try:
            gathered = await self._gatherer.gather(
                request.query, request.sources, now=now, freshness=request.freshness
            )
            failure = failure_of(gathered)
            if failure is None:
                judged = await self._judged(request, gathered, now)
                trace = judged.judgement.trace
        except JudgeError as error:
            failure, trace = Failure(error.kind, error.detail), error.trace
        except Exception:  # a bug must end this execution, not the service
            log.exception("check.failed")
            failure = _BUG
        asked = JudgeInput(replace(request, settled=None), now, gathered.problems, self._judge.name)
        judgement, settled = judged or (None, None)
        return CheckResult(gathered.documents, judgement, failure, asked, trace, settled)

    async def judge(self, request: CheckRequest, gathered: Gathered, *, now: datetime) -> Judgement:
        """Judge what was gathered earlier.

        Raises:
            JudgeError: The judge failed, or today's budget is used up.
        """
        return (await self._judged(request, gathered, now, strict=True)).judgement

    def with_judge(self, judge: Judge) -> "Checker":
        """Return a checker that asks another judge, and is the same otherwise."""
        return Checker(self._gatherer, judge, self._ledger, self._rule, self._runner)

    def without_model(self) -> "Checker":
        """Return a checker that asks the builtin judge alone."""
        return self.with_judge(BuiltinJudge(self._runner))

    async def _judged(
        self, request: CheckRequest, gathered: Gathered, now: datetime, *, strict: bool = False
    ) -> _Judged:
        if unusable := unusable_judgement(gathered):
            return _Judged(unusable)
        question = self._question(request, gathered, now)
        carried = carry_over(request.settled, question, self._judge.name)
        if carried is not None:
            stands = await self._run(verify, carried, question.sources)
            return _Judged(with_gaps(stands, gathered))
        answer = await (self._judge.judge(question) if strict else self._ask(question))
        plain = question.without_budget()
        stands = await self._run(
            verify_and_corroborate, answer, plain, self._rule, is_second=request.is_second
        )
        judgement = with_gaps(stands, gathered)
        if judgement.verdict is Verdict.UNKNOWN:
            return _Judged(judgement)
        return _Judged(judgement, settle(stands, question, self._judge.name))

    async def _run(
        self, function: Callable[P, Judgement], *args: P.args, **kwargs: P.kwargs
    ) -> Judgement:
        try:
            return await self._runner.run(function, *args, **kwargs)
        except TooExpensiveError as error:
            raise JudgeError("too_expensive", f"{_UNCHECKED}: {error.reason}.") from None

    def _question(self, request: CheckRequest, gathered: Gathered, now: datetime) -> JudgeRequest:
        sources = tuple(
            SourceDocument(page.uri, page.title, page.text, page.published_at, page.named)
            for page in gathered.usable
        )
        return JudgeRequest(
            query=request.query,
            condition=request.condition,
            sources=sources,
            now=now,
            previous=request.facts,
            examples=request.examples,
            watched_since=request.watched_since,
            budget=self._budget(request.payer),
        )

    def _budget(self, payer: BudgetOwner | None) -> Budget:
        if self._ledger is None or payer is None:
            return UNLIMITED
        return self._ledger.budget(payer)

    async def _ask(self, question: JudgeRequest) -> Judgement:
        """Ask the judge; when today's budget is used up, say what can be said without a model."""
        try:
            return await self._judge.judge(question)
        except JudgeError as error:
            if error.kind != EXCEEDED:
                raise
            without = await BuiltinJudge(self._runner).judge(question)
            trace = error.trace or Trace(BuiltinJudge.name)
            return replace(without, reasoning=error.detail, trace=trace)


CHECKER = Part[Checker]("checker")
