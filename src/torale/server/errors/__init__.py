"""Failures a caller can act on. Anything else is a bug: 500. `errors.handlers` shows them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID


class ToraleError(Exception):
    """A failure the caller can act on. `detail` is one sentence for people."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Mapping[str, str] = {}

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def body(self) -> dict[str, object]:
        """What HTTP answers."""
        return {"detail": self.detail}


class UnauthorizedError(ToraleError):
    """RFC 6750: `error=` is told only when a credential was sent."""

    status = HTTPStatus.UNAUTHORIZED

    def __init__(self, detail: str, *, credential_sent: bool = False) -> None:
        super().__init__(detail)
        self.credential_sent = credential_sent
        challenge = 'Bearer error="invalid_token"' if credential_sent else "Bearer"
        self.headers = {"WWW-Authenticate": challenge}


class ForbiddenError(ToraleError):
    status = HTTPStatus.FORBIDDEN


class NotFoundError(ToraleError):
    status = HTTPStatus.NOT_FOUND


class ConflictError(ToraleError):
    status = HTTPStatus.CONFLICT


class UnavailableError(ToraleError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: Mapping[str, str] = {"Retry-After": "5"}


class InvalidFieldError(ToraleError, ValueError):
    """A field of the request body that the wire's types cannot refuse by themselves."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, *loc: str | int, message: str) -> None:
        super().__init__(message)
        self.loc = loc

    @property
    def body(self) -> dict[str, object]:
        problem = {"loc": ["body", *self.loc], "msg": self.detail, "type": "value_error"}
        return {"detail": [problem]}


class SettingsError(Exception):
    """A setting that stops the start; the message names the variable and the mend."""


def known_id(text: str, missing: str) -> UUID:
    """Return the id that a path names.

    Raises:
        NotFoundError: It is no UUID, so nothing has it: answered like any missing one.
    """
    try:
        found = UUID(text)
    except ValueError:
        raise NotFoundError(missing) from None
    if str(found) != text.lower():
        raise NotFoundError(missing)
    return found
