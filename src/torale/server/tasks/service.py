"""What users watch for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import (
    KnownState,
    LastExecution,
    TargetOut,
    TaskCreate,
    TaskFeedback,
    TaskOut,
    TaskState,
    TaskUpdate,
)
from torale.server.judge.authoring import lint
from torale.server.judge.base import visible_facts
from torale.server.judge.builtin.conditions import compiler
from torale.server.tasks import rules
from torale.server.tasks.errors import TaskNotFoundError
from torale.server.tasks.models import Task
from torale.server.tasks.ports import ChannelBook, Launcher

UNDO_FOR = timedelta(minutes=1)
_NO_FEEDBACK = {"right": 0, "wrong": 0, "precision": None}


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which of a user's tasks to list.

    Attributes:
        active: True: only active ones; False: only the others.
        page: Counted from 1.
    """

    state: TaskState | None = None
    active: bool | None = None
    page: int = 1
    limit: int = 20


async def create(
    session: AsyncSession,
    user_id: UUID,
    spec: TaskCreate,
    channels: ChannelBook,
    launcher: Launcher,
    now: datetime,
) -> Task:
    """Start watching, and execute at once where that is asked for.

    Raises:
        InvalidFieldError: The schedule, the zone, a source or a channel makes no sense.
    """
    due = rules.next_run(spec.schedule, spec.timezone, now)
    task = Task(
        user_id=user_id,
        name=spec.name or rules.name_for(spec.search_query),
        search_query=spec.search_query,
        condition_description=spec.condition_description,
        schedule=spec.schedule,
        timezone=spec.timezone,
        notify_behavior=spec.notify_behavior,
        state=TaskState(spec.state),
        sources=rules.check_sources(spec.sources),
        next_run_at=due if spec.state is TaskState.ACTIVE else None,
        state_changed_at=now,
        created_at=now,
        updated_at=now,
    )
    session.add(task)
    await session.flush()
    await channels.assign(session, task, spec.notifications, now=now)
    if spec.run_immediately:
        await launcher.launch(session, task, now=now)
    return task


async def list_tasks(
    session: AsyncSession, user_id: UUID, which: TaskFilter
) -> tuple[Sequence[Task], int]:
    """Return one page of the user's tasks, newest first, and how many there are in all."""
    wanted: list[ColumnElement[bool]] = [Task.user_id == user_id, Task.deleted_at.is_(None)]
    if which.state is not None:
        wanted.append(Task.state == which.state)
    if which.active is not None:
        is_active = Task.state == TaskState.ACTIVE
        wanted.append(is_active if which.active else ~is_active)
    total = await session.scalar(select(func.count()).select_from(Task).where(*wanted)) or 0
    query = select(Task).where(*wanted).order_by(Task.created_at.desc(), Task.id)
    page = query.limit(which.limit).offset((which.page - 1) * which.limit)
    return (await session.scalars(page)).all(), total


async def get(
    session: AsyncSession, user_id: UUID, task_id: UUID, *, for_update: bool = False
) -> Task:
    """Return a task of the user.

    Args:
        for_update: Lock the row until the transaction ends.

    Raises:
        TaskNotFoundError: There is none, it is deleted, or it is somebody else's.
    """
    query = select(Task).where(
        Task.id == task_id, Task.user_id == user_id, Task.deleted_at.is_(None)
    )
    task = await session.scalar(query.with_for_update() if for_update else query)
    if task is None:
        raise TaskNotFoundError
    return task


async def update(
    session: AsyncSession, task: Task, spec: TaskUpdate, channels: ChannelBook, *, now: datetime
) -> Task:
    """Change what is given of a task that the caller has locked.

    Raises:
        ConflictError: It cannot take that state.
        InvalidFieldError: The schedule, the zone, a source or a channel makes no sense.
    """
    planned = _plan(task)
    _change_fields(task, spec)
    if _plan(task) != planned:
        due = rules.next_run(task.schedule, task.timezone, now)
        task.next_run_at = due if task.state is TaskState.ACTIVE else None
    if spec.state is not None and rules.transition(task.state, spec.state):
        _enter(task, spec.state, now=now)
    if spec.notifications is not None:
        await channels.assign(session, task, spec.notifications, now=now)
    if spec.model_fields_set:
        task.updated_at = now
    await session.flush()
    return task


def _plan(task: Task) -> tuple[str, str]:
    return task.schedule, task.timezone


