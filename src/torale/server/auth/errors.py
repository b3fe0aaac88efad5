"""Failures of callers, beyond what the rules find by themselves."""

from http import HTTPStatus

from torale.server.errors import (
    ForbiddenError,
    NotFoundError,
    ToraleError,
    UnauthorizedError,
    UnavailableError,
)

KEY_MISSING = "API key not found"
USER_MISSING = "User not found"


class InvalidTokenError(UnauthorizedError):
    """`reason` is for the operator: the caller is not told what to mend in a forgery."""

    def __init__(self, reason: str = "") -> None:
        super().__init__("Invalid token", credential_sent=True)
        self.reason = reason


class TokenExpiredError(UnauthorizedError):
    def __init__(self) -> None:
        super().__init__("Token has expired", credential_sent=True)


class SessionTokenRequiredError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("Session token required")


class NoVerifiedAddressError(ToraleError):
    """The identity provider vouches for no address of the user."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self) -> None:
        super().__init__("No verified e-mail address")

    @property
    def body(self) -> dict[str, object]:
        loc = ["header", "authorization"]
        return {"detail": [{"loc": loc, "msg": self.detail, "type": "value_error"}]}


class SignInUnavailableError(UnavailableError):
    """The identity provider gave no answer; `reason` is for the operator."""

    def __init__(self, reason: str) -> None:
        super().__init__("Authentication service unavailable")
        self.reason = reason


class UnsignedEventError(ToraleError):
    """A webhook that the identity provider did not send, or cannot have meant."""

    status = HTTPStatus.BAD_REQUEST


class InactiveUserError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("User account is inactive")


class KeyNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(KEY_MISSING)


class UserNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(USER_MISSING)
