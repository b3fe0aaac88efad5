"""Password recovery: a link by mail, and a new password by the link."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Response

from torale.server.auth.accounts.own_accounts import read_address
from torale.server.auth.accounts.passwords import check_password
from torale.server.auth.throttle import admit_mail, admit_try
from torale.server.dashboard.account.own_accounts import OwnAccounts, enter, wait_words
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of
from torale.server.dashboard.web.pages import AnyPage, OpenPage
from torale.server.database import Session
from torale.server.errors import InvalidFieldError
from torale.server.limits.errors import RateLimitedError

router = APIRouter()


@router.get("/forgot")
async def show_forgot(page: OpenPage, accounts: OwnAccounts) -> Response:  # noqa: ARG001
    return _forgot(page)


@router.post("/forgot")
async def forgot(
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    email: Annotated[str, Form()] = "",
) -> Response:
    """Have a link mailed. The answer is the same whether there is an account or not."""
    try:
        address = read_address(email)
        await admit_mail(page.request, address, page.now)
    except InvalidFieldError as error:
        return _forgot(page, email, problems_of(error))
    except RateLimitedError as error:
        return _too_many(_forgot(page, email, Problems({"": wait_words(error.retry_after)})), error)
    await accounts.ask_reset(session, address, now=page.now)
    has_mail = page.settings.smtp_url is not None
    return page.render("account/forgot_sent.html", email=address, has_mail=has_mail)


@router.get("/reset/{token}")
async def show_reset(token: str, page: OpenPage, accounts: OwnAccounts) -> Response:
    address = await accounts.address_of_link(token, now=page.now)
    if address is None:
        return page.render("account/reset_over.html", HTTPStatus.NOT_FOUND)
    return _reset(page, token)


@router.post("/reset/{token}")
async def reset(
    token: str,
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    password: Annotated[str, Form()] = "",
) -> Response:
    """Set the password, end all sessions and begin one."""
    address = await accounts.address_of_link(token, now=page.now)
    problems, headers = await _refusal(page, address or "", password)
    if problems:
        return _reset(page, token, problems, headers)
    user = None
    if address is not None:
        hashed = await accounts.passwords.hash(password)
        user = await accounts.reset(session, token, hashed, now=page.now)
    if user is None:
        return page.render("account/reset_over.html", HTTPStatus.NOT_FOUND)
    toast = Toast("Your password is set. Everybody else was signed out of your account.")
    return await enter(page, session, user, "/tasks", toast=toast)


async def _refusal(page: AnyPage, address: str, password: str) -> tuple[Problems, dict[str, str]]:
    try:
        await admit_try(page.request, page.now)
        if address:
            check_password(password, address)
    except InvalidFieldError as error:
        return problems_of(error), {}
    except RateLimitedError as error:
        return Problems({"": wait_words(error.retry_after)}), dict(error.headers)
    return Problems(), {}


def _forgot(page: AnyPage, email: str = "", problems: Problems | None = None) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return page.render("account/forgot.html", status, email=email, problems=problems or Problems())


def _reset(
    page: AnyPage,
    token: str,
    problems: Problems | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    if headers:
        status = HTTPStatus.TOO_MANY_REQUESTS
    return page.render(
        "account/reset.html",
        status,
        headers={"Cache-Control": "no-store", **(headers or {})},
        token=token,
        problems=problems or Problems(),
    )


def _too_many(response: Response, error: RateLimitedError) -> Response:
    response.status_code = error.status
    response.headers["Retry-After"] = str(error.retry_after)
    return response
