"""What was told: the executions that met their condition, by the day."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Response

from torale.server.dashboard.history import event_of
from torale.server.dashboard.pages import ViewerPage
from torale.server.database import Session
from torale.server.monitoring.service import met_page

_LIMIT = 25

router = APIRouter()


@router.get("/inbox")
async def show_inbox(
    page: ViewerPage,
    session: Session,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """List what met its condition, newest first."""
    found, total = await met_page(session, page.viewer.user_id, None, page=number, limit=_LIMIT)
    items = [(event_of(execution), name) for execution, name in found if execution.completed_at]
    days = [
        (day, list(of_day))
        for day, of_day in groupby(
            items, lambda item: item[0].execution.created_at.astimezone(page.zone).date()
        )
    ]
    last = max(1, -(-total // _LIMIT))
    return page.render("inbox.html", nav="inbox", days=days, number=number, last=last)
