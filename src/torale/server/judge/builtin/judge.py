"""Builtin judge: rules that need no model, no key and no network.

It decides only what compiles to a predicate, and says `unknown` to everything else.
"""

from collections.abc import Sequence
from functools import singledispatch

from torale.server.judge.base import Judge, Judgement, JudgeRequest, SourceDocument
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.judge.builtin.conditions.predicates import (
    Availability,
    Changed,
    Contains,
    Entries,
    Number,
    Predicate,
    Step,
    Version,
)
from torale.server.judge.builtin.judgements import ConditionJudge, unknown
from torale.server.judge.builtin.readings.entries.judging import entries_judge
from torale.server.judge.builtin.readings.page_changes import change_judge
from torale.server.judge.builtin.readings.phrases import phrase_judge
from torale.server.judge.builtin.readings.prices.reading import price_judge
from torale.server.judge.builtin.readings.prices.steps import step_judge
from torale.server.judge.builtin.readings.quantities import quantity_judge
from torale.server.judge.builtin.readings.stock.reading import stock_judge
from torale.server.judge.builtin.readings.versions.news import new_version_judge
from torale.server.judge.builtin.readings.versions.reading import version_judge
from torale.server.judge.builtin.source_readings import StateJudge
from torale.server.judge.text.folding import visible
from torale.server.judge.verify import verify
from torale.server.sandbox import SAME_PROCESS, Runner, TooExpensiveError

_NEEDS_A_MODEL = (
    "This condition needs a language model to judge, and none is configured (TORALE_MODEL)."
)
_NOT_JUDGED = "What was found was not judged."
_TOO_EXPENSIVE = "Without a model it is too expensive to judge"
_NO_EVIDENCE = "Nothing usable was retrieved."


class BuiltinJudge(Judge):
    """Deterministic, and precise rather than helpful: in doubt it never says `met`."""

    name = "builtin"

    def __init__(self, runner: Runner = SAME_PROCESS) -> None:
        """Make a judge; `runner` computes, for as long as hostile pages may make that last."""
        self._runner = runner

    async def judge(self, request: JudgeRequest) -> Judgement:
        try:
            return await self._runner.run(decide, request.without_budget())
        except TooExpensiveError as error:
            return unknown(None, _NOT_JUDGED, f"{_TOO_EXPENSIVE}: {error.reason}.")


def decide(request: JudgeRequest) -> Judgement:
    """The builtin judge's answer, verified."""
    predicate = compile_condition(request.condition, request.query)
    if not any(_is_readable(source.text) for source in request.sources):
        return unknown(predicate, _NO_EVIDENCE, _NO_EVIDENCE)
    if predicate is None:
        return unknown(None, _found_titles(request.sources), _NEEDS_A_MODEL)
    return verify(judge_of(predicate)(request), request.sources)


@singledispatch
def judge_of(predicate: Predicate) -> ConditionJudge:
    """Return the judge of one condition; the kinds are told apart below, and nowhere else."""
    raise TypeError(f"no judge for {predicate!r}")


@judge_of.register
def _(predicate: Number) -> StateJudge:
    return price_judge(predicate) if predicate.is_price else quantity_judge(predicate)


@judge_of.register
def _(predicate: Version) -> ConditionJudge:
    return version_judge(predicate) if predicate.wanted else new_version_judge(predicate)


judge_of.register(Availability, stock_judge)
judge_of.register(Step, step_judge)
judge_of.register(Contains, phrase_judge)
judge_of.register(Entries, entries_judge)
judge_of.register(Changed, change_judge)


def _is_readable(text: str) -> bool:
    return bool(visible(text[:1_000]) or visible(text))


def _found_titles(sources: Sequence[SourceDocument]) -> str:
    titles = sorted({visible(source.title)[:200] for source in sources if visible(source.title)})
    if not titles:
        return f"{len(sources)} source(s) were found, but not judged."
    rest = len(titles) - 3
    more = f"; and {rest} more" if rest > 0 else ""
    return f"Found, but not judged: {'; '.join(titles[:3])}{more}."
