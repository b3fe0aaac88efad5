"""What happens while a page is open: rows, checks under way, and what waits, as server-sent events.

Rows come as finished HTML that the page puts in the place of those with the same id.
"""

import json
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from torale.server.auth import sessions
from torale.server.dashboard import shell
from torale.server.dashboard.hub import Hub, Stream
from torale.server.dashboard.pages import Page, ViewerPage
from torale.server.dashboard.shell import Shell
from torale.server.dashboard.tasks import rows
from torale.server.database import Sessions
from torale.server.tasks import board

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_AT_ONCE = 25  # rows of one event; a page shows no more

router = APIRouter()


@router.get("/events")
async def stream_events(page: ViewerPage) -> StreamingResponse:
    """Tell one open page what changes, until its session ends or the server stops."""
    hub: Hub = page.request.app.state.live
    stream = hub.open(page.viewer.user_id)
    return StreamingResponse(
        _until_over(page, hub, stream), media_type="text/event-stream", headers=_HEADERS
    )


async def _until_over(page: Page, hub: Hub, stream: Stream) -> AsyncIterator[str]:
    try:
        yield "retry: 3000\n\n" + _unread(page.shell)
        while not stream.is_over:
            changes = await stream.wait(hub.heartbeat)
            if stream.is_over or not await _is_signed_in(page):
                return
            yield await _told(page, changes)
    finally:
        hub.leave(stream)


async def _is_signed_in(page: Page) -> bool:
    """Tell whether the session that opened the stream still holds."""
    request: Request = page.request
    if page.viewer.session_id is None:
        return True
    token = sessions.token_of(request)
    transactions: Sessions = request.app.state.sessions
    async with transactions.begin() as session:
        found = token and await sessions.find(session, token, now=request.app.state.clock())
    return bool(found)


async def _told(page: Page, changes: Mapping[UUID, bool]) -> str:
    """Write what changed; without a change this keeps the connection, and the number, alive."""
    request = page.request
    transactions: Sessions = request.app.state.sessions
    user_id = page.viewer.user_id
    async with transactions.begin() as session:
        shown = await shell.read(session, user_id)
        tasks = await board.some(session, user_id, list(changes)[:_AT_ONCE])
        found = await rows(session, tasks)
    fresh = Page(request, request.app.state.clock(), page.viewer, shown)
    said = [_unread(shown)]
    if found:
        html = bytes(fresh.render("_row.html", rows=found).body).decode()
        said.append(_event("rows", html))
    said += [
        _event("task", json.dumps({"id": str(task_id), "running": is_running}))
        for task_id, is_running in changes.items()
    ]
    return "".join(said)


def _unread(shown: Shell) -> str:
    return _event("unread", json.dumps({"count": shown.unread, "told": shown.told}))


def _event(name: str, data: str) -> str:
    """Write one event; a line break of any kind begins a line of its data."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() if line.strip())
    return f"event: {name}\n{lines}\n"
