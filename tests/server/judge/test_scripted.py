from datetime import UTC, datetime

import pytest

from torale.server.judge.base import JudgeError, Judgement, JudgeRequest, Verdict
from torale.server.judge.scripted import ScriptedJudge

REQUEST = JudgeRequest("query", "condition", (), datetime(2026, 11, 24, tzinfo=UTC))
MET = Judgement(Verdict.MET, "Yes.", "Because.", 1.0)


async def test_it_plays_its_script_in_order() -> None:
    judge = ScriptedJudge([MET, JudgeError("model_timeout", "Too slow.")])

    assert await judge.judge(REQUEST) == MET
    with pytest.raises(JudgeError, match="Too slow"):
        await judge.judge(REQUEST)
    with pytest.raises(JudgeError, match="no judgement left"):
        await judge.judge(REQUEST)
    assert judge.requests == [REQUEST] * 3


async def test_it_can_be_a_function() -> None:
    assert await ScriptedJudge(lambda _: MET).judge(REQUEST) == MET
