"""Single flight: one run of a thing serves all who ask for it at the same time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """What is under way, by name. Whoever stops waiting stops nobody else."""

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Task[T]] = {}

    def is_running(self, name: str) -> bool:
        return name in self._flights

    def start(self, name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """Begin, unless it is under way already."""
        flight = self._flights.get(name)
        if flight is None:
            flight = asyncio.create_task(work(), name=name)
            self._flights[name] = flight
            flight.add_done_callback(lambda done: self._land(name, done))
        return flight

    async def join(self, name: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Begin, or wait for what is under way; its result and its error are everybody's."""
        return await asyncio.shield(self.start(name, work))

    async def aclose(self) -> None:
        flights = tuple(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _land(self, name: str, done: asyncio.Task[T]) -> None:
        self._flights.pop(name, None)
        if not done.cancelled():
            done.exception()  # seen: nobody may be waiting
