"""Endpoints that carry out the same request of the same user once: see `Idempotency-Key`."""

from uuid import UUID

from torale.server.auth.dependencies import AnyCaller
from torale.server.idempotency import carried_out_once


def _user_id(caller: AnyCaller) -> UUID:
    return caller.user_id


ONCE = carried_out_once(_user_id)
"""For an endpoint that does all it does in the request's transaction."""

ONCE_APART = carried_out_once(_user_id, apart=True)
"""For an endpoint that talks to the network, or commits by itself."""

ONCE_UNTOLD = carried_out_once(
    _user_id,
    told_once=(
        "The API key of this Idempotency-Key was made, and its text is told only once. "
        "If it is lost, revoke it and make another."
    ),
)
"""For an endpoint whose answer holds what is never stored."""
