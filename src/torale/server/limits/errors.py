"""Too many requests."""

from http import HTTPStatus

from torale.server.errors import ToraleError


class RateLimitedError(ToraleError):
    """The subject asked too often; `retry_after` whole seconds are enough to wait."""

    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, retry_after: int) -> None:
        super().__init__("Rate limit exceeded")
        self.retry_after = retry_after
        self.headers = {"Retry-After": str(retry_after)}

    @property
    def body(self) -> dict[str, object]:
        return {"detail": self.detail, "retry_after": self.retry_after}
