"""Requests that say by an `Idempotency-Key` that they are to be carried out once."""

from torale.server.idempotency.dependencies import carried_out_once
from torale.server.idempotency.in_flight import InFlightLocks
from torale.server.idempotency.route import OnceRoute
from torale.server.idempotency.service import forget

__all__ = ["InFlightLocks", "OnceRoute", "carried_out_once", "forget"]
