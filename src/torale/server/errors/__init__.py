"""Failures a caller can act on, and how HTTP shows them. Anything else is a bug: 500."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import ClassVar


class ToraleError(Exception):
    """A failure the caller can act on. `detail` is one sentence for people."""

    status: ClassVar[HTTPStatus] = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class UnauthorizedError(ToraleError):
    """RFC 6750: `error=` is told only when a credential was sent."""

    status = HTTPStatus.UNAUTHORIZED
    headers: ClassVar[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}


class ForbiddenError(ToraleError):
    status = HTTPStatus.FORBIDDEN


class NotFoundError(ToraleError):
    status = HTTPStatus.NOT_FOUND


class ConflictError(ToraleError):
    status = HTTPStatus.CONFLICT


class TooLargeError(ToraleError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnavailableError(ToraleError):
    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


class InvalidFieldError(ToraleError):
    """A field of the request body that only the database or the engine can refuse."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, *loc: str | int, message: str) -> None:
        super().__init__(message)
        self.loc = loc

    @property
    def body(self) -> list[dict[str, object]]:
        return [{"loc": ["body", *self.loc], "msg": self.detail, "type": "value_error"}]


class SettingsError(Exception):
    """A setting that stops the start; the message names the variable and the mend."""
