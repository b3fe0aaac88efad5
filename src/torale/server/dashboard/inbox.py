"""What was told: what nobody has read yet, what needs its user, and what met its condition."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Response

from torale.contract.channels import EventType
from torale.server.dashboard.flash import Toast
from torale.server.dashboard.history import event_of
from torale.server.dashboard.pages import ViewerPage
from torale.server.database import Session
from torale.server.errors import known_id
from torale.server.monitoring.service import met_page
from torale.server.notifications import unread

PATH = "/inbox"
_LIMIT = 25
_EXECUTION_MISSING = "Execution not found"
_SAID = {
    EventType.CONDITION_MET: ("met", "Condition met"),
    EventType.STATE_CHANGED: ("changed", "Answer changed"),
    EventType.FAILING: ("failed", "Keeps failing"),
    EventType.RECOVERED: ("met", "Works again"),
}

router = APIRouter()


@router.get(PATH)
async def show_inbox(
    page: ViewerPage,
    session: Session,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """List what waits, then what met its condition, newest first."""
    user_id = page.viewer.user_id
    found, total = await met_page(session, user_id, None, page=number, limit=_LIMIT)
    items = [(event_of(execution), name) for execution, name in found if execution.completed_at]
    days = [
        (day, list(of_day))
        for day, of_day in groupby(
            items, lambda item: item[0].execution.created_at.astimezone(page.zone).date()
        )
    ]
    waiting = await unread.newest(session, user_id, limit=_LIMIT) if number == 1 else ()
    return page.render(
        "inbox.html",
        nav="inbox",
        days=days,
        waiting=[(event, name, *_SAID[event.event]) for event, name in waiting],
        broken=await unread.broken_channels(session, user_id, limit=_LIMIT) if number == 1 else (),
        number=number,
        last=max(1, -(-total // _LIMIT)),
    )


@router.post(f"{PATH}/read")
async def read_all(page: ViewerPage, session: Session) -> Response:
    """Mark everything as read."""
    await unread.mark_read(session, page.viewer.user_id)
    return page.redirect(PATH, toast=Toast("Everything is marked as read."))


@router.post(f"{PATH}/{{execution_id}}/read")
async def read_one(execution_id: str, page: ViewerPage, session: Session) -> Response:
    """Mark one event as read; what is read, or somebody else's, stays as it is."""
    known = known_id(execution_id, _EXECUTION_MISSING)
    await unread.mark_read(session, page.viewer.user_id, known)
    return page.redirect(PATH)
