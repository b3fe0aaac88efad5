"""Reasons not to carry out a request a second time."""

from http import HTTPStatus

from torale.server.errors import ConflictError, ToraleError


class StillRunningError(ConflictError):
    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still running; ask again shortly")


class AnswerNotKeptError(ConflictError):
    """It was carried out, and what was answered is not kept."""


class KeyTakenError(ToraleError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self) -> None:
        super().__init__("This key was used for another request; use a new one")

    @property
    def body(self) -> dict[str, object]:
        loc = ["header", "Idempotency-Key"]
        return {"detail": [{"loc": loc, "msg": self.detail, "type": "value_error"}]}
