"""Sign-in page, and the way out."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from torale.server.auth.accounts import sessions
from torale.server.auth.accounts.own_accounts import read_address
from torale.server.auth.throttle import admit_sign_in
from torale.server.dashboard.account.clerk import SIGNED_OUT
from torale.server.dashboard.account.own_accounts import (
    OwnAccounts,
    elsewhere,
    enter,
    wait_words,
    ways_in,
)
from torale.server.dashboard.web.forms import Problems, problems_of
from torale.server.dashboard.web.pages import AnyPage, OpenPage, safe_path
from torale.server.database import Session
from torale.server.errors import InvalidFieldError
from torale.server.limits.errors import RateLimitedError

_WRONG = "The address or the password is wrong."

router = APIRouter()


@router.get("/sign-in")
async def show_sign_in(page: OpenPage, next: str = "") -> Response:  # noqa: A002  (the query's name)
    return elsewhere(page, "sign-in", next) or _form(page, next)


@router.post("/sign-in")
async def sign_in(
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Begin a session, or say that address and password do not belong together."""
    try:
        address = read_address(email)
        await admit_sign_in(page.request, address, page.now)
    except InvalidFieldError as error:
        return _form(page, next, email, problems_of(error))
    except RateLimitedError as error:
        return _too_many(page, next, email, error)
    checked = await accounts.check(address, password)
    user = await accounts.sign_in(session, address, checked) if checked is not None else None
    if user is None:
        return _form(page, next, email, Problems({"": _WRONG}))
    return await enter(page, session, user, safe_path(next))


@router.post("/sign-out")
async def sign_out(page: OpenPage, session: Session, request: Request) -> Response:
    """End this browser's session; with Clerk, the next page ends the one there."""
    token = sessions.token_of(request)
    if token is not None:
        await sessions.end_token(session, token)
    response = page.redirect(SIGNED_OUT if page.settings.clerk_instance else "/")
    sessions.clear_cookie(response, request)
    return response


def _form(
    page: AnyPage, next_path: str, email: str = "", problems: Problems | None = None
) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    found = problems or Problems()
    return page.render(
        "account/sign_in.html",
        status,
        next=safe_path(next_path, ""),
        email=email,
        problems=found,
        providers=ways_in(page),
    )


def _too_many(page: AnyPage, next_path: str, email: str, error: RateLimitedError) -> Response:
    response = _form(page, next_path, email, Problems({"": wait_words(error.retry_after)}))
    response.status_code = error.status
    response.headers["Retry-After"] = str(error.retry_after)
    return response
