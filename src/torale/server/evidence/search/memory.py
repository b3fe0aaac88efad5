"""Search memory: one search serves all who ask the same within a while."""

import asyncio
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import timedelta

from torale.server.evidence.readers.page_facts import squeeze
from torale.server.evidence.search.base import Hit, Recency, SearchError, SearchProvider, recency

LONGEST = timedelta(hours=1)
MAX_ENTRIES = 500

_Key = tuple[str, str, Recency | None, int]
_Outcome = Sequence[Hit] | SearchError


class SearchMemory:
    """Answers of all providers, shared by all tasks and users of this process.

    What is found does not depend on who asks. Failures are not remembered.
    """

    def __init__(self, monotonic: Callable[[], float], *, max_entries: int = MAX_ENTRIES) -> None:
        """Remember nothing yet.

        Args:
            monotonic: Seconds that never go back.
            max_entries: The least recently used ones are forgotten first.
        """
        self._monotonic = monotonic
        self._max_entries = max_entries
        self._known: OrderedDict[_Key, tuple[float, Sequence[Hit]]] = OrderedDict()
        self._flights: dict[_Key, asyncio.Task[_Outcome]] = {}

    async def search(
        self,
        provider: SearchProvider,
        query: str,
        *,
        limit: int,
        fresh: timedelta | None,
        max_age: timedelta,
    ) -> Sequence[Hit]:
        """Return what `provider` found at most `max_age` ago, else ask it, once for everybody.

        Raises:
            SearchError: The provider gave no answer.
        """
        key = (provider.name, _normal(query), recency(fresh), limit)
        known = self._remembered(key, max_age)
        if known is not None:
            return known
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._ask(key, provider, query, fresh), name="search")
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        # One who gives up must not take the answer away from the others.
        outcome = await asyncio.shield(flight)
        if isinstance(outcome, SearchError):
            raise outcome.again()
        return outcome

    async def aclose(self) -> None:
        """Give up what is under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _remembered(self, key: _Key, max_age: timedelta) -> Sequence[Hit] | None:
        found = self._known.get(key)
        age = min(max_age, LONGEST).total_seconds()
        if found is None or self._monotonic() - found[0] >= age:
            return None
        self._known.move_to_end(key)
        return found[1]

    async def _ask(
        self, key: _Key, provider: SearchProvider, query: str, fresh: timedelta | None
    ) -> _Outcome:
        try:
            found = tuple(await provider.search(query, limit=key[3], fresh=fresh))
        except SearchError as error:
            return error
        self._known[key] = (self._monotonic(), found)
        self._known.move_to_end(key)
        if len(self._known) > self._max_entries:
            self._known.popitem(last=False)
        return found


def _normal(query: str) -> str:
    return squeeze(unicodedata.normalize("NFKC", query)).casefold()
