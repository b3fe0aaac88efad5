"""The life of executions: many are begun or ended in one transaction, which callers own.

Each is told apart all the same: what one of them is has no bearing on another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import EventType
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import TaskState
from torale.server.budgets.ledger import BudgetOwner
from torale.server.errors import InvalidFieldError
from torale.server.executions import feedback, statements
from torale.server.executions.checker import CheckRequest, CheckResult
from torale.server.executions.evidence_trail import chain, evidence_store, record
from torale.server.executions.models import Execution
from torale.server.executions.rules import (
    MAX_TAKEOVERS,
    Decision,
    Failure,
    TaskStanding,
    decide,
    last_execution,
)
from torale.server.executions.search_freshness import terms
from torale.server.executions.service import grounding, judge_of, result
from torale.server.judge.base import Example, Judgement, Verdict
from torale.server.judge.verdict_cache import dump, is_carried, load
from torale.server.tasks.models import Task
from torale.server.tasks.rules import interval

_KNOWN_BEFORE = ("task_id", "due_at", "trigger", "takeovers", "started_at", "created_at")
_DELETED = Failure("task_deleted", "The task was deleted before this execution ended.")

Found = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class ExecutionStart:
    """An execution that is to begin now."""

    execution_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class ExecutionEnd:
    """An execution that is to end now with what it found."""

    execution_id: UUID
    finding: CheckResult
    judge: str
    now: datetime


@dataclass(frozen=True, slots=True)
class EndedExecution:
    """An execution that has just been written as ended, and what is to be told of it."""

    execution_id: UUID
    task_id: UUID
    due_at: datetime | None
    event: EventType | None
    judgement: Judgement | None
    outcome: Mapping[str, Any]
    previous: Mapping[str, Any] | None


async def start(
    session: AsyncSession, begins: Sequence[ExecutionStart]
) -> list[CheckRequest | None]:
    """Mark executions as running and return what each is to check, in order.

    None where there is nothing to do: it has ended, its task was deleted, or it killed its
    process too often.
    """
    ids = [one.execution_id for one in begins]
    rows = (await session.execute(statements.TO_BEGIN, {"ids": ids})).all()
    found = {row.execution_id: row for row in rows}
    if not found:
        return [None] * len(begins)
    begun = [one for one in begins if one.execution_id in found]
    tasks = [_shown_running(one, found[one.execution_id]) for one in begun]
    await session.execute(statements.WRITE_TASK, tasks)
    running = [_running(one, found[one.execution_id]) for one in begun]
    await session.execute(statements.WRITE_EXECUTION, running)
    takeovers = {row["execution_id"]: row["takeovers"] for row in running}
    return [
        await _subject_of(session, one, found.get(one.execution_id), takeovers) for one in begins
    ]


def _shown_running(one: ExecutionStart, task: Found) -> dict[str, Any]:
    shown = last_execution(str(one.execution_id), ExecutionStatus.RUNNING, started_at=one.now)
    return {"of_task": task.id, "last_execution": shown}


def _running(one: ExecutionStart, found: Found) -> dict[str, Any]:
    # One that is found running was left behind by a dead process.
    left_behind = found.status is ExecutionStatus.RUNNING
    return {
        "execution_id": one.execution_id,
        "status": ExecutionStatus.RUNNING,
        "started_at": found.started_at or one.now,
        "takeovers": found.takeovers + (1 if left_behind else 0),
    }


async def _subject_of(
    session: AsyncSession, one: ExecutionStart, task: Found | None, takeovers: Mapping[UUID, int]
) -> CheckRequest | None:
    if task is None:
        return None
    died = takeovers[one.execution_id]
    if task.deleted_at is not None or died > MAX_TAKEOVERS:
        await _give_up(session, one.execution_id, died, one.now)
        return None
    examples: tuple[Example, ...] = ()
    if task.feedback is not None:
        asked = {"query": task.search_query, "condition": task.condition_description}
        examples = await feedback.examples(session, task.id, **asked)
    return replace(_subject(task, one.now), examples=examples)


def _subject(task: Found, now: datetime) -> CheckRequest:
    state = task.last_known_state
    return CheckRequest(
        query=task.search_query,
        condition=task.condition_description,
        sources=list(task.sources),
        facts=None if state is None else dict(state["facts"]),
        terms=terms(
            _interval(task, now),
            condition=task.condition_description,
            query=task.search_query,
            is_first=state is None,
        ),
        watched_since=task.created_at,
        payer=BudgetOwner(task.user_id, task.id),
        is_second=task.unconfirmed_since is not None,
        settled=load(task.settled),
    )


def _interval(task: Found, now: datetime) -> timedelta | None:
    if task.trigger is Trigger.MANUAL:
        return None
    try:
        return interval(task.schedule, task.timezone, now)
    except InvalidFieldError:  # the dispatcher goes on with it too, and says so
        return None


async def _give_up(
    session: AsyncSession, execution_id: UUID, takeovers: int, now: datetime
) -> None:
    execution, task = await _locked(session, execution_id)
    if execution is None or task is None:
        return
    failure = _DELETED
    if task.deleted_at is None:
        message = f"The process died during this execution {takeovers} times."
        failure = Failure("process_died", message)
    _fail(execution, task, failure, now)
    await session.flush()


@dataclass(frozen=True, slots=True)
class _Written:
    """All that one execution writes when it ends."""

    ended: EndedExecution
    reading: evidence_store.EvidenceRows
    execution: Mapping[str, Any]
    task: Mapping[str, Any]


async def finish(
    session: AsyncSession, ends: Sequence[ExecutionEnd]
) -> list[EndedExecution | None]:
    """Write what checks found: executions, evidence, known states, and the tasks' next states.

    None for each that somebody else has ended already.
    """
    ids = [one.execution_id for one in ends]
    rows = (await session.execute(statements.TO_END, {"ids": ids})).all()
    found = {row.execution_id: row for row in rows}
    written: list[_Written] = []
    for one in ends:
        # Not twice, where two have run it at the same time after all.
        row = found.pop(one.execution_id, None)
        if row is not None and row.deleted_at is not None:
            await _give_up(session, one.execution_id, 0, one.now)
        elif row is not None:
            written.append(_written(one, row))
    await _write(session, written)
    ended = {one.ended.execution_id: one.ended for one in written}
    return [ended.pop(one.execution_id, None) for one in ends]


async def _write(session: AsyncSession, written: Sequence[_Written]) -> None:
    if not written:
        return
    await evidence_store.write(session, [one.reading for one in written])
    await session.execute(statements.WRITE_EXECUTION, [one.execution for one in written])
    # Not every execution changes the same of its task; one statement is for equal columns.
    alike: dict[frozenset[str], list[Mapping[str, Any]]] = {}
    for one in written:
        alike.setdefault(frozenset(one.task), []).append(one.task)
    for rows in alike.values():
        await session.execute(statements.WRITE_TASK, rows)


def _written(one: ExecutionEnd, found: Found) -> _Written:
    """Decide what an execution comes to, with its link in the task's chain."""
    finding, now = one.finding, one.now
    decision = decide(_standing(found), finding.judgement)
    outcome = _outcome(finding, one.judge, decision, now)
    kept = record.keep(finding)
    reading = evidence_store.rows_of(one.execution_id, finding.documents, kept, now=now)
    trace = {"asked": kept.asked, "trace": kept.trace, "trail_sha256": kept.sha256}
    known = {name: getattr(found, name) for name in _KNOWN_BEFORE}
    said = {**known, **outcome, **trace, "id": one.execution_id}
    link = chain.extend(found.chain_length, found.chain_head, said, reading.digests)
    chained = {"chain_position": link.position, "chain_hash": link.hash}
    shown = last_execution(
        str(one.execution_id),
        outcome["status"],
        met=outcome["condition_met"],
        started_at=found.started_at,
        completed_at=now,
    )
    task = {"of_task": found.task_id, "last_execution": shown, **_changes(finding, decision, now)}
    ended = EndedExecution(
        execution_id=one.execution_id,
        task_id=found.task_id,
        due_at=found.due_at,
        event=decision.event,
        judgement=finding.judgement,
        outcome=outcome,
        previous=found.last_known_state,
    )
    return _Written(
        ended=ended,
        reading=reading,
        execution={"execution_id": one.execution_id, **outcome, **trace, **chained},
        task={**task, "chain_length": link.position, "chain_head": link.hash},
    )


