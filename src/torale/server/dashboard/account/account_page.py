"""Account settings: profile, ways to sign in, sessions, export, deletion."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth import service
from torale.server.auth.accounts import identities, profile, sessions
from torale.server.auth.accounts.own_accounts import Accounts, is_own_account
from torale.server.auth.accounts.passwords import check_password
from torale.server.auth.models import Identity, Password, UserSession
from torale.server.auth.throttle import admit_sign_in
from torale.server.dashboard.account import export
from torale.server.dashboard.account.clerk import clerk_page
from torale.server.dashboard.account.own_accounts import OwnAccounts, enter, wait_words, ways_in
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of
from torale.server.dashboard.web.pages import THEMES, SignedInPage, ViewerPage, security_headers
from torale.server.dashboard.web.times import known_zone
from torale.server.database import Session
from torale.server.errors import (
    ConflictError,
    ForbiddenError,
    InvalidFieldError,
    NotFoundError,
    known_id,
)
from torale.server.limits.errors import RateLimitedError
from torale.server.notifications.dependencies import OwnSessions, TheChannels

PATH = "/settings/account"
RECENT = timedelta(minutes=30)
_YEAR_SECONDS = 31_536_000
_THEMES = [("auto", "Like the system", ""), ("light", "Light", ""), ("dark", "Dark", "")]
_METHODS = {"google": "Google", "github": "GitHub", "clerk": "Clerk", "setup": "the set-up link"}
_AGAIN = "You signed in a while ago. Sign out and in again, then do this within 30 minutes."
_NO_SESSION = "There is no such session"

router = APIRouter()


@router.get(PATH)
async def show_account(page: ViewerPage, session: Session) -> Response:
    return await _show(page, session)


@router.get(f"{PATH}/clerk")
async def show_clerk(page: ViewerPage) -> Response:
    """Show Clerk's own profile: addresses, passwords, second factors, devices."""
    if not page.settings.clerk_instance or page.settings.is_noauth:
        raise NotFoundError("This server does not sign in through Clerk")
    return clerk_page(page, "account/account_clerk.html", mode="profile", nav="settings")


@router.post(PATH)
async def save_profile(
    page: ViewerPage,
    session: Session,
    name: Annotated[str, Form()] = "",
    timezone: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "auto",
) -> Response:
    """Keep name and zone with the user, and the theme with this browser."""
    typed = {"name": name, "timezone": timezone}
    if timezone and known_zone(timezone) is None:
        wrong = Problems({"timezone": "Choose a zone such as Europe/Berlin."})
        return await _show(page, session, wrong, **typed)
    try:
        read = profile.read_name(name)
    except InvalidFieldError as error:
        return await _show(page, session, problems_of(error), **typed)
    user_id = page.viewer.user_id
    await profile.change(session, user_id, name=read, timezone=timezone or None, now=page.now)
    response = page.redirect(PATH, toast=Toast("Saved."))
    # Not HttpOnly: the button in the rail writes it too.
    response.set_cookie(
        "theme",
        theme if theme in THEMES else "auto",
        max_age=_YEAR_SECONDS,
        path="/",
        secure=sessions.is_secure(page.request),
        samesite="lax",
    )
    return response


@router.post(f"{PATH}/sessions/{{session_id}}/end")
async def end_session(session_id: str, page: ViewerPage, session: Session) -> Response:
    """Sign out one browser."""
    found = known_id(session_id, _NO_SESSION)
    if not await sessions.end(session, page.viewer.user_id, found):
        raise NotFoundError(_NO_SESSION)
    return page.redirect(PATH, toast=Toast("That browser is signed out."))


@router.post(f"{PATH}/sessions/end")
async def end_other_sessions(page: ViewerPage, session: Session) -> Response:
    """Sign out everywhere else."""
    await sessions.end_all(session, page.viewer.user_id, but=page.viewer.session_id)
    return page.redirect(PATH, toast=Toast("Signed out everywhere else."))


