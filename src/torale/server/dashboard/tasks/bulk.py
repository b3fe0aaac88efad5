"""Bulk acts: one thing done to many tasks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import TaskState, TaskUpdate
from torale.server.dashboard.tasks.task_list import MAX_AT_ONCE, PATH, Which
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import ConflictError
from torale.server.tasks import service, task_list
from torale.server.tasks.models import Task
from torale.server.tasks.ports import ChannelBook, Channels, Executions, Launcher

_STATES = {"pause": TaskState.PAUSED, "resume": TaskState.ACTIVE}
_UNDONE = {"pause": "Resumed", "resume": "Paused", "delete": "Brought back"}
_DONE = {"run": "Checking", "pause": "Paused", "resume": "Resumed", "delete": "Deleted"}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """What is to be done, and to which tasks: those named, or all that the filter finds."""

    action: str
    ids: list[UUID]
    is_all: bool


def _wish(
    action: Annotated[str, Form()] = "",
    ids: Annotated[list[str] | None, Form(alias="id")] = None,
    scope: Annotated[str, Form()] = "chosen",
) -> BulkRequest:
    known = [found for raw in ids or [] if (found := _id(raw))]
    return BulkRequest(action, known, scope == "all")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Hands:
    """What the actions are done with."""

    session: AsyncSession
    channels: ChannelBook
    launcher: Launcher


def _hands(session: Session, channels: Channels, executions: Executions) -> Hands:
    return Hands(session, channels, executions)


@router.post(f"{PATH}/bulk")
async def do_to_many(
    page: ViewerPage,
    hands: Annotated[Hands, Depends(_hands, scope="function")],
    which: Which,
    wish: Annotated[BulkRequest, Depends(_wish)],
) -> Response:
    """Run, pause, resume or delete up to 500 tasks."""
    if wish.action not in _DONE:
        return page.done(Toast("Choose what to do.", kind="bad"), back_to=PATH)
    found = await task_list.find(
        hands.session,
        page.viewer.user_id,
        which if wish.is_all else wish.ids,
        limit=MAX_AT_ONCE,
    )
    done = sum([await _do(wish.action, page, hands, task) for task in found])
    # The moment names them all: an address holds no 500 ids.
    again = {"at": page.now.isoformat(), "action": wish.action}
    undo = f"{PATH}/bulk/undo?{urlencode(again)}" if done and wish.action in _UNDONE else None
    toast = Toast(f"{_DONE[wish.action]} {_tasks(done)}.", undo=undo)
    return page.redirect(page.back_to(PATH), toast=toast)


def _tasks(count: int) -> str:
    return f"{count} {'task' if count == 1 else 'tasks'}"


@router.post(f"{PATH}/bulk/undo")
async def undo(
    page: ViewerPage,
    hands: Annotated[Hands, Depends(_hands, scope="function")],
    at: datetime,
    action: str = "",
) -> Response:
    """Undo what was done to many at a moment, within a minute of it."""
    is_recent = at.tzinfo is not None and page.now - service.UNDO_FOR < at <= page.now
    is_known = action in _UNDONE and is_recent
    user_id = page.viewer.user_id
    found = (
        await task_list.changed_at(hands.session, user_id, at, limit=MAX_AT_ONCE)
        if is_known
        else ()
    )
    done = sum([await _undo(action, page, hands, task, at) for task in found])
    toast = (
        Toast(f"{_UNDONE[action]} {_tasks(done)}.")
        if done
        else Toast("That can’t be undone any more.", kind="bad")
    )
    return page.redirect(page.back_to(PATH), toast=toast)


async def _undo(action: str, page: SignedInPage, hands: Hands, task: Task, at: datetime) -> bool:
    """Set one task back, unless it was changed since; tell whether it was."""
    was_deleted, was_active = task.deleted_at is not None, task.state_changed_at == at
    if was_deleted != (action == "delete"):
        return False
    if was_deleted:
        await service.restore(hands.session, page.viewer.user_id, task.id, now=page.now)
    if not was_deleted or was_active:
        return await _do("pause" if action == "resume" else "resume", page, hands, task)
    return True


async def _do(action: str, page: SignedInPage, hands: Hands, task: Task) -> bool:
    """Do it, unless it makes no sense for this task; tell whether it was done."""
    try:
        if action == "delete":
            await service.delete(hands.session, task, now=page.now)
        elif action == "run":
            await hands.launcher.launch(hands.session, task, now=page.now)
        elif task.state is _STATES[action]:
            return False
        else:
            update = TaskUpdate(state=_STATES[action])
            await service.update(hands.session, task, update, hands.channels, now=page.now)
    except ConflictError:
        return False
    return True
