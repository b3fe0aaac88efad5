"""Endpoints that carry out the same request of the same user once: see `Idempotency-Key`."""

from uuid import UUID

from torale.server.auth.dependencies import Reader, Writer
from torale.server.idempotency import carried_out_once


def _writer(caller: Writer) -> UUID:
    return caller.user_id


def _reader(caller: Reader) -> UUID:
    return caller.user_id


ONCE = carried_out_once(_writer)
"""For an endpoint that does all it does in the request's transaction."""

ONCE_APART = carried_out_once(_writer, apart=True)
"""For an endpoint that talks to the network, or commits by itself."""

ONCE_READING = carried_out_once(_reader, apart=True)
"""For an endpoint that changes nothing, and that a key with the scope `read` may call."""

ONCE_UNKEPT = carried_out_once(
    _writer,
    repeat_detail=(
        "The API key of this Idempotency-Key was made, and its text is told only once. "
        "If it is lost, revoke it and make another."
    ),
)
"""For an endpoint whose answer holds what is never stored."""
