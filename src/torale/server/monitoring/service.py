"""The life of an execution in the database. Callers own the transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import EventType
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import TaskState
from torale.server.errors import InvalidFieldError, NotFoundError
from torale.server.judge.base import Example, Judgement, Verdict, visible_facts
from torale.server.judge.settled import dump, is_carried, load
from torale.server.monitoring import chain, evidence_store, feedback, statements, trail
from torale.server.monitoring.check import Finding, Subject
from torale.server.monitoring.models import Execution
from torale.server.monitoring.recency import terms
from torale.server.monitoring.rules import (
    MAX_TAKEOVERS,
    Decision,
    Failure,
    Standing,
    decide,
    last_execution,
)
from torale.server.monitoring.spending import Payer
from torale.server.tasks.models import Task
from torale.server.tasks.rules import interval

_ENDED = (ExecutionStatus.SUCCESS, ExecutionStatus.FAILED)
_KNOWN_BEFORE = ("task_id", "due_at", "trigger", "takeovers", "started_at", "created_at")
_DELETED = Failure("task_deleted", "The task was deleted before this execution ended.")
SNIPPET_CHARACTERS = 300
EXECUTION_MISSING = "Execution not found"


@dataclass(frozen=True, slots=True)
class Ended:
    """An execution that has just been written as ended, and what is to be told of it."""

    execution_id: UUID
    task_id: UUID
    due_at: datetime | None
    event: EventType | None
    judgement: Judgement | None
    outcome: Mapping[str, Any]
    previous: Mapping[str, Any] | None


async def start(session: AsyncSession, execution_id: UUID, *, now: datetime) -> Subject | None:
    """Mark an execution as running and return what is to be checked.

    Returns None when there is nothing to do: it has ended, its task was deleted, or it killed
    its process too often.
    """
    # The task first, as everywhere: one order of locks, no deadlock.
    shown = last_execution(str(execution_id), ExecutionStatus.RUNNING, started_at=now)
    this = {"execution_id": execution_id}
    found = await session.execute(statements.SHOW_RUNNING, {**this, "shown": shown})
    task = found.one_or_none()
    begun = (await session.execute(statements.BEGIN, {**this, "now": now})).one_or_none()
    if task is None or begun is None:
        return None
    if task.deleted_at is not None or begun.takeovers > MAX_TAKEOVERS:
        await _give_up(session, execution_id, begun.takeovers, now)
        return None
    examples: tuple[Example, ...] = ()
    if task.feedback is not None:
        asked = {"query": task.search_query, "condition": task.condition_description}
        examples = await feedback.examples(session, task.id, **asked)
    return replace(_subject(task, begun.trigger, now), examples=examples)


def _subject(task: Row[*tuple[Any, ...]], trigger: Trigger, now: datetime) -> Subject:
    state = task.last_known_state
    return Subject(
        query=task.search_query,
        condition=task.condition_description,
        sources=list(task.sources),
        facts=None if state is None else dict(state["facts"]),
        terms=terms(
            _interval(task, trigger, now),
            condition=task.condition_description,
            query=task.search_query,
            is_first=state is None,
        ),
        watched_since=task.created_at,
        payer=Payer(task.user_id, task.id),
        is_second=task.unconfirmed_since is not None,
        settled=load(task.settled),
    )


def _interval(task: Row[*tuple[Any, ...]], trigger: Trigger, now: datetime) -> timedelta | None:
    if trigger is Trigger.MANUAL:
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


async def finish(
    session: AsyncSession, execution_id: UUID, finding: Finding, judge: str, *, now: datetime
) -> Ended | None:
    """Write what a check found: execution, evidence, known state, and the task's next state.

    Returns None when somebody else has ended it already.
    """
    this = {"execution_id": execution_id}
    found = (await session.execute(statements.LOCK, this)).one_or_none()
    if found is None or found.status in _ENDED:
        return None
    if found.deleted_at is not None:
        await _give_up(session, execution_id, 0, now)
        return None
    decision = decide(_standing(found), finding.judgement)
    outcome = _outcome(finding, judge, decision, now)
    link = await _write(session, execution_id, found, finding, outcome)
    shown = last_execution(
        str(execution_id),
        outcome["status"],
        met=outcome["condition_met"],
        started_at=found.started_at,
        completed_at=now,
    )
    changes = _changes(finding, decision, now)
    changes |= {"chain_length": link.position, "chain_head": link.hash}
    of_task = {"of_task": found.task_id, "last_execution": shown}
    await session.execute(statements.WRITE_TASK, {**of_task, **changes})
    return Ended(
        execution_id=execution_id,
        task_id=found.task_id,
        due_at=found.due_at,
        event=decision.event,
        judgement=finding.judgement,
        outcome=outcome,
        previous=found.last_known_state,
    )


async def _write(
    session: AsyncSession,
    execution_id: UUID,
    found: Row[*tuple[Any, ...]],
    finding: Finding,
    outcome: Mapping[str, Any],
) -> chain.Link:
    """Write the execution with its evidence, and answer its link in the task's chain."""
    kept = trail.keep(finding)
    now = outcome["completed_at"]
    digests = await evidence_store.keep(session, execution_id, finding.documents, kept, now=now)
    written = {**outcome, "asked": kept.asked, "trace": kept.trace, "trail_sha256": kept.sha256}
    known = {name: getattr(found, name) for name in _KNOWN_BEFORE}
    said = {**known, **written, "id": execution_id}
    link = chain.extend(found.chain_length, found.chain_head, said, digests)
    chained = {"chain_position": link.position, "chain_hash": link.hash}
    row = {"execution_id": execution_id, **written, **chained}
    await session.execute(statements.WRITE_EXECUTION, row)
    return link


