"""Events of Clerk's webhooks, once it is certain that they are Clerk's."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from standardwebhooks import Webhook, WebhookVerificationError

from torale.server.auth.clerk import tokens
from torale.server.auth.clerk.profiles import ClerkProfile, NoProfileError, moment_of, read_profile
from torale.server.auth.errors import UnsignedEventError

_HEADERS = ("id", "timestamp", "signature")
_OVER = frozenset({"session.ended", "session.removed", "session.revoked"})


@dataclass(frozen=True, slots=True)
class UserChanged:
    profile: ClerkProfile


@dataclass(frozen=True, slots=True)
class UserDeleted:
    user_id: str


@dataclass(frozen=True, slots=True)
class SessionOver:
    session_id: str


Event = UserChanged | UserDeleted | SessionOver


def read(secret: str, headers: Mapping[str, str], body: bytes) -> Event | None:
    """Return what happened; None for what does not concern us.

    Args:
        headers: Names in lower case. Clerk signs under Svix's names, `svix-id` and so on.

    Raises:
        UnsignedEventError: Clerk did not sign it within the last minutes, or cannot mean it.
    """
    signed = {f"webhook-{part}": _header(headers, part) for part in _HEADERS}
    try:
        Webhook(secret).verify(body, signed, json_parse=False)
    except (WebhookVerificationError, ValueError):
        raise UnsignedEventError("The signature does not hold") from None
    try:
        return _event(json.loads(body), sent=int(float(signed["webhook-timestamp"])))
    except (ValueError, RecursionError):
        raise UnsignedEventError("The event makes no sense") from None


def _header(headers: Mapping[str, str], part: str) -> str:
    return headers.get(f"svix-{part}") or headers.get(f"webhook-{part}") or ""


def _event(event: object, *, sent: int) -> Event | None:
    if not isinstance(event, dict):
        raise NoProfileError("no object")
    fields = cast(dict[str, Any], event)
    kind, data = fields.get("type"), fields.get("data")
    if kind in {"user.created", "user.updated"}:
        return UserChanged(read_profile(data, otherwise=_sent_at(fields, sent)))
    named = data.get("id") if isinstance(data, dict) else None
    if kind == "user.deleted":
        if not tokens.is_user_id(named):
            raise NoProfileError("id")
        return UserDeleted(str(named))
    if kind in _OVER:
        if not tokens.is_session_id(named):
            raise NoProfileError("id")
        return SessionOver(str(named))
    return None


def _sent_at(event: Mapping[str, Any], sent: int) -> datetime:
    if event.get("timestamp") is not None:
        return moment_of(event["timestamp"])
    return datetime.fromtimestamp(sent, UTC)
