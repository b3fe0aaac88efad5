"""Endpoint of Clerk's webhooks."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request

from torale.contract.errors import ErrorOut
from torale.server.auth.clerk.provider import CLERK
from torale.server.auth.ports import TaskPauser
from torale.server.clock import Now
from torale.server.errors import NotFoundError

router = APIRouter(prefix="/webhooks", tags=["auth"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorOut, "description": "Clerk did not sign it, or it makes no sense."},
    404: {"model": ErrorOut, "description": "Clerk is off, or has no `CLERK_WEBHOOK_SECRET` here."},
    413: {"model": ErrorOut, "description": "The body is over 256 KB."},
    503: {"model": ErrorOut, "description": "The database is down; Clerk tries again."},
}
_BODY = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}


@router.post("/clerk", status_code=HTTPStatus.NO_CONTENT, responses=_RESPONSES, openapi_extra=_BODY)
async def receive_clerk_event(request: Request, pause_tasks: TaskPauser, now: Now) -> None:
    """Take an event of Clerk, signed by Svix: users made, changed, deleted; sessions over.

    Twice, late or in another order does the same. Events of other kinds are taken and ignored.
    """
    clerk = CLERK.of(request)
    if clerk is None:
        raise NotFoundError("Sign-in through Clerk is off")
    await clerk.receive(request.headers, await request.body(), pause_tasks, now=now)
