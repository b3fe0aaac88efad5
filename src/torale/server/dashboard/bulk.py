"""One thing done to many tasks."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import TaskState, TaskUpdate
from torale.server.dashboard.flash import Toast
from torale.server.dashboard.pages import Page, ViewerPage
from torale.server.dashboard.tasks import MAX_AT_ONCE, PATH, Which
from torale.server.database import Session
from torale.server.errors import ConflictError
from torale.server.tasks import board, service
from torale.server.tasks.models import Task
from torale.server.tasks.ports import ChannelBook, Channels, Executions, Launcher

_STATES = {"pause": TaskState.PAUSED, "resume": TaskState.ACTIVE}
_DONE = {"run": "Checking", "pause": "Paused", "resume": "Resumed", "delete": "Deleted"}

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done, and to which tasks: those named, or all that the filter finds."""

    action: str
    ids: list[UUID]
    is_all: bool


def _wish(
    action: Annotated[str, Form()] = "",
    ids: Annotated[list[str] | None, Form(alias="id")] = None,
    scope: Annotated[str, Form()] = "chosen",
) -> Wish:
    known = [found for one in ids or [] if (found := _id(one))]
    return Wish(action, known, scope == "all")


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
    wish: Annotated[Wish, Depends(_wish)],
) -> Response:
    """Run, pause, resume or delete up to 500 tasks."""
    if wish.action not in _DONE:
        return page.done(Toast("Choose what to do.", kind="bad"), back_to=PATH)
    found = await board.find(
        hands.session,
        page.viewer.user_id,
        which if wish.is_all else wish.ids,
        limit=MAX_AT_ONCE,
    )
    done = sum([await _do(wish.action, page, hands, task) for task in found])
    told = f"{_DONE[wish.action]} {done} {'task' if done == 1 else 'tasks'}."
    return page.redirect(page.back_to(PATH), toast=Toast(told))


async def _do(action: str, page: Page, hands: Hands, task: Task) -> bool:
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
