"""Admin console: numbers, users, executions, errors, the queue, the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from torale.contract.executions import ExecutionStatus
from torale.server.admin import service, users
from torale.server.admin.rules import PageOf
from torale.server.auth.errors import USER_MISSING
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.pages import AdminPage
from torale.server.database import Session
from torale.server.engine.base import JOB_LIST, JobInfo
from torale.server.errors import ConflictError, known_id

PATH = "/console"
_WEEK = timedelta(days=7)
_LIMIT = 25
_FEW = 5
_SILENT = timedelta(seconds=60)
"""A process that has not shown itself for so long is marked."""

Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]
Words = Annotated[str, Query(max_length=254)]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ConsolePart:
    """Where one page of a list lies in the whole; `path` ends where the page's number goes."""

    number: int
    total: int
    path: str

    @property
    def last(self) -> int:
        return max(1, -(-self.total // _LIMIT))


def _part(name: str, number: int, total: int, **query: str) -> ConsolePart:
    kept = {key: value for key, value in query.items() if value}
    return ConsolePart(number, total, f"{PATH}/{name}?{urlencode({**kept, 'page': ''})}")


@router.get(PATH)
async def show_console(page: AdminPage, session: Session) -> Response:
    """Show how the service does."""
    return page.render(
        "operator/overview.html",
        nav="console",
        stats=await service.stats(session, now=page.now),
        groups=(await service.error_groups(session, since=page.now - _WEEK))[:_FEW],
        flying=await service.in_flight(session),
        overdue=await service.overdue(session, now=page.now),
        processes=await service.processes(session),
        silent_since=page.now - _SILENT,
    )


@router.get(f"{PATH}/users")
async def show_users(
    page: AdminPage, session: Session, number: Number = 1, q: Words = ""
) -> Response:
    """List users, and let them be shut out and in."""
    found, total = await users.page_of_users(
        session, PageOf(number, _LIMIT), now=page.now, search=q.strip()
    )
    part = _part("users", number, total, q=q.strip())
    return page.render("operator/users.html", nav="console", people=found, part=part, q=q)


@router.post(f"{PATH}/users/{{user_id}}/{{act}}")
async def change_user(user_id: str, act: str, page: AdminPage, session: Session) -> Response:
    """Deactivate a user, or let them in again."""
    known = known_id(user_id, USER_MISSING)
    back = page.back_to(f"{PATH}/users")
    changes = {"activate": users.activate, "deactivate": users.deactivate}
    if act not in changes:
        return page.redirect(back, toast=Toast("Choose what to do.", kind="bad"))
    try:
        user = await changes[act](session, known, actor_id=page.viewer.user_id, now=page.now)
    except ConflictError as error:
        return page.redirect(back, toast=Toast(f"{error.detail}.", kind="bad"))
    return page.redirect(back, toast=Toast(f"{user.email} is {user.state} now."))


@router.get(f"{PATH}/executions")
async def show_executions(
    page: AdminPage, session: Session, number: Number = 1, status: str = ""
) -> Response:
    """List everybody's executions, newest first."""
    known = ExecutionStatus(status) if status in set(ExecutionStatus) else None
    found, total = await service.executions(session, PageOf(number, _LIMIT), status=known)
    part = _part("executions", number, total, status=known or "")
    return page.render(
        "operator/executions.html",
        nav="console",
        executions=found,
        part=part,
        chosen=known or "",
        statuses=("", *ExecutionStatus),
    )


@router.get(f"{PATH}/errors")
async def show_errors(page: AdminPage, session: Session, kind: Words = "") -> Response:
    """Group the errors of a week; of the chosen kind, name the tasks that it meets."""
    since = page.now - _WEEK
    return page.render(
        "operator/errors.html",
        nav="console",
        groups=await service.error_groups(session, since=since),
        kind=kind,
        tasks=await service.failing_tasks(session, kind, since=since) if kind else [],
    )


async def _unfinished(request: Request, _: AdminPage) -> Sequence[JobInfo]:
    # Before the request's transaction opens: the engine reads through a connection of its own.
    return await JOB_LIST.of(request).jobs()


@router.get(f"{PATH}/queue")
async def show_queue(
    page: AdminPage,
    jobs: Annotated[Sequence[JobInfo], Depends(_unfinished)],
    session: Session,
) -> Response:
    """Show who works, what waits, what is due next."""
    return page.render(
        "operator/queue.html",
        nav="console",
        jobs=jobs,
        flying=await service.in_flight(session),
        overdue=await service.overdue(session, now=page.now),
        processes=await service.processes(session),
        silent_since=page.now - _SILENT,
        due=(await service.next_tasks(session))[:_LIMIT],
    )


@router.get(f"{PATH}/audit")
async def show_audit(
    page: AdminPage, session: Session, number: Number = 1, action: Words = ""
) -> Response:
    """List who did what, newest first."""
    begins = action.strip()
    events, total = await users.page_of_audit(session, PageOf(number, _LIMIT), action=begins)
    return page.render(
        "operator/audit.html",
        nav="console",
        events=events,
        emails=await users.emails(session, events),
        part=_part("audit", number, total, action=begins),
        action=begins,
    )
