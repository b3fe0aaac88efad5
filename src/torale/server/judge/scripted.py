"""Scripted judge: it answers by a script, for tests and demos."""

from collections.abc import Callable, Iterable, Iterator

from torale.server.judge.base import Judge, JudgeError, Judgement, JudgeRequest

Script = Iterable[Judgement | JudgeError] | Callable[[JudgeRequest], Judgement]


class ScriptedJudge(Judge):
    """Plays a script: judgements and failures one after the other, or a function of the request.

    Attributes:
        requests: What it was asked, oldest first.
    """

    name = "scripted"

    def __init__(self, script: Script) -> None:
        self.requests: list[JudgeRequest] = []
        self._answer = script if callable(script) else _in_order(iter(script))

    async def judge(self, request: JudgeRequest) -> Judgement:
        self.requests.append(request)
        return self._answer(request)


def _in_order(script: Iterator[Judgement | JudgeError]) -> Callable[[JudgeRequest], Judgement]:
    def answer(_: JudgeRequest) -> Judgement:
        line = next(script, None)
        if line is None:
            raise JudgeError("script_ended", "The script has no judgement left.")
        if isinstance(line, JudgeError):
            raise line
        return line

    return answer
