"""One task: what is known now, why, and what happened before."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from torale.server.dashboard import days, history, schedules
from torale.server.dashboard.pages import ViewerPage
from torale.server.dashboard.tasks import PATH, row, rows
from torale.server.dashboard.times import exact, known_zone
from torale.server.database import Session
from torale.server.errors import known_id
from torale.server.monitoring import recent
from torale.server.monitoring import service as monitoring
from torale.server.notifications.deliveries import page_of_deliveries
from torale.server.tasks import service
from torale.server.tasks.dependencies import has_model
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task
from torale.server.tasks.ports import Channels

_KEPT_IN_VIEW = 60
_DELIVERIES = 5
_BEHAVIORS = {
    "once": "Once, then the task is completed",
    "always": "After every check that meets it",
    "track_state": "Whenever the answer changes",
}

router = APIRouter()


async def _task(page: ViewerPage, session: Session, task_id: str) -> Task:
    return await service.get(session, page.viewer.user_id, known_id(task_id, TASK_MISSING))


@router.get(f"{PATH}/{{task_id}}")
async def show_task(
    task_id: str, page: ViewerPage, session: Session, channels: Channels, request: Request
) -> Response:
    """Show a task with its newest 60 executions."""
    task = await _task(page, session, task_id)
    executions, total = await monitoring.page_of(
        session, task.id, status=None, page=1, limit=_KEPT_IN_VIEW
    )
    ended = [one for one in executions if one.completed_at is not None]
    deliveries, _ = await page_of_deliveries(
        session,
        page.viewer.user_id,
        channel_type=None,
        task_id=task.id,
        limit=_DELIVERIES,
        offset=0,
    )
    shown = (await service.show(session, [task], channels, has_model=has_model(request)))[0]
    zone = known_zone(task.timezone) or page.zone
    starts = days.starts(page.now, zone)
    band = days.band(starts, await recent.by_spans(session, task.id, starts))
    return page.render(
        "task.html",
        nav="tasks",
        task=(await rows(session, [task]))[0],
        raw=task,
        shown=shown,
        events=history.folded(ended),
        series=history.series(ended),
        total=total,
        kept=len(executions),
        behavior=_BEHAVIORS[task.notify_behavior],
        plan=schedules.of_cron(task.schedule, task.timezone, page.now),
        next_at=exact(task.next_run_at, zone) if task.next_run_at else None,
        band=band,
        numbers=days.numbers(band),
        deliveries=deliveries,
        base_url=page.base_url,
    )


@router.get(f"{PATH}/{{task_id}}/live")
async def show_live(task_id: str, page: ViewerPage, session: Session) -> Response:
    """Tell a page that watches a running check whether it must be loaded anew."""
    task = row(await _task(page, session, task_id), [])
    if task["is_running"]:
        return page.render("_live.html", task=task)
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
