"""Page of one task: the answer now, the reason for it, and the checks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.dashboard.tasks import history, schedules
from torale.server.dashboard.tasks.charts import days, tracked_values
from torale.server.dashboard.tasks.charts.step_chart import plain
from torale.server.dashboard.tasks.task_list import PATH, row, rows
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.dashboard.web.times import exact, known_zone
from torale.server.database import Session
from torale.server.errors import known_id
from torale.server.executions import service as executions
from torale.server.executions.history import recent_outcomes
from torale.server.executions.history.recent_outcomes import HistoryFilter
from torale.server.notifications.outbox.deliveries import page_of_deliveries
from torale.server.tasks import service
from torale.server.tasks.dependencies import has_model
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task
from torale.server.tasks.ports import Channels
from torale.server.tasks.presentation import Display

_SHOWN = 30
_DELIVERIES = 5
_BEHAVIORS = {
    "once": "Once, then the task is completed",
    "always": "After every check that meets it",
    "track_state": "Whenever the answer changes",
}

router = APIRouter()


async def _task(page: ViewerPage, session: Session, task_id: str) -> Task:
    return await service.get(session, page.viewer.user_id, known_id(task_id, TASK_MISSING))


@dataclass(frozen=True, slots=True)
class HistoryView:
    """What of a task is looked at: `before` is the execution that the history is older than."""

    kept: HistoryFilter
    before: UUID | None
    days: int


def _look(show: str = "all", before: str = "", days: str = "") -> HistoryView:
    """Read an address that anybody may have typed: what makes no sense is the default."""
    chosen = next(
        (choice for choice in tracked_values.RANGES if days == str(choice)), tracked_values.DEFAULT
    )
    try:
        older = UUID(before)
    except ValueError:
        older = None
    return HistoryView(
        HistoryFilter(show) if show in set(HistoryFilter) else HistoryFilter.ALL, older, chosen
    )


Looking = Annotated[HistoryView, Depends(_look)]


@router.get(f"{PATH}/{{task_id}}")
async def show_task(
    task_id: str,
    page: ViewerPage,
    session: Session,
    channels: Channels,
    request: Request,
    look: Looking,
) -> Response:
    """Show a task with its newest executions."""
    task = await _task(page, session, task_id)
    if page.wants("chart"):
        return page.render(
            "tasks/charts/_step_chart.html",
            task=row(task, []),
            **await _number(page, session, task, look),
        )
    events = await _events(session, task, look)
    if page.wants("history") or page.wants("older"):
        part = "tasks/_older.html" if page.wants("older") else "tasks/_history.html"
        return page.render(part, task=row(task, []), **events)
    display = Display(session, channels, has_model(request))
    zone = known_zone(task.timezone) or page.zone
    starts = days.starts(page.now, zone)
    band = days.band(starts, await recent_outcomes.by_spans(session, task.id, starts))
    return page.render(
        "tasks/task_page.html",
        nav="tasks",
        task=(await rows(session, [task]))[0],
        raw=task,
        shown=await display.show(task),
        behavior=_BEHAVIORS[task.notify_behavior],
        plan=schedules.of_cron(task.schedule, task.timezone, page.now),
        next_at=exact(task.next_run_at, zone) if task.next_run_at else None,
        band=band,
        numbers=days.numbers(band),
        deliveries=await _deliveries(page, session, task),
        base_url=page.base_url,
        **events,
        **await _number(page, session, task, look),
    )


async def _number(
    page: SignedInPage, session: AsyncSession, task: Task, look: HistoryView
) -> dict[str, Any]:
    since = page.now - tracked_values.LONGEST
    verdicts = await recent_outcomes.facts_since(session, task.id, since, limit=tracked_values.MOST)
    series = tracked_values.series(task, verdicts, look.days, page.now)
    return {"series": series, "ranges": tracked_values.RANGES, "plain": plain}


async def _events(session: AsyncSession, task: Task, look: HistoryView) -> dict[str, Any]:
    # One more than is shown says that there are older ones.
    found = await recent_outcomes.ended(session, task.id, look.kept, look.before, limit=_SHOWN + 1)
    shown = found[:_SHOWN]
    older = await executions.judged_before(session, shown[-1]) if shown else None
    return {
        "events": history.folded(shown, older),
        "which": look.kept,
        "is_older": look.before is not None,
        "before": shown[-1].id if found[_SHOWN:] else None,
    }


async def _deliveries(page: SignedInPage, session: AsyncSession, task: Task) -> Sequence[Any]:
    owner = page.viewer.user_id
    found, _ = await page_of_deliveries(
        session, owner, channel_type=None, task_id=task.id, limit=_DELIVERIES, offset=0
    )
    return found


@router.get(f"{PATH}/{{task_id}}/live")
async def show_live(task_id: str, page: ViewerPage, session: Session) -> Response:
    """Tell a page that watches a running check whether it must be loaded anew."""
    task = row(await _task(page, session, task_id), [])
    if task.is_running:
        return page.render("tasks/_live.html", task=task)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
