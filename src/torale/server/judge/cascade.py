"""Cheap judges first: the builtin one, then a model, then a strong model before anybody is told."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from torale.server.judge.base import (
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    Trace,
    Usage,
    Verdict,
)


class ModelJudge(Judge, Protocol):
    async def aclose(self) -> None:
        """Close the connections to the provider."""
        ...


class CascadeJudge(Judge):
    """Asks the next judge only where the one before does not settle it.

    A `met` of the model is what somebody would be told, so it counts only when the strong model
    says it too; where the two differ, the strong one is right.
    """

    def __init__(self, builtin: Judge, model: ModelJudge, strong: ModelJudge | None = None) -> None:
        self.name = model.name
        self._builtin = builtin
        self._model = model
        self._strong = strong

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Judge with as many judges as it takes; the trace names the one that decided.

        Raises:
            JudgeError: One that was needed failed. What was spent until then is in its trace.
        """
        first = await self._builtin.judge(request)
        if first.understood is not None and first.verdict is not Verdict.UNKNOWN:
            return _traced(first, self._builtin, [])
        answer = _traced(await self._model.judge(request), self._model, [])
        if self._strong is None or not _needs_strong(answer):
            return answer
        try:
            last = await self._strong.judge(request)
        except JudgeError as error:
            error.trace = _joined(error.trace or Trace(self._strong.name), [answer])
            raise
        return _traced(last, self._strong, [answer])

    async def aclose(self) -> None:
        """Close the connections to the providers."""
        await self._model.aclose()
        if self._strong is not None:
            await self._strong.aclose()


def _needs_strong(answer: Judgement) -> bool:
    grounded = answer.trace is None or answer.trace.parameters.get("grounded") is not False
    return answer.verdict is Verdict.MET or not grounded


def _traced(judgement: Judgement, by: Judge, before: Sequence[Judgement]) -> Judgement:
    return replace(judgement, trace=_joined(judgement.trace or Trace(by.name), before))


def _joined(trace: Trace, before: Sequence[Judgement]) -> Trace:
    """The trace of who decided, with what those before said and what all of them cost."""
    traces = [one.trace for one in before if one.trace is not None]
    if not traces:
        return trace
    said = [f"{one.trace.judge}: {one.verdict.value}" for one in before if one.trace is not None]
    usage = sum((one.usage for one in (*traces, trace)), start=Usage())
    return replace(trace, parameters={**trace.parameters, "before": said}, usage=usage)
