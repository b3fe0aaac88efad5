"""Failures of requests that got no answer."""

from typing import Literal

Kind = Literal[
    "bad_answer",
    "bad_url",
    "blocked_address",
    "connection",
    "dns",
    "timeout",
    "tls",
    "too_many_redirects",
]


class OutboundError(Exception):
    """No answer came. An answer with any HTTP status is not an error here.

    Attributes:
        kind: Stable word for programs.
        detail: One sentence for people.
        retryable: The same request may succeed a little later.
    """

    def __init__(self, kind: Kind, detail: str, *, retryable: bool = False) -> None:
        super().__init__(detail)
        self.kind: Kind = kind
        self.detail = detail
        self.retryable = retryable
