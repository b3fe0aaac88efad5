"""Requests in flight, so that the same one is not begun beside them."""

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
class IdempotentRequest:
    """One request that is to be carried out once.

    Attributes:
        user_id: Whose request it is; the keys of others are others.
        fingerprint: Equal for requests that ask for the same.
    """

    user_id: UUID
    key: str
    fingerprint: str

    @property
    def lock_id(self) -> int:
        """Its lock in PostgreSQL: 64 bits with a sign."""
        digest = hashlib.sha256(f"{self.user_id} {self.key}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)


class InFlightLocks:
    """What this process carries out now. Nothing of it is left behind when it dies."""

    def __init__(self) -> None:
        self._running: set[tuple[UUID, str]] = set()

    @contextmanager
    def hold(self, request: IdempotentRequest) -> Generator[IdempotentRequest]:
        """Hold the key as long as its request runs.

        Raises:
            StillRunningError: The same key is in flight in this process.
        """
        name = (request.user_id, request.key)
        if name in self._running:
            raise StillRunningError
        self._running.add(name)
        try:
            yield request
        finally:
            self._running.discard(name)


IN_FLIGHT_LOCKS = Part[InFlightLocks]("in_flight_locks")


async def lock_across_processes(session: AsyncSession, request: IdempotentRequest) -> None:
    """Hold the key against other processes until the transaction ends, however it ends.

    Raises:
        StillRunningError: Another process holds it.
    """
    if session.get_bind().dialect.name == "sqlite":
        return  # one process
    lock = text("SELECT pg_try_advisory_xact_lock(:lock_id)")
    if not await session.scalar(lock, {"lock_id": request.lock_id}):
        raise StillRunningError
