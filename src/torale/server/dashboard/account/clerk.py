"""Clerk pages: its components, and the exchange of its session for one of ours."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response

from torale.server.auth import rules
from torale.server.auth.accounts import sessions
from torale.server.auth.clerk.provider import CLERK
from torale.server.auth.dependencies import count_failure
from torale.server.auth.errors import SessionTokenRequiredError
from torale.server.auth.throttle import admit_try
from torale.server.dashboard.web.origins import require_own_page
from torale.server.dashboard.web.pages import AnyPage, OpenPage, security_headers
from torale.server.database import Session
from torale.server.errors import NotFoundError, UnauthorizedError
from torale.server.settings import clerk
from torale.server.settings.base import Settings

SIGNED_OUT = "/signed-out"
_SCRIPTS = "/static/vendor/clerk/"
# Bots are told from people there, and pictures of people are kept there.
_CHALLENGES, _PICTURES = "https://challenges.cloudflare.com", "https://img.clerk.com"
# Clerk's protection against fraud; its hosts use ports of their own.
_PROTECTION, _PROTECTION_PORTS = "https://*.protect.clerk.com", "https://*.protect.clerk.com:*"

router = APIRouter()


def policy_of(settings: Settings) -> str:
    """Return the policy of pages with Clerk's components, as its documentation asks for it."""
    clerk = frontend_of(settings)
    return "; ".join(
        " ".join(directive)
        for directive in (
            ["default-src", "'none'"],
            _of("script-src", "'self'", clerk, _CHALLENGES, _PROTECTION),
            _of("connect-src", "'self'", clerk, _PROTECTION_PORTS),
            _of("frame-src", clerk, _CHALLENGES, _PROTECTION_PORTS),
            ["img-src", "'self'", "data:", _PICTURES],
            ["style-src", "'self'", "'unsafe-inline'"],
            ["font-src", "'self'"],
            ["worker-src", "'self'", "blob:"],
            ["form-action", "'self'"],
            ["base-uri", "'none'"],
            ["frame-ancestors", "'none'"],
        )
    )


def _of(name: str, *sources: str) -> Sequence[str]:
    return [name, *(source for source in sources if source)]


def frontend_of(settings: Settings) -> str:
    """Return where the browser reaches Clerk; empty without CLERK_PUBLISHABLE_KEY."""
    key = settings.clerk_publishable_key
    return clerk.issuer_in(key) if key else ""


def clerk_page(page: AnyPage, template: str, *, mode: str, **context: Any) -> Response:
    """Answer with a page that carries a component of Clerk.

    Args:
        page: The request's.
        template: Includes `account/_clerk.html` where the component goes.
        mode: `sign-in`, `sign-up`, `sign-out` or `profile`.
        context: For the template.
    """
    page.policy = policy_of(page.settings)
    # A provider that Clerk opens in a window of its own must be able to answer.
    headers = {"Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
    shown: dict[str, Any] = {
        "next": "/tasks",
        "mode": mode,
        "clerk_key": page.settings.clerk_publishable_key,
        "clerk_host": frontend_of(page.settings).removeprefix("https://"),
        "clerk_scripts": [f"{_SCRIPTS}ui.browser.js", f"{_SCRIPTS}clerk.browser.js"],
    }
    return page.render(template, headers=headers, **{**shown, **context})


@router.get(SIGNED_OUT)
async def show_signed_out(page: OpenPage) -> Response:
    """End the session at Clerk too. Ours is over: for the signed-in this page does nothing."""
    if page.visitor is not None or not page.settings.clerk_instance:
        return page.redirect("/")
    return clerk_page(page, "account/signed_out.html", mode="sign-out")


@router.post("/auth/clerk/session")
async def begin_session(page: OpenPage, session: Session, request: Request) -> Response:
    """Begin a session for the user of a session token, sent as a bearer by a page of ours.

    Raises:
        CrossSiteError: It was not a page of ours that sent it.
        UnauthorizedError: The token does not hold.
        InactiveUserError: The user was deactivated.
        RateLimitedError: There were too many tries.
    """
    # The rule of all screens lets bearers pass, as no browser adds one by itself. But this one
    # signs a browser in: another site must not be able to make it somebody else's.
    require_own_page(request)
    clerk = CLERK.of(request)
    if clerk is None or page.settings.is_noauth:
        raise NotFoundError("Sign-in through Clerk is off")
    await admit_try(request, page.now)
    try:
        credential = rules.read_credential(request.headers.getlist("authorization"))
        if not isinstance(credential, rules.Token):
            raise SessionTokenRequiredError
        user, found = await clerk.sign_in(credential.raw, now=page.now)
    except UnauthorizedError as error:
        if error.credential_sent:
            await count_failure(request, page.now)
        raise
    token = await sessions.begin(
        session,
        user,
        request,
        page.now,
        method="clerk",
        provider_session=found.session_id,
    )
    headers = {**security_headers(), "Cache-Control": "no-store"}
    response = Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    sessions.set_cookie(response, request, token)
    return response
