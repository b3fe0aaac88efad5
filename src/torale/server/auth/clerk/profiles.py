"""Profiles of users at Clerk, alike in its Backend API and its webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from torale.server.auth.clerk import tokens
from torale.server.auth.clerk.fetching import ClerkFetcher, unavailable
from torale.server.auth.models import Role
from torale.server.auth.rules import is_email

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MILLISECOND = 253_402_000_000_000  # in the year 9999


class NoProfileError(ValueError):
    """That is not how Clerk describes a user."""


@dataclass(frozen=True, slots=True)
class ClerkProfile:
    """The part of it that is ours to keep.

    Attributes:
        email: The primary address; None unless it is verified.
        updated_at: By Clerk's clock.
    """

    user_id: str
    email: str | None
    role: Role
    updated_at: datetime


class Users:
    """Clerk's Backend API."""

    def __init__(self, url: str, secret_key: str, fetcher: ClerkFetcher) -> None:
        self._url = url
        self._secret_key = secret_key
        self._fetcher = fetcher

    async def get(self, user_id: str, *, now: datetime) -> ClerkProfile | None:
        """Return what Clerk says of a user now; None if it has no such user.

        Raises:
            SignInUnavailableError: It gave no answer, or one that makes no sense.
        """
        url = f"{self._url}/v1/users/{user_id}"
        answer = await self._fetcher.get(url, bearer=self._secret_key)
        if answer is None:
            return None
        try:
            profile = read_profile(answer, otherwise=now)
        except NoProfileError as error:
            raise unavailable(self._url, f"describes no user: {error}") from None
        if profile.user_id != user_id:
            raise unavailable(self._url, "answered with another user")
        return profile


def read_profile(data: object, *, otherwise: datetime) -> ClerkProfile:
    """Read a user object.

    Args:
        data: As JSON gave it.
        otherwise: When it is from, if it does not say so.

    Raises:
        NoProfileError: It is none.
    """
    if not isinstance(data, dict):
        raise NoProfileError("no object")
    user = cast(dict[str, Any], data)
    user_id = user.get("id")
    if not tokens.is_user_id(user_id):
        raise NoProfileError("id")
    updated_at = user.get("updated_at")
    moment = otherwise if updated_at is None else moment_of(updated_at)
    return ClerkProfile(str(user_id), _verified_address(user), _role(user), moment)


def moment_of(milliseconds: object) -> datetime:
    """Return a time of Clerk's, which counts milliseconds.

    Raises:
        NoProfileError: It is none.
    """
    if not isinstance(milliseconds, int) or not 0 <= milliseconds <= _LAST_MILLISECOND:
        raise NoProfileError("updated_at")
    return _EPOCH + timedelta(milliseconds=milliseconds)


def _verified_address(user: Mapping[str, Any]) -> str | None:
    primary = user.get("primary_email_address_id")
    addresses = user.get("email_addresses")
    if not isinstance(primary, str) or not isinstance(addresses, list):
        return None
    for address in addresses:
        if isinstance(address, dict) and address.get("id") == primary:
            return _address(cast(dict[str, Any], address))
    return None


def _address(entry: Mapping[str, Any]) -> str | None:
    verification, email = entry.get("verification"), entry.get("email_address")
    is_verified = isinstance(verification, dict) and verification.get("status") == "verified"
    if not is_verified or not isinstance(email, str):
        return None
    return email if is_email(email) and email.isprintable() else None


def _role(user: Mapping[str, Any]) -> Role:
    # Only the public metadata: users write the unsafe metadata themselves.
    metadata = user.get("public_metadata")
    is_admin = isinstance(metadata, dict) and metadata.get("role") == Role.ADMIN.value
    return Role.ADMIN if is_admin else Role.USER