def _change_fields(task: Task, spec: TaskUpdate) -> None:
    asked = question(task)
    for field in spec.model_fields_set - {"state", "sources", "notifications"}:
        setattr(task, field, getattr(spec, field))
    if spec.sources is not None:
        task.sources = rules.check_sources(spec.sources)
    if question(task) != asked:
        # What was known answers another question: nothing to compare the next verdict with.
        task.last_known_state = task.settled = task.unconfirmed_since = None


def question(task: Task) -> tuple[object, ...]:
    """Return what a task asks; verdicts on different questions do not compare."""
    return task.search_query, task.condition_description, task.sources


def _enter(task: Task, state: TaskState, *, now: datetime) -> None:
    is_active = state is TaskState.ACTIVE
    task.state = state
    task.state_changed_at = now
    task.next_run_at = rules.next_run(task.schedule, task.timezone, now) if is_active else None
    if is_active:
        task.trouble_streak = 0
        task.trouble_told = False


async def delete(session: AsyncSession, task: Task, *, now: datetime) -> None:
    """Hide a task that the caller has locked, at once and for good. Its history stays a while."""
    if task.state is TaskState.ACTIVE:
        task.state = TaskState.PAUSED
        task.state_changed_at = now
    task.next_run_at = None
    task.deleted_at = now
    task.updated_at = now
    await session.flush()


async def restore(session: AsyncSession, user_id: UUID, task_id: UUID, *, now: datetime) -> Task:
    """Bring back, paused, a task that was deleted within the last minute.

    Raises:
        TaskNotFoundError: There is none, or it has been gone for longer.
    """
    query = select(Task).where(
        Task.id == task_id, Task.user_id == user_id, Task.deleted_at > now - UNDO_FOR
    )
    task = await session.scalar(query.with_for_update())
    if task is None:
        raise TaskNotFoundError
    task.deleted_at = None
    task.updated_at = now
    await session.flush()
    return task


async def pause_all(session: AsyncSession, user_id: UUID, *, now: datetime) -> int:
    """Pause every active task of a user; answers how many that were."""
    paused = await session.scalars(
        update_rows(Task)
        .where(Task.user_id == user_id, Task.state == TaskState.ACTIVE)
        .values(state=TaskState.PAUSED, next_run_at=None, state_changed_at=now, updated_at=now)
        .returning(Task.id)
    )
    return len(paused.all())


async def show(
    session: AsyncSession,
    tasks: Sequence[Task],
    channels: ChannelBook,
    *,
    has_model: bool = True,
) -> list[TaskOut]:
    """Return the tasks as the wire shows them, with one query for all their channels.

    Args:
        has_model: Do not warn of conditions that only a language model can judge.
    """
    targets = await channels.of_tasks(session, [task.id for task in tasks])
    return [_show(task, targets.get(task.id, ()), has_model=has_model) for task in tasks]


def _show(task: Task, targets: Sequence[TargetOut], *, has_model: bool) -> TaskOut:
    known, last = task.last_known_state, task.last_execution
    last_execution = LastExecution.model_validate(last) if last else None
    return TaskOut(
        id=task.id,
        user_id=task.user_id,
        name=task.name,
        search_query=task.search_query,
        condition_description=task.condition_description,
        schedule=task.schedule,
        timezone=task.timezone,
        notify_behavior=task.notify_behavior,
        state=task.state,
        sources=[source.url for source in task.sources],
        notifications=targets,
        next_run=task.next_run_at,
        last_known_state=_known(known) if known else None,
        last_execution_id=last_execution.id if last_execution else None,
        last_execution=last_execution,
        skipped_ticks=task.skipped_ticks,
        understood=_understood(task.condition_description, task.search_query),
        warnings=lint.warnings(
            task.condition_description, task.search_query, task.schedule, has_model=has_model
        ),
        feedback=TaskFeedback.model_validate(task.feedback or _NO_FEEDBACK),
        state_changed_at=task.state_changed_at,
        created_at=task.created_at,
        updated_at=task.updated_at,
    )


def _known(state: Mapping[str, Any]) -> KnownState:
    return KnownState.model_validate({**state, "facts": visible_facts(state["facts"])})


@lru_cache(maxsize=4096)
def _understood(condition: str, query: str) -> str | None:
    predicate = compiler.compile_condition(condition, query)
    return predicate.describe() if predicate else None
