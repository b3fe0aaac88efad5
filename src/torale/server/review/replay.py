"""Replay: one execution judged again, from the evidence and by the judge that it had."""

from dataclasses import replace
from typing import Any

from torale.contract.evidence import ReplayOut
from torale.server.budgets.ledger import EXCEEDED, BudgetOwner
from torale.server.errors import ConflictError, UnavailableError
from torale.server.judge.base import JudgeError, Judgement, Verdict
from torale.server.review.recorded_checks import RecordedCheck
from torale.server.review.rejudging import Rejudger, judge_again


async def replay(rejudger: Rejudger, past: RecordedCheck, payer: BudgetOwner) -> ReplayOut:
    """Judge again. Nothing is stored.

    Raises:
        ConflictError: It cannot be judged again, or not by the same judge.
        UnavailableError: The model does not answer, or too many others are judging again.
    """
    if past.asked is None or past.gathered is None:
        raise ConflictError(past.lost or "")
    checker = rejudger.same_as(past.asked, past.decided_by)
    asked = replace(past.asked, subject=replace(past.asked.subject, payer=payer))
    try:
        async with rejudger.turn(payer.user_id):
            judgement = await judge_again(checker, asked, past.gathered)
    except JudgeError as error:
        wrong = ConflictError if error.kind == EXCEEDED else UnavailableError
        raise wrong(error.detail) from None
    name = judgement.trace.judge if judgement.trace else checker.judge_name
    return ReplayOut.model_validate(_shown(judgement, past, name))


def _shown(judgement: Judgement, past: RecordedCheck, judge: str) -> dict[str, Any]:
    return {
        "verdict": judgement.verdict.value,
        "condition_met": judgement.verdict is Verdict.MET,
        "answer": judgement.answer,
        "reasoning": judgement.reasoning,
        "confidence": judgement.confidence,
        "quotes": [{"source": quote.uri, "text": quote.text} for quote in judgement.quotes],
        "judge": judge,
        "same": judgement.verdict == past.verdict,
        "evidence_complete": past.is_complete,
    }
