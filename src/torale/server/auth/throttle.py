"""Limits of signing in and of mails to an address, by address and by client."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request

from torale.server.auth.dependencies import client_block
from torale.server.limits import LIMITS, LimitPolicy, Window
from torale.server.limits.errors import RateLimitedError

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_MANY = 20_000

# From one client against one address; from one client against all; from all against one.
_GUESSES = LimitPolicy("sign_in", (Window("quarter", 10, 15 * _MINUTE),), _MANY)
_CLIENTS = LimitPolicy(
    "sign_in_client", (Window("minute", 20, _MINUTE), Window("hour", 120, _HOUR)), _MANY
)
_TARGETS = LimitPolicy("sign_in_target", (Window("hour", 100, _HOUR),), _MANY)
_MAILS = LimitPolicy("account_mail", (Window("hour", 5, _HOUR), Window("day", 20, _DAY)), _MANY)


async def admit_sign_in(request: Request, email: str, now: datetime) -> None:
    """Count a try to sign in, whatever will become of it.

    Raises:
        RateLimitedError: There were too many.
    """
    client = client_block(request)
    wanted = [(_CLIENTS, client), (_GUESSES, f"{client} {email}"), (_TARGETS, email)]
    await _take(request, wanted, now)


async def admit_mail(request: Request, email: str, now: datetime) -> None:
    """Count a mail that somebody wants sent to an address.

    Raises:
        RateLimitedError: There were too many.
    """
    await _take(request, [(_CLIENTS, client_block(request)), (_MAILS, email)], now)


async def admit_try(request: Request, now: datetime) -> None:
    """Count what a client tries with codes and links.

    Raises:
        RateLimitedError: There was too much.
    """
    await _take(request, [(_CLIENTS, client_block(request))], now)


async def _take(request: Request, wanted: Sequence[tuple[LimitPolicy, str]], now: datetime) -> None:
    limits = LIMITS.of(request)
    for policy, subject in wanted:
        decision = await limits.take(policy, subject, now)
        if not decision.is_admitted:
            raise RateLimitedError(decision.retry_after)
