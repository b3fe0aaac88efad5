"""First set-up: the link that makes the first admin, once."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth import service
from torale.server.auth.accounts import first_admin
from torale.server.auth.accounts.own_accounts import Accounts, read_new
from torale.server.auth.models import User, UserState
from torale.server.dashboard.account.own_accounts import OwnAccounts, enter
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of
from torale.server.dashboard.web.pages import AnyPage, OpenPage
from torale.server.database import Session
from torale.server.errors import InvalidFieldError, NotFoundError

_OVER = "This link was used, or there is an admin already"
_TAKEN = "This address has an account. Sign in to it, then open this link again."

router = APIRouter()


@router.get("/setup/{token}")
async def show_setup(
    token: str,
    page: OpenPage,
    accounts: OwnAccounts,  # noqa: ARG001
    session: Session,
) -> Response:
    if not await first_admin.is_open(session, token):
        raise NotFoundError(_OVER)
    return _form(page, token)


@router.post("/setup/{token}")
async def set_up(
    token: str,
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make the first admin of whoever is signed in, or of a new account."""
    address, hashed = "", ""
    if page.visitor is None:
        try:
            address = await _free_address(accounts, email, password)
        except InvalidFieldError as error:
            return _form(page, token, email, problems_of(error))
        hashed = await accounts.passwords.hash(password)
    if not await first_admin.use(session, token):
        raise NotFoundError(_OVER)
    if page.visitor is not None:
        user = await service.get_user(session, page.visitor.user_id)
    else:
        user = await _make(accounts, session, address, hashed, page)
    await first_admin.promote(session, user, now=page.now)
    toast = Toast("You are the admin of this server.")
    return await enter(page, session, user, "/tasks", method="setup", toast=toast)


async def _free_address(accounts: Accounts, email: str, password: str) -> str:
    address = read_new(email, password)
    if await accounts.has_password(address):
        raise InvalidFieldError("email", message=_TAKEN)
    return address


async def _make(
    accounts: Accounts, session: AsyncSession, address: str, hashed: str, page: AnyPage
) -> User:
    # Whoever holds the link is the operator: their word proves the address, as in create-key.
    user = await service.ensure_user(session, address, now=page.now)
    user.state = UserState.ACTIVE
    user.email_verified = True
    await accounts.set_password(session, user, hashed, now=page.now)
    return user


def _form(page: AnyPage, token: str, email: str = "", problems: Problems | None = None) -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return page.render(
        "account/set_up.html",
        status,
        headers={"Cache-Control": "no-store"},
        token=token,
        email=email,
        problems=problems or Problems(),
    )
