"""Life of an execution: it starts, and it ends with what its check found.

Many start or end in one transaction, which callers own; each is decided on by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import EventType
from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.budgets.ledger import BudgetOwner
from torale.server.errors import InvalidFieldError
from torale.server.executions import feedback, outcome, rules, statements
from torale.server.executions.checker import CheckRequest, CheckResult
from torale.server.executions.evidence_trail import chain, evidence_store, record
from torale.server.executions.rows import (
    EndingExecution,
    ExecutionRow,
    RunningRow,
    StartingExecution,
    TaskRow,
    UnchainedRow,
)
from torale.server.executions.rules import Decision, Failure, TaskStanding
from torale.server.executions.search_freshness import freshness_of
from torale.server.judge.base import Example
from torale.server.judge.verdict_cache import load
from torale.server.notifications.messages.content import MessageContent
from torale.server.tasks.rules import interval

_DELETED = Failure("task_deleted", "The task was deleted before this execution ended.")


@dataclass(frozen=True, slots=True)
class ExecutionStart:
    """An execution that is to start now."""

    execution_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class ExecutionEnd:
    """An execution that is to end now with what its check found.

    Attributes:
        judge: The name of the judge that is configured.
    """

    execution_id: UUID
    result: CheckResult
    judge: str
    now: datetime


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """What the channels of a task are to be told."""

    type: EventType
    content: MessageContent


@dataclass(frozen=True, slots=True)
class EndedExecution:
    """An execution that has just been written as ended.

    Attributes:
        verdict: `met`, `not_met` or `unknown`; `failed` without one.
    """

    execution_id: UUID
    task_id: UUID
    due_at: datetime | None
    verdict: str
    event: TaskEvent | None


async def start_executions(
    session: AsyncSession, starts: Sequence[ExecutionStart]
) -> list[CheckRequest | None]:
    """Mark executions as running and return what each is to check, in order.

    None where there is nothing to do: it has ended, its task was deleted, or it killed its
    process too often.
    """
    found = await statements.load_starting(session, [start.execution_id for start in starts])
    if not found:
        return [None] * len(starts)
    begun = [
        (found[start.execution_id], start.now) for start in starts if start.execution_id in found
    ]
    await statements.write_tasks(session, [_running_task(*pair) for pair in begun])
    await statements.write_executions(session, [_running(*pair) for pair in begun])
    await _give_up_lost(session, begun)
    return [await _request(session, found.get(start.execution_id), start.now) for start in starts]


def _running_task(execution: StartingExecution, now: datetime) -> TaskRow:
    shown = rules.last_execution(
        str(execution.execution_id), ExecutionStatus.RUNNING, started_at=now
    )
    return {"of_task": execution.task_id, "last_execution": shown}


def _running(execution: StartingExecution, now: datetime) -> RunningRow:
    return {
        "execution_id": execution.execution_id,
        "status": ExecutionStatus.RUNNING,
        "started_at": execution.started_at or now,
        "takeovers": execution.takeovers_so_far,
    }


async def _give_up_lost(
    session: AsyncSession, begun: Sequence[tuple[StartingExecution, datetime]]
) -> None:
    """End those that there is no use in checking."""
    lost = [
        (execution.execution_id, failure, now)
        for execution, now in begun
        if (failure := _reason_to_give_up(execution)) is not None
    ]
    if lost:
        found = await statements.load_ending(session, [id_ for id_, _, _ in lost])
        await _write(session, [_given_up(found[id_], failure, now) for id_, failure, now in lost])


def _reason_to_give_up(execution: StartingExecution) -> Failure | None:
    if execution.deleted_at is not None:
        return _DELETED
    died = execution.takeovers_so_far
    if died <= rules.MAX_TAKEOVERS:
        return None
    return Failure("process_died", f"The process died during this execution {died} times.")


async def _request(
    session: AsyncSession, execution: StartingExecution | None, now: datetime
) -> CheckRequest | None:
    if execution is None or _reason_to_give_up(execution) is not None:
        return None
    query, condition = execution.search_query, execution.condition_description
    examples: tuple[Example, ...] = ()
    if execution.feedback is not None:
        examples = await feedback.examples(
            session, execution.task_id, query=query, condition=condition
        )
    state = execution.last_known_state
    freshness = freshness_of(
        _interval(execution, now), condition=condition, query=query, is_first=state is None
    )
    return CheckRequest(
        query=query,
        condition=condition,
        sources=execution.sources,
        facts=None if state is None else state["facts"],
        freshness=freshness,
        examples=examples,
        watched_since=execution.task_created_at,
        payer=BudgetOwner(execution.user_id, execution.task_id),
        is_second=execution.unconfirmed_since is not None,
        settled=load(execution.settled),
    )


def _interval(execution: StartingExecution, now: datetime) -> timedelta | None:
    if execution.trigger is Trigger.MANUAL:
        return None
    try:
        return interval(execution.schedule, execution.timezone, now)
    except InvalidFieldError:  # the dispatcher goes on with it too, and says so
        return None


@dataclass(frozen=True, slots=True)
class _Ending:
    """All that is written of an execution when it ends.

    Attributes:
        ended: None if it was given up.
    """

    evidence: evidence_store.EvidenceRows
    execution: ExecutionRow
    task: TaskRow
    ended: EndedExecution | None = None


async def finish_executions(
    session: AsyncSession, ends: Sequence[ExecutionEnd]
) -> list[EndedExecution | None]:
    """Write what checks found: executions, evidence, known states, and the tasks' next states.

    None for each that somebody else has ended already, or whose task was deleted meanwhile.
    """
    found = await statements.load_ending(session, [end.execution_id for end in ends])
    endings: list[_Ending] = []
    ended: list[EndedExecution | None] = []
    for end in ends:
        # Not twice, where two have run it at the same time after all.
        execution = found.pop(end.execution_id, None)
        ending = None if execution is None else _ending(execution, end)
        if ending is not None:
            endings.append(ending)
        ended.append(None if ending is None else ending.ended)
    await _write(session, endings)
    return ended


def _ending(execution: EndingExecution, end: ExecutionEnd) -> _Ending:
    """Decide what an execution comes to."""
    if execution.deleted_at is not None:
        return _given_up(execution, _DELETED, end.now)
    decision = rules.decide(_standing(execution), end.result.judgement)
    ending = _written(execution, end, decision)
    event = None
    if decision.event is not None:
        content = outcome.message_content(execution, end.result, decision)
        event = TaskEvent(decision.event, content)
    ended = EndedExecution(
        execution_id=execution.execution_id,
        task_id=execution.task_id,
        due_at=execution.due_at,
        verdict=outcome.verdict_word(end.result),
        event=event,
    )
    return replace(ending, ended=ended)


def _given_up(execution: EndingExecution, failure: Failure, now: datetime) -> _Ending:
    """Fail an execution whatever its check found; nobody is told of it."""
    end = ExecutionEnd(execution.execution_id, CheckResult((), None, failure), "", now)
    return _written(execution, end, rules.give_up(_standing(execution)))


def _written(execution: EndingExecution, end: ExecutionEnd, decision: Decision) -> _Ending:
    """Return all rows of an execution that ends, with its link in the task's chain."""
    result, now = end.result, end.now
    trail = record.record_of(result)
    evidence = evidence_store.rows_of(end.execution_id, result.documents, trail, now=now)
    row: UnchainedRow = {
        **outcome.outcome_row(result, decision, end.judge, now),
        "execution_id": end.execution_id,
        "asked": trail.asked,
        "trace": trail.trace,
        "trail_sha256": trail.sha256,
    }
    chained = {**execution.fields_from_before, **row}
    link = chain.extend(execution.chain_length, execution.chain_head, chained, evidence.digests)
    task = outcome.task_row(execution, result, decision, now)
    return _Ending(
        evidence=evidence,
        execution={**row, "chain_position": link.position, "chain_hash": link.hash},
        task={**task, "chain_length": link.position, "chain_head": link.hash},
    )


def _standing(execution: EndingExecution) -> TaskStanding:
    state = execution.last_known_state
    return TaskStanding(
        behavior=execution.notify_behavior,
        state=execution.state,
        facts=None if state is None else state["facts"],
        streak=execution.trouble_streak,
        told=execution.trouble_told,
    )


async def _write(session: AsyncSession, endings: Sequence[_Ending]) -> None:
    if not endings:
        return
    await evidence_store.write(session, [ending.evidence for ending in endings])
    await statements.write_executions(session, [ending.execution for ending in endings])
    await statements.write_tasks(session, [ending.task for ending in endings])
