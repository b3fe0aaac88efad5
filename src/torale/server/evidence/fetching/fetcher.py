"""Fetcher: polite to sites, patient with passing failures, and one download for all."""

import asyncio
from datetime import timedelta

import httpx2

from torale.server.evidence.fetching.cache import ValidatorCache, conditions
from torale.server.evidence.fetching.politeness import HostTurns, Timing, backoff
from torale.server.outbound import Fetched, Outbound, OutboundError

MAX_ATTEMPTS = 3
LONGEST_PAUSE = timedelta(seconds=5)  # an execution has to end

Outcome = Fetched | OutboundError


class Fetcher:
    """Fetches a page once for everybody who wants it at the same moment."""

    def __init__(self, outbound: Outbound, timing: Timing) -> None:
        self._outbound = outbound
        self._timing = timing
        self._turns = HostTurns(timing)
        self._cache = ValidatorCache()
        self._flights: dict[str, asyncio.Task[Outcome]] = {}

    async def fetch(self, url: str) -> Fetched:
        """Download `url`, in up to three attempts.

        A 429 or 5xx that stays after them is returned like any other answer.

        Raises:
            OutboundError: No answer came.
        """
        url = url.partition("#")[0]
        flight = self._flights.get(url)
        if flight is None:
            flight = asyncio.create_task(self._attempts(url), name="fetch")
            self._flights[url] = flight
            flight.add_done_callback(lambda _: self._flights.pop(url, None))
        # One who gives up must not take the download away from the others.
        outcome = await asyncio.shield(flight)
        if isinstance(outcome, OutboundError):
            # A fresh one: several may raise it at once, and a traceback belongs to one of them.
            raise OutboundError(outcome.kind, outcome.detail, retryable=outcome.retryable)
        return outcome

    async def aclose(self) -> None:
        """Give up what is under way. The `Outbound` stays open: it belongs to the caller."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _attempts(self, url: str) -> Outcome:
        outcome = await self._attempt(url)
        for attempt in range(1, MAX_ATTEMPTS):
            if not _may_pass(outcome):
                break
            asked = None
            if isinstance(outcome, Fetched):
                asked = outcome.retry_after(self._timing.clock())
            pause = backoff(attempt, asked, LONGEST_PAUSE)
            await self._timing.sleep(pause.total_seconds())
            outcome = await self._attempt(url)
        return outcome

    async def _attempt(self, url: str) -> Outcome:
        try:
            host = _host(url)
            if await self._outbound.is_exempt(host):
                return await self._confirmed(url)
            async with self._turns.turn(host):
                return await self._confirmed(url)
        except OutboundError as error:
            return error

    async def _confirmed(self, url: str) -> Fetched:
        """Ask the site whether what we have still holds; take the new answer if it does not."""
        known = self._cache.get(url)
        answer = await self._outbound.fetch(url, headers=conditions(known))
        if answer.status == 304:
            if known is not None and answer.url == known.url:
                return known
            # It speaks of another page than the one that is kept: a redirect has changed.
            answer = await self._outbound.fetch(url)
        self._cache.put(url, answer)
        return answer


def _may_pass(outcome: Outcome) -> bool:
    if isinstance(outcome, OutboundError):
        return outcome.retryable
    return outcome.status == 429 or outcome.status >= 500


def _host(url: str) -> str:
    try:
        return httpx2.URL(url).host
    except (httpx2.InvalidURL, ValueError):
        return ""  # `Outbound` names what is wrong with it
