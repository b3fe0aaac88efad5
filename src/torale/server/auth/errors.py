"""Why a caller is turned away, beyond what the rules see for themselves."""

from torale.server.errors import ForbiddenError, NotFoundError, UnauthorizedError

KEY_MISSING = "API key not found"
USER_MISSING = "User not found"


class InvalidTokenError(UnauthorizedError):
    def __init__(self) -> None:
        super().__init__("Invalid token", credential_sent=True)


class InactiveUserError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("User account is inactive")


class KeyNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(KEY_MISSING)


class UserNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(USER_MISSING)