def _notification(judgement: Judgement, decision: Decision) -> str | None:
    if decision.event not in (EventType.CONDITION_MET, EventType.STATE_CHANGED):
        return None
    return " ".join(part for part in (judgement.answer, decision.change_summary) if part)


def _standing(found: Found) -> TaskStanding:
    state = found.last_known_state
    return TaskStanding(
        behavior=found.notify_behavior,
        state=found.state,
        facts=None if state is None else dict(state["facts"]),
        streak=found.trouble_streak,
        told=found.trouble_told,
    )


async def _locked(
    session: AsyncSession, execution_id: UUID
) -> tuple[Execution | None, Task | None]:
    query = (
        select(Task, Execution)
        .join(Execution, Execution.task_id == Task.id)
        .where(Execution.id == execution_id)
        .with_for_update()
    )
    found = (await session.execute(query)).one_or_none()
    return (None, None) if found is None else (found[1], found[0])


def _outcome(finding: CheckResult, judge: str, decision: Decision, now: datetime) -> dict[str, Any]:
    """Return what the execution's row says from now on."""
    outcome: dict[str, Any] = {
        "completed_at": now,
        "condition_met": None,
        "result": None,
        "grounding_sources": [],
        "change_summary": decision.change_summary,
        "notification": None,
        "error_type": None,
        "error_message": None,
    }
    judgement = finding.judgement
    if judgement is None:
        assert finding.failure is not None
        return {
            **outcome,
            "status": ExecutionStatus.FAILED,
            "error_type": finding.failure.kind[:60],
            "error_message": finding.failure.message,
        }
    unknown = judgement.verdict is Verdict.UNKNOWN
    return {
        **outcome,
        "status": ExecutionStatus.SUCCESS,
        "condition_met": None if unknown else judgement.verdict is Verdict.MET,
        "result": result(judgement, judge_of(judgement) or judge, len(finding.documents)),
        "grounding_sources": grounding(finding, judgement),
        "notification": _notification(judgement, decision),
    }


