"""Exceptions that programs catch.

ToraleError
├── ConfigurationError        what the client was given cannot be used (also a ValueError)
├── WaitTimeoutError          an execution did not end in time (also a TimeoutError)
├── APIConnectionError        no answer came
│   └── APITimeoutError       … within the timeout
└── ToraleAPIError            the server answered, and not what was asked for
    ├── AuthenticationError   401: no credential, or one that does not hold
    ├── ForbiddenError        403: the credential does not allow this
    ├── NotFoundError         404: there is no such thing, or it is somebody else's
    ├── ConflictError         409: the present state does not allow this
    ├── ValidationError       422 and 400: which field is wrong, and what is wrong with it
    ├── RateLimitError        429: too many requests; `retry_after` says how long to wait
    └── ServerError           5xx: the service or something that it needs is down
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    import httpx2

__all__ = [
    "APIConnectionError",
    "APITimeoutError",
    "AuthenticationError",
    "ConfigurationError",
    "ConflictError",
    "FieldProblem",
    "ForbiddenError",
    "NotFoundError",
    "RateLimitError",
    "ServerError",
    "ToraleAPIError",
    "ToraleError",
    "ValidationError",
    "WaitTimeoutError",
]


class FieldProblem(TypedDict):
    """What is wrong with one field: `{"loc": ["body", "schedule"], "msg": …, "type": …}`."""

    loc: list[str | int]
    msg: str
    type: str


class ToraleError(Exception):
    """Anything that goes wrong between a program and Torale. `str()` is for people."""


class ConfigurationError(ToraleError, ValueError):
    """What the client was given cannot be used: an address, a key, the configuration file."""


class WaitTimeoutError(ToraleError, TimeoutError):
    """An execution did not end in the time given. It goes on."""


class APIConnectionError(ToraleError):
    """No answer came: no such host, nobody listens, the connection broke."""


class APITimeoutError(APIConnectionError):
    """No answer came within the timeout. The request may have been carried out."""


class ToraleAPIError(ToraleError):
    """The server answered, and not what was asked for.

    Attributes:
        status_code: Of the answer; 401 also when no key was found and nothing was asked.
        request_id: To tell whoever runs the server; None when no server was asked.
        response: The whole answer; None when no server was asked.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int,
        request_id: str | None = None,
        response: "httpx2.Response | None" = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        self.request_id = request_id
        self.response = response

    @property
    def detail(self) -> str | Sequence[FieldProblem]:
        """What the server said."""
        return self.message

    def __reduce__(self) -> tuple[object, ...]:
        # For other processes. Without the response: it holds the request, and so the key.
        state = {**self.__dict__, "response": None}
        return _again, (type(self), self.message, self.status_code), state


def _again(kind: type[ToraleAPIError], message: str, status_code: int) -> ToraleAPIError:
    return kind(message, status_code=status_code)


class AuthenticationError(ToraleAPIError):
    """401: there is no credential, or one that does not hold."""


class ForbiddenError(ToraleAPIError):
    """403: the credential does not allow this."""


class NotFoundError(ToraleAPIError):
    """404: there is no such thing, or it is somebody else's."""


class ConflictError(ToraleAPIError):
    """409: the present state does not allow this."""


class ValidationError(ToraleAPIError, ValueError):
    """422 and 400: something about the request is wrong; `detail` lists what, field by field."""

    problems: Sequence[FieldProblem] = ()

    @property
    def detail(self) -> Sequence[FieldProblem]:
        """What is wrong with which field."""
        return self.problems


class RateLimitError(ToraleAPIError):
    """429: too many requests.

    Attributes:
        retry_after: Seconds after which the same request is let through.
        limit: Requests that the fullest window allows.
        remaining: Requests left in it.
        reset: When it has room again, in seconds since 1970.
    """

    retry_after: int | None = None
    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None


class ServerError(ToraleAPIError):
    """5xx: the service, or something that it needs, is down."""


BY_STATUS: Mapping[int, type[ToraleAPIError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
}
