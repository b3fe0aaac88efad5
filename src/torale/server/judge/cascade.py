"""Cascade: cheap judges first, dearer ones where those leave something open."""

from dataclasses import replace

from torale.server.judge.base import Judge, JudgeError, Judgement, JudgeRequest, Trace, Verdict


class RulesFirstJudge(Judge):
    """Asks another judge only what the rules leave open."""

    def __init__(self, rules: Judge, other: Judge) -> None:
        self.name = other.name
        self._rules = rules
        self._other = other

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Judge by rules, or ask the other judge; the trace names the one that decided."""
        by_rules = await self._rules.judge(request)
        if by_rules.understood is not None and by_rules.verdict is not Verdict.UNKNOWN:
            return replace(by_rules, trace=_trace(by_rules, self._rules))
        judgement = await self._other.judge(request)
        return replace(judgement, trace=_trace(judgement, self._other))

    async def aclose(self) -> None:
        await self._rules.aclose()
        await self._other.aclose()


class SecondOpinionJudge(Judge):
    """Asks a stronger judge before anybody is told.

    A `met` of the first judge is what somebody would be told, so it counts only when the strong
    one says it too; where the two differ, the strong one is right.
    """

    def __init__(self, first: Judge, strong: Judge) -> None:
        self.name = first.name
        self._first = first
        self._strong = strong

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Judge with as many judges as it takes; the trace names the one that decided.

        Raises:
            JudgeError: One that was needed failed. What was spent until then is in its trace.
        """
        first = await self._first.judge(request)
        before = _trace(first, self._first)
        if not _needs_second_opinion(first):
            return replace(first, trace=before)
        try:
            second = await self._strong.judge(request)
        except JudgeError as error:
            trace = error.trace or Trace(self._strong.name)
            error.trace = _after(before, first.verdict, trace)
            raise
        trace = _trace(second, self._strong)
        return replace(second, trace=_after(before, first.verdict, trace))

    async def aclose(self) -> None:
        await self._first.aclose()
        await self._strong.aclose()


def _needs_second_opinion(first: Judgement) -> bool:
    is_grounded = first.trace is None or first.trace.parameters.get("grounded") is not False
    return first.verdict is Verdict.MET or not is_grounded


def _trace(judgement: Judgement, by: Judge) -> Trace:
    return judgement.trace or Trace(by.name)


def _after(before: Trace, verdict: Verdict, trace: Trace) -> Trace:
    """The trace of who decided, with the first verdict and the cost of both."""
    parameters = {**trace.parameters, "before": [f"{before.judge}: {verdict.value}"]}
    return replace(trace, parameters=parameters, usage=before.usage + trace.usage)
