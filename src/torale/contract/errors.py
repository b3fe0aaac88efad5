"""The bodies of errors."""

from typing import Annotated

from pydantic import Field

from torale.contract.base import Output


class ErrorOut(Output):
    """Every error but 422: one sentence for people."""

    detail: str


class RateLimitedOut(ErrorOut):
    """429: when to ask again."""

    retry_after: Annotated[int, Field(ge=1, description="Seconds; waiting that long is enough.")]


# One wrong field of a request.
class FieldError(Output):
    loc: list[str | int]
    msg: str
    type: str


class InvalidOut(Output):
    """422: what is wrong with which field."""

    detail: list[FieldError]
