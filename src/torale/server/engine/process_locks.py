"""Locks between processes: one holds each, until its transaction ends."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Any numbers that are ours.
SWEEP_LOCK = 7_204_119
RETENTION_LOCK = 7_204_120


async def try_lock(session: AsyncSession, number: int) -> bool:
    """Take a lock; False when another process holds it."""
    if session.get_bind().dialect.name == "sqlite":
        return True  # one process
    taken = await session.scalar(text("SELECT pg_try_advisory_xact_lock(:n)"), {"n": number})
    return bool(taken)
