"""Own accounts: the rules that their pages share, and the sign-in that these end with."""

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.accounts import sessions
from torale.server.auth.accounts.oauth import OAUTH_PROVIDERS
from torale.server.auth.accounts.own_accounts import ACCOUNTS, Accounts
from torale.server.auth.models import User
from torale.server.dashboard.account.clerk import clerk_page
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.pages import AnyPage, safe_path
from torale.server.errors import NotFoundError
from torale.server.settings.base import SETTINGS


def _accounts(request: Request) -> Accounts:
    settings = SETTINGS.of(request)
    if settings.clerk_instance or settings.is_noauth:
        raise NotFoundError("This server has no accounts of its own")
    return ACCOUNTS.of(request)


OwnAccounts = Annotated[Accounts, Depends(_accounts)]
"""For what only servers without Clerk have: elsewhere it is not there."""


def elsewhere(page: AnyPage, mode: str, wanted: str) -> Response | None:
    """Answer for the form of `mode`, where it is not to be shown; None where it is.

    The signed-in go where they wanted; with Clerk, its own component takes the form's place.
    """
    if page.visitor is not None:
        return page.redirect(safe_path(wanted))
    if page.settings.clerk_instance:
        return clerk_page(page, "account/clerk.html", mode=mode, next=safe_path(wanted))
    return None


async def enter(
    page: AnyPage,
    session: AsyncSession,
    user: User,
    path: str,
    *,
    method: str = "password",
    toast: Toast | None = None,
) -> Response:
    """Begin a session and lead to `path`. The transaction commits before the answer leaves."""
    token = await sessions.begin(session, user, page.request, page.now, method=method)
    response = page.redirect(path, toast=toast)
    sessions.set_cookie(response, page.request, token)
    return response


def wait_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    unit = "minute" if minutes == 1 else "minutes"
    return f"There were too many tries. Try again in {minutes} {unit}."


def ways_in(page: AnyPage) -> list[tuple[str, str]]:
    """Return the providers that stand beside the password, as key and name."""
    known = OAUTH_PROVIDERS.of(page.request).values()
    return [(provider.key, provider.name) for provider in known]
