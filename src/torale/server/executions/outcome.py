"""Outcome of a check: what is stored of it, and what its message says. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from torale.contract.channels import EventType
from torale.contract.executions import ExecutionStatus
from torale.contract.tasks import TaskState
from torale.server.evidence.base import Document
from torale.server.executions.checker import CheckResult
from torale.server.executions.rows import (
    EndingExecution,
    OutcomeRow,
    StoredSource,
    StoredVerdict,
    TaskRow,
)
from torale.server.executions.rules import Decision, last_execution
from torale.server.judge.base import Judgement, Verdict, visible_facts
from torale.server.judge.passages import excerpt
from torale.server.judge.text.folding import visible
from torale.server.judge.verdict_cache import dump, is_carried
from torale.server.notifications.messages.content import MessageContent, MessageSource

_FAILED = "failed"
_SNIPPET_CHARACTERS = 300
_MAX_ERROR_TYPE = 60
_MOST_UNQUOTED = 5


def verdict_word(result: CheckResult) -> str:
    """Return `met`, `not_met`, `unknown` or `failed`."""
    return _FAILED if result.judgement is None else result.judgement.verdict.value


def outcome_row(result: CheckResult, decision: Decision, judge: str, now: datetime) -> OutcomeRow:
    """Return what the execution's row says from now on.

    Args:
        judge: The judge that is configured; of a cascade, the one that decided is stored.
    """
    judgement, failure = result.judgement, result.failure
    row: OutcomeRow = {
        "status": ExecutionStatus.FAILED,
        "completed_at": now,
        "condition_met": None,
        "result": None,
        "grounding_sources": [],
        "change_summary": decision.change_summary,
        "notification": None,
        "error_type": None,
        "error_message": None,
    }
    if judgement is None:
        assert failure is not None
        row["error_type"] = failure.kind[:_MAX_ERROR_TYPE]
        row["error_message"] = failure.message
        return row
    row["status"] = ExecutionStatus.SUCCESS
    row["condition_met"] = _condition_met(judgement)
    row["result"] = _stored_verdict(judgement, judge, len(result.documents))
    row["grounding_sources"] = grounding_sources(result, judgement)
    row["notification"] = _notification(judgement, decision)
    return row


def task_row(
    execution: EndingExecution, result: CheckResult, decision: Decision, now: datetime
) -> TaskRow:
    """Return what changes of the task."""
    judgement = result.judgement
    row: TaskRow = {
        "of_task": execution.task_id,
        "last_execution": last_execution(
            str(execution.execution_id),
            ExecutionStatus.SUCCESS if judgement else ExecutionStatus.FAILED,
            met=_condition_met(judgement) if judgement else None,
            started_at=execution.started_at,
            completed_at=now,
        ),
        "trouble_streak": decision.streak,
        "trouble_told": decision.told,
    }
    if judgement is not None and judgement.is_unconfirmed:
        row["unconfirmed_since"] = now
    if judgement is not None and decision.facts is not None:
        row["unconfirmed_since"] = None
        if not is_carried(judgement):
            row["settled"] = dump(result.settled) if result.settled else None
        row["last_known_state"] = {
            "answer": judgement.answer,
            "facts": dict(decision.facts),
            "timestamp": now.isoformat(),
        }
    if decision.completes:
        row["state"] = TaskState.COMPLETED
        row["next_run_at"] = None
        row["state_changed_at"] = now
    return row


def message_content(
    execution: EndingExecution, result: CheckResult, decision: Decision
) -> MessageContent:
    """Return what a message says of the execution."""
    judgement, known = result.judgement, execution.last_known_state
    content = MessageContent(
        execution_id=execution.execution_id,
        verdict=verdict_word(result),
        condition_met=None,
        previous=known and {"answer": known["answer"], "timestamp": known["timestamp"]},
        change_summary=decision.change_summary,
        reasoning=result.failure.message if result.failure else "",
    )
    if judgement is None:
        return content
    quotes = _quotes(judgement)
    return replace(
        content,
        condition_met=_condition_met(judgement),
        confidence=judgement.confidence,
        answer=judgement.answer,
        reasoning=judgement.reasoning,
        sources=[
            MessageSource(document.uri, document.title, quotes.get(document.uri, ""))
            for document in _grounds(result, judgement)
        ],
    )


def grounding_sources(result: CheckResult, judgement: Judgement) -> list[StoredSource]:
    """Return the sources that the verdict rests on; those that were read, if it quotes none."""
    quotes = _quotes(judgement)
    return [
        {
            "uri": document.uri,
            "title": document.title,
            "snippet": _snippet(result, quotes.get(document.uri), document.text),
        }
        for document in _grounds(result, judgement)
    ]


def _grounds(result: CheckResult, judgement: Judgement) -> Sequence[Document]:
    quotes = _quotes(judgement)
    usable = [document for document in result.documents if document.unusable_reason is None]
    return [document for document in usable if document.uri in quotes] or usable[:_MOST_UNQUOTED]


def _quotes(judgement: Judgement) -> dict[str, str]:
    """Return the first quote of each source, by address."""
    return {quote.uri: quote.text for quote in reversed(judgement.quotes)}


def _snippet(result: CheckResult, quote: str | None, text: str) -> str:
    """Return the words quoted, or those that speak most of the question, on one line."""
    if quote is not None:
        return visible(quote)[:_SNIPPET_CHARACTERS]
    request = result.asked.subject if result.asked else None
    query, condition = (request.query, request.condition) if request else ("", "")
    return excerpt(query, condition, text, _SNIPPET_CHARACTERS)


def _condition_met(judgement: Judgement) -> bool | None:
    return None if judgement.verdict is Verdict.UNKNOWN else judgement.verdict is Verdict.MET


def _stored_verdict(judgement: Judgement, judge: str, sources_count: int) -> StoredVerdict:
    decided_by = judgement.trace.judge if judgement.trace else None
    return {
        "answer": judgement.answer,
        "reasoning": judgement.reasoning,
        "condition_met": judgement.verdict is Verdict.MET,
        "verdict": judgement.verdict.value,
        "confidence": judgement.confidence,
        "judge": decided_by or judge,
        "understood": judgement.understood,
        "sources_count": sources_count,
        "quotes": [{"source": quote.uri, "text": quote.text} for quote in judgement.quotes],
        "facts": visible_facts(judgement.facts),
    }


def _notification(judgement: Judgement, decision: Decision) -> str | None:
    if decision.event not in (EventType.CONDITION_MET, EventType.STATE_CHANGED):
        return None
    return " ".join(part for part in (judgement.answer, decision.change_summary) if part)
