"""Requests that are being carried out now, so that the same one is not begun beside them."""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.idempotency.errors import StillRunningError
from torale.server.parts import Part


@dataclass(frozen=True, slots=True)
class Flight:
    """One request that is to be carried out once.

    Attributes:
        user_id: Whose request it is; the keys of others are others.
        fingerprint: Equal for requests that ask for the same.
    """

    user_id: UUID
    key: str
    fingerprint: str

    @property
    def number(self) -> int:
        """Name it to PostgreSQL's locks: 64 bits with a sign."""
        named = hashlib.sha256(f"{self.user_id} {self.key}".encode()).digest()
        return int.from_bytes(named[:8], signed=True)


class InFlightLocks:
    """What this process carries out now. Nothing of it is left behind when it dies."""

    def __init__(self) -> None:
        self._running: set[tuple[UUID, str]] = set()

    @contextmanager
    def take_off(self, flight: Flight) -> Generator[Flight]:
        """Hold the key as long as its request runs.

        Raises:
            StillRunningError: The same key is in flight in this process.
        """
        name = (flight.user_id, flight.key)
        if name in self._running:
            raise StillRunningError
        self._running.add(name)
        try:
            yield flight
        finally:
            self._running.discard(name)


IN_FLIGHT_LOCKS = Part[InFlightLocks]("in_flight_locks")


async def lock_elsewhere(session: AsyncSession, flight: Flight) -> None:
    """Hold the key against other processes until the transaction ends, however it ends.

    Raises:
        StillRunningError: Another process holds it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return  # one process
    took = text("SELECT pg_try_advisory_xact_lock(:number)")
    if not await session.scalar(took, {"number": flight.number}):
        raise StillRunningError
