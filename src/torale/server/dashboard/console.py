"""For admins: numbers, users, errors, the queue, the audit."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from torale.server.admin import service, users
from torale.server.admin.rules import PageOf
from torale.server.auth.errors import USER_MISSING
from torale.server.dashboard.flash import Toast
from torale.server.dashboard.pages import AdminPage
from torale.server.database import Session
from torale.server.errors import ConflictError, known_id

PATH = "/console"
_WEEK = timedelta(days=7)
_LIMIT = 25

Number = Annotated[int, Query(alias="page", ge=1, le=100_000)]

router = APIRouter()


@router.get(PATH)
async def show_console(page: AdminPage, session: Session) -> Response:
    """Show how the service does."""
    return page.render(
        "console.html",
        nav="console",
        stats=await service.stats(session, now=page.now),
        groups=await service.error_groups(session, since=page.now - _WEEK),
        processes=await service.processes(session),
        overdue=await service.overdue(session, now=page.now),
        events=(await users.page_of_audit(session, PageOf(1, _LIMIT)))[0],
    )


@router.get(f"{PATH}/users")
async def show_users(
    page: AdminPage,
    session: Session,
    number: Number = 1,
    q: Annotated[str, Query(max_length=254)] = "",
) -> Response:
    found, total = await users.page_of_users(
        session, PageOf(number, _LIMIT), now=page.now, search=q.strip()
    )
    last = max(1, -(-total // _LIMIT))
    return page.render(
        "console_users.html",
        nav="console",
        people=found,
        total=total,
        number=number,
        last=last,
        q=q,
    )


@router.post(f"{PATH}/users/{{user_id}}/{{act}}")
async def change_user(user_id: str, act: str, page: AdminPage, session: Session) -> Response:
    """Deactivate a user, or let them in again."""
    known = known_id(user_id, USER_MISSING)
    change = users.activate if act == "activate" else users.deactivate
    back = page.back_to(f"{PATH}/users")
    try:
        user = await change(session, known, actor_id=page.viewer.user_id, now=page.now)
    except ConflictError as error:
        return page.redirect(back, toast=Toast(f"{error.detail}.", kind="bad"))
    return page.redirect(back, toast=Toast(f"{user.email} is {user.state} now."))
