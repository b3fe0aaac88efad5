"""Requests that say by an `Idempotency-Key` that they are to be carried out once."""

from torale.server.idempotency.dependencies import carried_out_once
from torale.server.idempotency.flights import Flights
from torale.server.idempotency.route import OnceRoute
from torale.server.idempotency.service import forget

__all__ = ["Flights", "OnceRoute", "carried_out_once", "forget"]
