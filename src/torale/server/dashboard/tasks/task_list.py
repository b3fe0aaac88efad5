"""Task list page: what the tasks found, which need you, and the acts of one row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import TaskState, TaskUpdate
from torale.server.dashboard.tasks.charts.step_chart import Strip, strip
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import ConflictError, known_id
from torale.server.executions.history.recent_outcomes import reasons, strips
from torale.server.tasks import service, task_list
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task
from torale.server.tasks.ports import Channels, Executions
from torale.server.tasks.task_list import Sort, TaskListFilter, TaskTab
from torale.server.tasks.templates import TEMPLATES

PATH = "/tasks"
_TABS = (
    (TaskTab.ALL, "All"),
    (TaskTab.MET, "Met"),
    (TaskTab.WAITING, "Waiting"),
    (TaskTab.UNKNOWN, "Could not tell"),
    (TaskTab.FAILING, "Failing"),
    (TaskTab.PAUSED, "Paused"),
)
_SORTS = (
    (Sort.NEEDED, "Needs you first"),
    (Sort.NEXT, "Next check"),
    (Sort.NEWEST, "Newest"),
    (Sort.NAME, "Name"),
)
_UNSAID = {"show": TaskTab.ALL, "q": "", "sort": Sort.NEEDED}  # what an address need not say
_SHOWN_TEMPLATES = 6
MAX_AT_ONCE = 500
"""So many tasks something is done to at once."""
_IN_FLIGHT = {"pending", "running"}
_NEEDY = {"failed", "unknown"}

router = APIRouter()


def _filter(
    show: str = "all",
    q: Annotated[str, Query(max_length=500)] = "",
    sort: str = "needed",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> TaskListFilter:
    """Read an address that anybody may have typed: what makes no sense is the default."""
    known_show = TaskTab(show) if show in set(TaskTab) else TaskTab.ALL
    known_sort = Sort(sort) if sort in set(Sort) else Sort.NEEDED
    return TaskListFilter(known_show, " ".join(q.split()), known_sort, page)


Which = Annotated[TaskListFilter, Depends(_filter)]


@router.get(PATH)
async def show_tasks(page: ViewerPage, session: Session, which: Which) -> Response:
    """List 25 tasks, those that need the viewer first."""
    summary = await task_list.summary(session, page.viewer.user_id)
    if not summary.counts[TaskTab.ALL]:
        return page.render(
            "tasks/no_tasks.html", nav="tasks", templates=TEMPLATES[:_SHOWN_TEMPLATES]
        )
    # Without words the tab itself says how many it holds.
    found = (
        await task_list.count(session, page.viewer.user_id, which)
        if which.words
        else summary.counts[which.show]
    )
    tasks = await task_list.page_of_list(session, page.viewer.user_id, which)
    template = "tasks/_results.html" if page.wants("results") else "tasks/task_list.html"
    return page.render(
        template,
        nav="tasks",
        rows=await rows(session, tasks),
        counts=summary.counts,
        told=told,
        which=which,
        tabs=_TABS,
        sorts=_SORTS,
        found=found,
        # Nobody counted what lies beyond many: the last page is not known.
        last_page=max(1, -(-found // which.limit)) if found <= task_list.MANY else None,
        at_once=MAX_AT_ONCE,
        link=_link,
        next_due=summary.next_due,
        base_url=page.base_url,
    )


def told(number: int) -> str:
    """Write a count that ends at `task_list.MANY`: `1,000+` stands for more."""
    return f"{number:,}" if number <= task_list.MANY else f"{task_list.MANY:,}+"


def _link(which: TaskListFilter, **other: object) -> str:
    """Return the address of the list as it is, with something else changed."""
    values = {"show": which.show, "q": which.words, "sort": which.sort, **other}
    kept = {name: value for name, value in values.items() if value != _UNSAID.get(name)}
    return f"{PATH}?{urlencode(kept)}" if kept else PATH


@dataclass(frozen=True, slots=True)
class ListedTask:
    """What is shown of a task.

    Attributes:
        why: Why its last execution failed or could not tell.
    """

    id: str
    title: str
    answer: str
    why: str
    is_answered: bool
    status: str
    is_active: bool
    state: str
    is_running: bool
    strip: Strip
    last_at: datetime | None
    next_at: datetime | None


async def rows(session: AsyncSession, tasks: Sequence[Task]) -> list[ListedTask]:
    """Return what the list shows of each task."""
    marks = await strips(session, [task.id for task in tasks])
    why = await reasons(session, [task for task in tasks if status_of(task) in _NEEDY])
    return [row(task, marks.get(task.id, []), why.get(task.id, "")) for task in tasks]


def row(task: Task, marks: Sequence[str], why: str = "") -> ListedTask:
    last = task.last_execution or {}
    known = task.last_known_state or {}
    return ListedTask(
        id=str(task.id),
        title=task.name,
        answer=known.get("answer") or task.condition_description,
        why=why,
        is_answered=bool(known.get("answer")),
        status=status_of(task),
        is_active=task.state is TaskState.ACTIVE,
        state=task.state.value,
        is_running=last.get("status") in _IN_FLIGHT,
        strip=strip(marks),
        last_at=_moment(last.get("completed_at") or last.get("started_at")),
        next_at=task.next_run_at,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def status_of(task: Task) -> str:
    """Return the one word that a task is shown with; what is going on now comes first."""
    last = task.last_execution or {}
    words = (
        (last.get("status") in _IN_FLIGHT, "running"),
        (task.state is TaskState.PAUSED, "paused"),
        (task.trouble_streak > 0, "failed" if last.get("status") == "failed" else "unknown"),
        (bool(last.get("condition_met")), "met"),
        (task.state is TaskState.COMPLETED, "completed"),
    )
    return next((word for holds, word in words if holds), "waiting")


@router.post(f"{PATH}/{{task_id}}/switch")
async def switch(
    task_id: str,
    page: ViewerPage,
    session: Session,
    channels: Channels,
    *,
    active: bool | None = None,
) -> Response:
    """Pause an active task, and set any other one active; or as `active` says."""
    task = await locked(session, page, task_id)
    turn_on = task.state is not TaskState.ACTIVE if active is None else active
    state = TaskState.ACTIVE if turn_on else TaskState.PAUSED
    if task.state is not state:
        await service.update(session, task, TaskUpdate(state=state), channels, now=page.now)
    toast = None if turn_on else _paused(task)
    if not page.is_htmx:
        return page.redirect(page.back_to(PATH), toast=toast)
    if page.wants("watch"):
        return page.render("tasks/_watch.html", task=row(task, []))
    return page.render("tasks/_row.html", toast=toast, rows=await rows(session, [task]))


def _paused(task: Task) -> Toast:
    return Toast(f"Paused “{task.name}”.", undo=f"{PATH}/{task.id}/switch?active=1")


@router.post(f"{PATH}/{{task_id}}/run")
async def run(task_id: str, page: ViewerPage, session: Session, executions: Executions) -> Response:
    """Execute a task now, whatever its schedule and state."""
    task = await locked(session, page, task_id)
    try:
        await executions.launch(session, task, now=page.now)
    except ConflictError:
        toast = Toast(f"“{task.name}” is being checked already.", kind="bad")
        return page.done(toast, back_to=f"{PATH}/{task.id}")
    return page.done(Toast(f"Checking “{task.name}” now."), back_to=f"{PATH}/{task.id}")


@router.post(f"{PATH}/{{task_id}}/delete")
async def delete(task_id: str, page: ViewerPage, session: Session) -> Response:
    """Delete a task; for a minute this can be undone."""
    task = await locked(session, page, task_id)
    again = "?active=1" if task.state is TaskState.ACTIVE else ""
    await service.delete(session, task, now=page.now)
    toast = Toast(f"Deleted “{task.name}”.", undo=f"{PATH}/{task.id}/restore{again}")
    if not page.is_htmx or page.wants("watch"):
        return page.redirect(PATH, toast=toast)
    return page.render("tasks/_nothing.html", toast=toast)


@router.post(f"{PATH}/{{task_id}}/restore")
async def restore(
    task_id: str, page: ViewerPage, session: Session, channels: Channels, *, active: bool = False
) -> Response:
    """Undo a deletion."""
    known = known_id(task_id, TASK_MISSING)
    task = await service.restore(session, page.viewer.user_id, known, now=page.now)
    if active:
        await service.update(
            session, task, TaskUpdate(state=TaskState.ACTIVE), channels, now=page.now
        )
    return page.redirect(page.back_to(PATH), toast=Toast(f"“{task.name}” is back."))


async def locked(session: AsyncSession, page: SignedInPage, task_id: str) -> Task:
    """Return the task that a path names, locked until the request is done."""
    known = known_id(task_id, TASK_MISSING)
    return await service.get(session, page.viewer.user_id, known, for_update=True)