def _changes(finding: CheckResult, decision: Decision, now: datetime) -> dict[str, Any]:
    """Return what changes of the task."""
    judgement = finding.judgement
    changes: dict[str, Any] = {
        "trouble_streak": decision.streak,
        "trouble_told": decision.told,
    }
    if judgement is not None and judgement.is_unconfirmed:
        changes["unconfirmed_since"] = now
    if judgement is not None and decision.facts is not None:
        changes["unconfirmed_since"] = None
        if not is_carried(judgement):
            changes["settled"] = dump(finding.settled) if finding.settled else None
        changes["last_known_state"] = {
            "answer": judgement.answer,
            "facts": dict(decision.facts),
            "timestamp": now.isoformat(),
        }
    if decision.completes:
        changes |= {"state": TaskState.COMPLETED, "next_run_at": None, "state_changed_at": now}
    return changes


def _fail(execution: Execution, task: Task, failure: Failure, now: datetime) -> None:
    execution.status = ExecutionStatus.FAILED
    execution.completed_at = now
    execution.error_type = failure.kind
    execution.error_message = failure.message
    task.trouble_streak += 1
    _show_on_task(task, execution)
    _chain_failed(task, execution)


def _chain_failed(task: Task, execution: Execution) -> None:
    """Chain an execution that ends without having asked a judge, or read anything."""
    unknown = ("asked", "trace")
    said = {one: getattr(execution, one) for one in chain.EXECUTION_FIELDS if one not in unknown}
    link = chain.extend(task.chain_length, task.chain_head, {**said, **dict.fromkeys(unknown)}, ())
    execution.chain_position, execution.chain_hash = link.position, link.hash
    task.chain_length, task.chain_head = link.position, link.hash


def _show_on_task(task: Task, execution: Execution) -> None:
    task.last_execution = last_execution(
        str(execution.id),
        execution.status,
        met=execution.condition_met,
        started_at=execution.started_at,
        completed_at=execution.completed_at,
    )