@router.post(f"{PATH}/password")
async def change_password(
    page: ViewerPage,
    accounts: OwnAccounts,
    session: Session,
    current: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Set another password. Every session ends; this browser gets a new one."""
    email = page.viewer.email
    try:
        check_password(password, email)
        await admit_sign_in(page.request, email, page.now)
        await _prove(page, accounts, current)
    except InvalidFieldError as error:
        return await _show(page, session, problems_of(error))
    except RateLimitedError as error:
        response = await _show(page, session, Problems({"current": wait_words(error.retry_after)}))
        response.status_code = error.status
        response.headers["Retry-After"] = str(error.retry_after)
        return response
    hashed = await accounts.passwords.hash(password)
    user = await service.get_user(session, page.viewer.user_id)
    await accounts.set_password(session, user, hashed, now=page.now)
    toast = Toast("The password is changed. All other browsers are signed out.")
    return await enter(page, session, user, PATH, toast=toast)


async def _prove(page: SignedInPage, accounts: Accounts, current: str) -> None:
    """Hold who changes the password to the old one, or to a fresh sign-in where there is none.

    In transactions of its own: none is open while argon2 works.

    Raises:
        InvalidFieldError: They prove nothing.
    """
    email = page.viewer.email
    if not is_own_account(page.viewer.user_id, email):
        raise InvalidFieldError("current", message="This account can have no password here.")
    if not await accounts.has_password(email):
        async with accounts.sessions.begin() as session:
            is_recent = await _is_recent(page, session)
        if not is_recent:
            raise InvalidFieldError("password", message=_AGAIN)
    elif await accounts.check(email, current) is None:
        raise InvalidFieldError("current", message="That is not your password.")


@router.post(f"{PATH}/identities/{{identity_id}}/disconnect")
async def disconnect(
    identity_id: str, page: ViewerPage, accounts: OwnAccounts, session: Session
) -> Response:
    """Let an account elsewhere sign in no more; never the last way in."""
    del accounts  # only servers with accounts of their own have this
    missing = "There is no such account"
    found = known_id(identity_id, missing)
    try:
        gone = await identities.disconnect(session, page.viewer.user_id, found, now=page.now)
    except ConflictError as error:
        return page.redirect(PATH, toast=Toast(error.detail, kind="bad"))
    if gone is None:
        raise NotFoundError(missing)
    return page.redirect(PATH, toast=Toast(f"{_METHODS.get(gone, gone)} is disconnected."))


@router.get(f"{PATH}/export")
async def export_everything(page: ViewerPage, own: OwnSessions, channels: TheChannels) -> Response:
    """Hand out all that is the viewer's, as JSON."""
    written = export.write(own, channels, page.viewer.user_id, page.now)
    headers = {
        **security_headers(),
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="torale-{page.now:%Y-%m-%d}.json"',
    }
    return StreamingResponse(written, headers=headers, media_type="application/json")


@router.post(f"{PATH}/delete")
async def delete_account(
    page: ViewerPage, session: Session, request: Request, email: Annotated[str, Form()] = ""
) -> Response:
    """Delete the account and all that is in it, now, if the address was typed."""
    if page.settings.is_noauth:
        raise ForbiddenError("The local user of TORALE_NOAUTH cannot be deleted")
    if email.strip().lower() != page.viewer.email.lower():
        wrong = Problems({"email": f"Type {page.viewer.email} to confirm."})
        return await _show(page, session, wrong)
    if not await _is_recent(page, session):
        return await _show(page, session, Problems({"delete": _AGAIN}))
    try:
        await profile.delete_user(session, page.viewer.user_id, now=page.now)
    except ConflictError as error:
        return await _show(page, session, Problems({"delete": error.detail}))
    path = "/signed-out" if page.settings.clerk_instance else "/"
    response = page.redirect(path, toast=Toast("Your account and all that was in it is gone."))
    sessions.clear_cookie(response, request)
    return response


async def _is_recent(page: SignedInPage, session: AsyncSession) -> bool:
    kept = await session.get(UserSession, page.viewer.session_id)
    return kept is not None and page.now - kept.created_at <= RECENT


async def _show(
    page: SignedInPage, session: AsyncSession, problems: Problems | None = None, **typed: str
) -> Response:
    viewer = page.viewer
    has_clerk, is_noauth = bool(page.settings.clerk_instance), page.settings.is_noauth
    shown: dict[str, Any] = {
        "name": viewer.name or "",
        "timezone": viewer.timezone or "",
        **typed,
    }
    if not has_clerk and not is_noauth:
        shown["has_password"] = await session.get(Password, viewer.user_id) is not None
        shown["can_have_password"] = is_own_account(viewer.user_id, viewer.email)
        connected = await identities.of_user(session, viewer.user_id)
        shown["connected"] = [_identity(identity) for identity in connected]
        keys = {identity.provider for identity in connected}
        shown["connectable"] = [way for way in ways_in(page) if way[0] not in keys]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return page.render(
        "account/account_page.html",
        status,
        headers={"Cache-Control": "no-store"},
        nav="settings",
        has_clerk=has_clerk,
        zones=_zones(),
        themes=_THEMES,
        sessions=_listed(page, await sessions.of_user(session, viewer.user_id, now=page.now)),
        problems=problems or Problems(),
        evidence_days=page.settings.evidence_days,
        **shown,
    )


def _zones() -> Sequence[tuple[str, str]]:
    known = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    return [("", "As the browser says"), *((zone, zone.replace("_", " ")) for zone in known)]


def _identity(identity: Identity) -> dict[str, Any]:
    name = _METHODS.get(identity.provider, identity.provider)
    return {"id": identity.id, "key": identity.provider, "name": name, "email": identity.email}


@dataclass(frozen=True, slots=True)
class ListedSession:
    id: UUID
    agent: str
    address: str
    method: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


def _listed(page: SignedInPage, found: Sequence[UserSession]) -> list[ListedSession]:
    return [
        ListedSession(
            id=known.id,
            agent=known.agent,
            address=known.address,
            method=_METHODS.get(known.method, "the password"),
            created_at=known.created_at,
            last_seen_at=known.last_seen_at,
            is_this=known.id == page.viewer.session_id,
        )
        for known in found
    ]
