"""Why a caller is turned away."""

from torale.server.errors import ForbiddenError, NotFoundError, UnauthorizedError

KEY_MISSING = "API key not found"


class CredentialMissingError(UnauthorizedError):
    def __init__(self) -> None:
        super().__init__("Authorization header missing")


class InvalidKeyError(UnauthorizedError):
    def __init__(self) -> None:
        super().__init__("Invalid API key", credential_sent=True)


class InvalidTokenError(UnauthorizedError):
    def __init__(self) -> None:
        super().__init__("Invalid token", credential_sent=True)


class InactiveUserError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("User account is inactive")


class NotAdminError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("Admin access required")


class LacksScopeError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("API key lacks the required scope")


class NotLocalError(ForbiddenError):
    """Without authentication, only direct requests from this machine are served."""


class KeyNotFoundError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(KEY_MISSING)
