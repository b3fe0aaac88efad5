"""Live updates of open pages: rows, running checks and unread counts, as server-sent events.

Rows come as finished HTML that the page puts in the place of those with the same id.
"""

import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse

from torale.server.auth.accounts import sessions
from torale.server.clock import CLOCK
from torale.server.dashboard.notifications.live_feed import LIVE_FEED, LiveFeed, Stream
from torale.server.dashboard.tasks.task_list import rows
from torale.server.dashboard.web import shell
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.dashboard.web.shell import Shell
from torale.server.database import SESSIONS
from torale.server.tasks import task_list

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_AT_ONCE = 25  # rows of one event

router = APIRouter()

TheFeed = Annotated[LiveFeed, Depends(LIVE_FEED)]


async def _stream(page: ViewerPage, feed: TheFeed) -> AsyncIterator[Stream]:
    # Not left by the answer's own iterator: that may never begin, if the client goes before.
    stream = feed.open(page.viewer.user_id)
    try:
        yield stream
    finally:
        feed.leave(stream)


@router.get("/events")
async def stream_events(
    page: ViewerPage, feed: TheFeed, stream: Annotated[Stream, Depends(_stream, scope="request")]
) -> StreamingResponse:
    """Send one open page what changes, until its session ends or the server stops."""
    events = _until_over(page, feed, stream)
    return StreamingResponse(events, media_type="text/event-stream", headers=_HEADERS)


async def _until_over(page: SignedInPage, feed: LiveFeed, stream: Stream) -> AsyncIterator[str]:
    yield "retry: 3000\n\n" + _unread(page.shell)
    while not stream.is_over:
        changes = await stream.wait(feed.heartbeat)
        if stream.is_over or not await _is_signed_in(page):
            return
        async for part in _events_of(page, changes):
            yield part


async def _is_signed_in(page: SignedInPage) -> bool:
    """Tell whether the session that opened the stream still holds."""
    request: Request = page.request
    if page.viewer.session_id is None:
        return True
    token = sessions.token_of(request)
    transactions = SESSIONS.of(request)
    async with transactions.begin() as session:
        found = token and await sessions.find(session, token, now=CLOCK.of(request)())
    return bool(found)


async def _events_of(page: SignedInPage, changes: Mapping[UUID, bool]) -> AsyncIterator[str]:
    """Write the events of changes; without any, the unread count keeps the connection alive."""
    request = page.request
    transactions = SESSIONS.of(request)
    user_id, ids = page.viewer.user_id, list(changes)
    async with transactions.begin() as session:
        shown = await shell.read(session, user_id)
    yield _unread(shown)
    fresh = SignedInPage(request, CLOCK.of(request)(), page.viewer, shown)
    # All of them, whatever their number: which of them the page shows is not known here.
    for at in range(0, len(ids), _AT_ONCE):
        async with transactions.begin() as session:
            found = await rows(
                session, await task_list.some(session, user_id, ids[at : at + _AT_ONCE])
            )
        if found:
            html = bytes(fresh.render("tasks/_row.html", rows=found).body).decode()
            yield _event("rows", html)
    for task_id, is_running in changes.items():
        yield _event("task", json.dumps({"id": str(task_id), "running": is_running}))


def _unread(shown: Shell) -> str:
    return _event("unread", json.dumps({"count": shown.unread, "told": shown.told}))


def _event(name: str, data: str) -> str:
    """Write one event; a line break of any kind begins a line of its data."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() if line.strip())
    return f"event: {name}\n{lines}\n"
