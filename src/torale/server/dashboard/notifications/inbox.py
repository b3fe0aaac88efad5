"""Inbox: unread events, channels that need their user, and checks that met their condition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import EventType
from torale.server.dashboard.tasks.history import Event, event_of
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import known_id
from torale.server.executions.history import recent_outcomes
from torale.server.executions.service import met_page
from torale.server.notifications import inbox
from torale.server.notifications.models import UnreadEvent

PATH = "/inbox"
_LIMIT = 25
_OF_BELL = 8
_EXECUTION_MISSING = "Execution not found"
_MET = ("met", "Condition met")
_HEADINGS = {
    EventType.CONDITION_MET: _MET,
    EventType.STATE_CHANGED: ("changed", "Answer changed"),
    EventType.FAILING: ("unknown", "No verdict any more"),
    EventType.RECOVERED: ("met", "Works again"),
}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Item:
    """One event in the inbox; `words` are what was found."""

    task_id: UUID
    execution_id: UUID
    name: str
    status: str
    heading: str
    words: str
    at: datetime
    is_unread: bool = True


class InboxTab(StrEnum):
    ALL = "all"
    UNREAD = "unread"


@router.get(PATH)
async def show_inbox(
    page: ViewerPage,
    session: Session,
    show: InboxTab = InboxTab.ALL,
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> Response:
    """List what waits, then what met its condition, newest first."""
    user_id, is_all = page.viewer.user_id, show is InboxTab.ALL
    offset = 0 if is_all else (number - 1) * _LIMIT
    # One more than is shown tells whether more follows.
    found = await inbox.newest(session, user_id, limit=_LIMIT + 1, offset=offset)
    waiting, more = found[:_LIMIT], len(found) > _LIMIT
    met, last = await _met(page, session, number, waiting) if is_all else ((), None)
    is_first = number == 1
    return page.render(
        "notifications/inbox.html",
        nav="inbox",
        show=show,
        days=met,
        waiting=await _items(session, waiting) if is_first or not is_all else (),
        broken=await inbox.broken_channels(session, user_id, limit=_LIMIT) if is_first else (),
        number=number,
        last=last,
        more=more,
    )


async def _met(
    page: SignedInPage,
    session: AsyncSession,
    number: int,
    waiting: Sequence[tuple[UnreadEvent, str]],
) -> tuple[list[tuple[date, list[tuple[Event, str]]]], int]:
    """Return a page of what met its condition by day, and the last page; without what waits."""
    user_id = page.viewer.user_id
    found, total = await met_page(session, user_id, None, page=number, limit=_LIMIT)
    shown = {event.execution_id for event, _ in waiting}
    items = [
        (event_of(execution), name)
        for execution, name in found
        if execution.completed_at and execution.id not in shown
    ]
    days = groupby(items, lambda item: item[0].execution.created_at.astimezone(page.zone).date())
    return [(day, list(of_day)) for day, of_day in days], max(1, -(-total // _LIMIT))


async def _items(session: AsyncSession, events: Sequence[tuple[UnreadEvent, str]]) -> list[Item]:
    words = await recent_outcomes.headlines(session, [event.execution_id for event, _ in events])
    return [
        Item(
            task_id=event.task_id,
            execution_id=event.execution_id,
            name=name,
            status=_HEADINGS[event.event][0],
            heading=_HEADINGS[event.event][1],
            words=words.get(event.execution_id, ""),
            at=event.created_at,
        )
        for event, name in events
    ]


@router.get(f"{PATH}/newest")
async def show_newest(page: ViewerPage, session: Session) -> Response:
    """Show the last few for the bell, the unread among them marked."""
    user_id = page.viewer.user_id
    waiting = await _items(session, await inbox.newest(session, user_id, limit=_OF_BELL))
    shown = {item.execution_id for item in waiting}
    found, _ = await met_page(session, user_id, None, page=1, limit=_OF_BELL)
    met = [
        Item(
            *(execution.task_id, execution.id, name, *_MET),
            words=str(event_of(execution).result.get("answer", "")),
            at=execution.completed_at,
            is_unread=False,
        )
        for execution, name in found
        if execution.completed_at and execution.id not in shown
    ]
    items = sorted([*waiting, *met], key=lambda item: item.at, reverse=True)[:_OF_BELL]
    return page.render("notifications/_bell.html", items=items)


@router.post(f"{PATH}/read")
async def read_all(page: ViewerPage, session: Session) -> Response:
    """Mark everything as read."""
    await inbox.mark_read(session, page.viewer.user_id)
    return page.redirect(PATH, toast=Toast("Everything is marked as read."))


@router.post(f"{PATH}/{{execution_id}}/read")
async def read_one(execution_id: str, page: ViewerPage, session: Session) -> Response:
    """Mark one event as read; what is read, or somebody else's, stays as it is."""
    known = known_id(execution_id, _EXECUTION_MISSING)
    await inbox.mark_read(session, page.viewer.user_id, known)
    return page.redirect(page.back_to(PATH))
