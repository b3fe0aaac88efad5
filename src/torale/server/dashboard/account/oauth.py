"""OAuth pages: the way to Google or GitHub and back."""

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth import service
from torale.server.auth.accounts import identities, oauth, sessions
from torale.server.auth.accounts.oauth import (
    OAUTH_CLIENT,
    OAUTH_PROVIDERS,
    Flow,
    OAuthFailedError,
    OAuthProfile,
    Provider,
)
from torale.server.crypto import VAULT
from torale.server.dashboard.account.own_accounts import OwnAccounts, enter
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.pages import AnyPage, OpenPage, safe_path
from torale.server.database import Session
from torale.server.errors import ConflictError, NotFoundError

log = structlog.get_logger()

_ACCOUNT = "/settings/account"

router = APIRouter()


def _provider(key: str, request: Request, accounts: OwnAccounts) -> Provider:  # noqa: ARG001
    found = OAUTH_PROVIDERS.of(request)
    if key not in found:
        raise NotFoundError("There is no such way to sign in")
    return found[key]


@router.get("/sign-in/{key}")
async def leave(
    page: OpenPage,
    provider: Annotated[Provider, Depends(_provider)],
    next: str = "",  # noqa: A002
) -> Response:
    """Lead to the provider. Who is signed in already connects the account there to theirs."""
    visitor = page.visitor
    default = _ACCOUNT if visitor else "/tasks"
    user_id = str(visitor.user_id) if visitor else ""
    flow = oauth.begin_flow(provider, safe_path(next, default), user_id, page.now)
    response = page.redirect(oauth.authorize_url(provider, flow, _callback(page, provider)))
    response.set_cookie(
        oauth.cookie_of(flow.state),
        oauth.seal_flow(VAULT.of(page.request), flow),
        max_age=int(oauth.FLOW_LIVES.total_seconds()),
        path=f"/sign-in/{provider.key}/callback",
        secure=sessions.is_secure(page.request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get("/sign-in/{key}/callback")
async def come_back(
    page: OpenPage,
    provider: Annotated[Provider, Depends(_provider)],
    session: Session,
    state: str = "",
    code: str = "",
) -> Response:
    """Sign in whoever the provider says it is, if this browser began it."""
    cookie = oauth.cookie_of(state)
    sealed = page.request.cookies.get(cookie, "")
    flow = oauth.open_flow(VAULT.of(page.request), sealed, provider.key, state, now=page.now)
    if flow is None or not code:
        return _failed(
            page, cookie, provider, f"Signing in with {provider.name} was not completed."
        )
    try:
        back = _callback(page, provider)
        profile = await OAUTH_CLIENT.of(page.request).profile(provider, flow, code, back, page.now)
        response = await _arrive(page, session, flow, profile)
    except OAuthFailedError as error:
        log.warning("oauth.failed", provider=provider.key, reason=str(error))
        return _failed(page, cookie, provider, f"{provider.name} did not confirm who you are.")
    except ConflictError as error:
        return _failed(page, cookie, provider, error.detail)
    response.delete_cookie(cookie, path=f"/sign-in/{provider.key}/callback")
    return response


async def _arrive(
    page: AnyPage, session: AsyncSession, flow: Flow, profile: OAuthProfile
) -> Response:
    if not flow.user_id:
        user = await identities.sign_in(session, profile, now=page.now)
        return await enter(page, session, user, flow.next_path, method=profile.provider)
    # Connecting: whoever began it must still be signed in here.
    if page.visitor is None or page.visitor.user_id != UUID(flow.user_id):
        raise ConflictError("You were signed out meanwhile. Sign in and try again.")
    user = await service.get_user(session, page.visitor.user_id)
    await identities.connect(session, user, profile, now=page.now)
    return page.redirect(flow.next_path, toast=Toast("The account is connected."))


def _failed(page: AnyPage, cookie: str, provider: Provider, words: str) -> Response:
    path = _ACCOUNT if page.visitor else "/sign-in"
    response = page.redirect(path, toast=Toast(words, kind="bad"))
    response.delete_cookie(cookie, path=f"/sign-in/{provider.key}/callback")
    return response


def _callback(page: AnyPage, provider: Provider) -> str:
    return f"{page.base_url}/sign-in/{provider.key}/callback"
