"""The cases before a judge."""

import pytest

from torale.server.evaluation.cases import Question, questions, run
from torale.server.judge.base import JudgeError, Judgement, JudgeRequest, Quote, Verdict
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.scripted import ScriptedJudge


def test_cases_are_chosen_by_tag_and_evenly() -> None:
    everything = questions(attacks=False)

    assert len(everything) > 200
    assert len(questions(attacks=False, limit=10)) == 10
    assert questions(attacks=False, limit=10)[-1].id != everything[9].id
    assert 0 < len(questions(attacks=False, tags=["price", "de"])) < len(everything)
    assert questions(attacks=False, tags=["no-such-tag"]) == []
    assert len({one.id for one in everything}) == len(everything)


async def test_answers_come_in_the_order_of_the_questions() -> None:
    asked = questions(attacks=False, limit=20)

    answers = await run(BuiltinJudge(), asked, at_once=7)

    assert [one.id for one in answers] == [one.id for one in asked]
    assert [one.truth for one in answers] == [one.truth for one in asked]
    assert all(one.seconds > 0 for one in answers)


async def test_a_claim_is_verified_before_it_counts() -> None:
    asked = [one for one in questions(attacks=False) if one.truth is Verdict.MET][:1]

    def claim(request: JudgeRequest) -> Judgement:
        quote = Quote(request.sources[0].uri, "These words stand nowhere.")
        return Judgement(Verdict.MET, "Yes.", "", 1.0, (quote,))

    (answer,) = await run(ScriptedJudge(claim), asked, at_once=1)

    assert answer.verdict is Verdict.UNKNOWN


async def test_a_judge_that_fails_has_answered_wrongly() -> None:
    asked = questions(attacks=False, limit=2)
    failure = JudgeError("model_timeout", "It did not answer.")

    answers = await run(ScriptedJudge([failure, failure]), asked, at_once=1)

    assert [one.verdict for one in answers] == [None, None]
    assert [one.failure for one in answers] == ["model_timeout", "model_timeout"]
    assert not any(one.is_right for one in answers)


async def test_a_bug_is_no_answer() -> None:
    def bug(_: JudgeRequest) -> Judgement:
        raise ZeroDivisionError("a bug")

    asked: list[Question] = questions(attacks=False, limit=1)
    with pytest.raises(RuntimeError, match="a bug"):
        await run(ScriptedJudge(bug), asked, at_once=1)
