"""The bodies of errors."""

from torale.contract.base import Output


class ErrorOut(Output):
    """Every error but 422: one sentence for people."""

    detail: str


class FieldError(Output):
    loc: list[str | int]
    msg: str
    type: str


class InvalidOut(Output):
    """422: what is wrong with which field."""

    detail: list[FieldError]
