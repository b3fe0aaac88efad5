"""Sign-up pages: address and password, then the code that was mailed."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Response

from torale.server.auth.accounts.own_accounts import read_new
from torale.server.auth.models import Proof
from torale.server.auth.throttle import admit_mail, admit_try
from torale.server.dashboard.account.own_accounts import (
    OwnAccounts,
    elsewhere,
    enter,
    wait_words,
    ways_in,
)
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of
from torale.server.dashboard.web.pages import AnyPage, OpenPage, safe_path
from torale.server.database import Session
from torale.server.errors import InvalidFieldError, known_id
from torale.server.limits.errors import RateLimitedError

_MISSING = "There is no such sign-up"
_OVER = "This code is over. Have another one sent, or start again."
_WRONG = "That is not the code that we sent last."

router = APIRouter()


@router.get("/sign-up")
async def show_sign_up(page: OpenPage, next: str = "") -> Response:  # noqa: A002
    return elsewhere(page, "sign-up", next) or _form(page, next)


@router.post("/sign-up")
async def sign_up(
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Have a code mailed. The answer is the same whether the address has an account or not."""
    try:
        address = read_new(email, password)
        await admit_mail(page.request, address, page.now)
    except InvalidFieldError as error:
        return _form(page, next, email, problems_of(error))
    except RateLimitedError as error:
        return _form(page, next, email, error=error)
    hashed = await accounts.passwords.hash(password)
    proof = await accounts.ask_sign_up(session, address, hashed, now=page.now)
    return page.redirect(_verify_path(proof.id, next))


@router.get("/verify/{proof_id}")
async def show_verify(proof_id: str, page: OpenPage, next: str = "") -> Response:  # noqa: A002
    return _code_form(page, known_id(proof_id, _MISSING), next)


@router.post("/verify/{proof_id}")
async def verify(
    proof_id: str,
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Complete the sign-up with the code, and begin a session."""
    wanted = known_id(proof_id, _MISSING)
    try:
        await admit_try(page.request, page.now)
    except RateLimitedError as error:
        return _code_form(page, wanted, next, error=error)
    typed = "".join(code.split())
    proof, user = await accounts.confirm(session, wanted, typed, now=page.now)
    if user is None:
        problem = _WRONG if proof is not None else _OVER
        return _code_form(page, wanted, next, Problems({"code": problem}))
    toast = Toast("Your account is ready.")
    return await enter(page, session, user, safe_path(next), toast=toast)


@router.post("/verify/{proof_id}/again")
async def send_again(
    proof_id: str,
    page: OpenPage,
    accounts: OwnAccounts,
    session: Session,
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Have another code mailed for a sign-up."""
    wanted = known_id(proof_id, _MISSING)
    known = await session.get(Proof, wanted)
    if known is None:
        return page.redirect("/sign-up", toast=Toast(_OVER, kind="bad"))
    try:
        await admit_mail(page.request, known.email, page.now)
    except RateLimitedError as error:
        return _code_form(page, wanted, next, error=error)
    proof = await accounts.ask_again(session, wanted, now=page.now)
    toast = Toast("Another code is under way.")
    return page.redirect(_verify_path(proof.id if proof else wanted, next), toast=toast)


def _verify_path(proof_id: UUID, next_path: str) -> str:
    wanted = safe_path(next_path, "")
    return f"/verify/{proof_id}" + (f"?next={quote(wanted, safe='/')}" if wanted else "")


def _form(
    page: AnyPage,
    next_path: str,
    email: str = "",
    problems: Problems | None = None,
    *,
    error: RateLimitedError | None = None,
) -> Response:
    shown = {"next": next_path, "email": email, "providers": ways_in(page)}
    return _shown(page, "account/sign_up.html", problems, error, **shown)


def _code_form(
    page: AnyPage,
    proof_id: UUID,
    next_path: str,
    problems: Problems | None = None,
    *,
    error: RateLimitedError | None = None,
) -> Response:
    has_mail = page.settings.smtp_url is not None
    return _shown(
        page,
        "account/verify.html",
        problems,
        error,
        next=next_path,
        proof_id=proof_id,
        has_mail=has_mail,
    )


def _shown(
    page: AnyPage,
    template: str,
    problems: Problems | None,
    error: RateLimitedError | None,
    **context: Any,
) -> Response:
    found = problems or Problems()
    status, headers = HTTPStatus.OK, {"Cache-Control": "no-store"}
    if error is not None:
        found = Problems({"": wait_words(error.retry_after)})
        status, headers["Retry-After"] = error.status, str(error.retry_after)
    elif problems:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context["next"] = safe_path(str(context["next"]), "")
    return page.render(template, status, headers=headers, problems=found, **context)
