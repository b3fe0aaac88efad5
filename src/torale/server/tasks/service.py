"""Life of a task: made, changed, paused, deleted, brought back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import update as update_rows
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import Regression, TaskCreate, TaskOut, TaskState, TaskUpdate
from torale.server.tasks import rules
from torale.server.tasks.errors import TaskNotFoundError
from torale.server.tasks.models import Task
from torale.server.tasks.ports import ChannelBook, Launcher, RegressionCheck
from torale.server.tasks.presentation import Display

UNDO_FOR = timedelta(minutes=1)
_NO_COLUMNS = {"run_immediately", "notifications"}


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


@dataclass(frozen=True, slots=True)
class TaskChange:
    """A change that is made.

    Attributes:
        task: As it is now.
        regressions: Verdicts that the user judged, and that the changed task would contradict.
    """

    task: TaskOut
    regressions: Sequence[Regression]


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
    fields = spec.model_dump(exclude=_NO_COLUMNS)
    fields["name"] = spec.name or rules.name_for(spec.search_query)
    fields["sources"] = rules.check_sources(spec.sources)
    task = Task(
        **fields,
        user_id=user_id,
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


async def change(
    display: Display, task: Task, spec: TaskUpdate, checks: RegressionCheck, *, now: datetime
) -> TaskChange:
    """Change a task that the caller has locked, commit, and try the change on past verdicts.

    Ends the caller's transaction: judging takes time, and must not hold it. What raises leaves
    it open and as it was.

    Raises:
        ConflictError: The task cannot take that state.
        InvalidFieldError: The schedule, the zone, a source or a channel makes no sense.
    """
    session = display.session
    asked = question(task)
    async with session.begin_nested():
        await update(session, task, spec, display.channels, now=now)
    shown = await display.show(task)
    is_changed = question(task) != asked
    check = await checks.prepare(session, task) if is_changed else None
    await session.commit()
    return TaskChange(shown, await check() if check else ())


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