def _notification(judgement: Judgement, decision: Decision) -> str | None:
    if decision.event not in (EventType.CONDITION_MET, EventType.STATE_CHANGED):
        return None
    return " ".join(part for part in (judgement.answer, decision.change_summary) if part)


def _standing(found: Row[*tuple[Any, ...]]) -> Standing:
    state = found.last_known_state
    return Standing(
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


def _outcome(finding: Finding, judge: str, decision: Decision, now: datetime) -> dict[str, Any]:
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
        "result": result(judgement, _judge_of(judgement) or judge, len(finding.documents)),
        "grounding_sources": grounding(finding, judgement),
        "notification": _notification(judgement, decision),
    }


def _judge_of(judgement: Judgement) -> str | None:
    """Return which of a cascade's judges decided, if the judgement tells."""
    return judgement.trace.judge if judgement.trace else None


def result(judgement: Judgement, judge: str, sources_count: int) -> dict[str, Any]:
    """Return a verdict as it is stored and shown."""
    return {
        "answer": judgement.answer,
        "reasoning": judgement.reasoning,
        "condition_met": judgement.verdict is Verdict.MET,
        "verdict": judgement.verdict.value,
        "confidence": judgement.confidence,
        "judge": judge,
        "understood": judgement.understood,
        "sources_count": sources_count,
        "quotes": [{"source": one.uri, "text": one.text} for one in judgement.quotes],
        "facts": visible_facts(judgement.facts),
    }


def grounding(finding: Finding, judgement: Judgement) -> list[dict[str, str]]:
    """Return the sources that the verdict rests on; those that were read, if it quotes none."""
    quotes = {one.uri: one.text for one in reversed(judgement.quotes)}
    usable = [one for one in finding.documents if one.unusable_reason is None]
    shown = [one for one in usable if one.uri in quotes] or usable[:5]
    return [
        {
            "uri": one.uri,
            "title": one.title,
            "snippet": quotes.get(one.uri, one.text)[:SNIPPET_CHARACTERS],
        }
        for one in shown
    ]


def _changes(finding: Finding, decision: Decision, now: datetime) -> dict[str, Any]:
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


async def get(session: AsyncSession, task_id: UUID, execution_id: UUID) -> Execution:
    """Return one execution of a task.

    Raises:
        NotFoundError: The task has no such execution.
    """
    query = select(Execution).where(Execution.id == execution_id, Execution.task_id == task_id)
    execution = await session.scalar(query)
    if execution is None:
        raise NotFoundError(EXECUTION_MISSING)
    return execution


async def page_of(
    session: AsyncSession,
    task_id: UUID,
    *,
    status: ExecutionStatus | None,
    page: int,
    limit: int,
) -> tuple[list[Execution], int]:
    """Return a page of a task's executions, newest first, and how many there are."""
    where = [Execution.task_id == task_id]
    if status is not None:
        where.append(Execution.status == status)
    query = (
        select(Execution)
        .where(*where)
        .order_by(Execution.created_at.desc(), Execution.id)
        .offset((page - 1) * limit)
        .limit(limit)
    )
    found = list(await session.scalars(query))
    total = await session.scalar(select(func.count()).select_from(Execution).where(*where))
    return found, total or 0


async def met_page(
    session: AsyncSession, user_id: UUID, task_id: UUID | None, *, page: int, limit: int
) -> tuple[list[tuple[Execution, str]], int]:
    """Return executions that met their condition with their task's name, newest first."""
    where = [
        Execution.condition_met.is_(True),
        Task.user_id == user_id,
        Task.deleted_at.is_(None),
    ]
    if task_id is not None:
        where.append(Task.id == task_id)
    query = (
        select(Execution, Task.name)
        .join(Task, Task.id == Execution.task_id)
        .where(*where)
        .order_by(Execution.created_at.desc(), Execution.id)
        .offset((page - 1) * limit)
        .limit(limit)
    )
    found = [(execution, name) for execution, name in await session.execute(query)]
    count = select(func.count()).select_from(Execution).join(Task, Task.id == Execution.task_id)
    total = await session.scalar(count.where(*where))
    return found, total or 0
