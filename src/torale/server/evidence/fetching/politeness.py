"""Turns at a host: never more than a few requests at a time."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from torale.server.clock import Clock, utc_now

MOST_AT_ONCE = 2
BETWEEN_STARTS = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Timing:
    """The clocks and the patience of the fetcher, as something a test can set.

    Attributes:
        monotonic: Seconds that never go back; for waits and expiry.
    """

    clock: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(slots=True)
class _Host:
    next_start: float
    users: int = 0
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_AT_ONCE))


class HostTurns:
    """Lets requests to one host start one by one, a second apart and two at a time."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncGenerator[None]:
        now = self._timing.monotonic()
        self._forget_idle(now)
        state = self._hosts.setdefault(host, _Host(next_start=now))
        state.users += 1
        try:
            async with state.slots:
                await self._wait(state)
                yield
        finally:
            state.users -= 1

    async def _wait(self, state: _Host) -> None:
        now = self._timing.monotonic()
        start = max(now, state.next_start)
        # Taken before sleeping, so that two who wait together do not wake together.
        state.next_start = start + BETWEEN_STARTS.total_seconds()
        if start > now:
            await self._timing.sleep(start - now)

    def _forget_idle(self, now: float) -> None:
        idle = [
            host for host, site in self._hosts.items() if site.users == 0 and site.next_start <= now
        ]
        for host in idle:
            del self._hosts[host]


def backoff(attempt: int, asked: timedelta | None, longest: timedelta) -> timedelta:
    """Return the pause after the failed `attempt` (from 1): what the site asks, in bounds."""
    return min(asked or timedelta(seconds=0.5 * 2 ** (attempt - 1)), longest)
