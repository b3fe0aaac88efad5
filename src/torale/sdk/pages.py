"""Lists: one page at hand, the others fetched as they are needed."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page as the server answers it."""

    items: Sequence[T]
    total: int
    page: int
    limit: int

    @property
    def has_next(self) -> bool:
        return bool(self.items) and self.page * self.limit < self.total


class _Walk(Generic[T]):
    """Leads over all pages of a list that changes meanwhile: nothing is repeated or left out.

    What is new pushes old things onto later pages: they are known by their id. What has gone pulls
    unseen things onto earlier pages: those are read again.
    """

    def __init__(self) -> None:
        self._known: set[object] = set()
        self._total = 0

    def take(self, found: Slice[T]) -> tuple[Sequence[T], int | None]:
        """Return the new items of a page, and the number of the page to read next."""
        lost, self._total = self._total - found.total, found.total
        back_to = max(1, found.page - math.ceil(lost / found.limit)) if lost > 0 else found.page
        if back_to != found.page:
            return (), back_to
        fresh = [item for item in found.items if self._is_new(item)]
        return fresh, found.page + 1 if found.has_next else None

    def _is_new(self, item: T) -> bool:
        item_id = getattr(item, "id", None)
        if item_id is None:
            return True
        before = len(self._known)
        self._known.add(item_id)
        return len(self._known) > before


class _OnePage(Generic[T]):
    def __init__(self, found: Slice[T]) -> None:
        self._found = found

    @property
    def items(self) -> Sequence[T]:
        """The things on this page."""
        return self._found.items

    @property
    def total(self) -> int:
        """How many there are on all pages."""
        return self._found.total

    @property
    def page(self) -> int:
        """The number of this page; the first is 1."""
        return self._found.page

    @property
    def limit(self) -> int:
        """How many a page holds at most."""
        return self._found.limit

    @property
    def has_next(self) -> bool:
        """Whether another page follows."""
        return self._found.has_next

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...
    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        return self._found.items[index]

    def __bool__(self) -> bool:
        return bool(self._found.items)

    def __repr__(self) -> str:
        shown = f"{len(self.items)} of {self.total}, page={self.page}, limit={self.limit}"
        return f"<{type(self).__name__}: {shown}>"


class Page(_OnePage[T]):
    """One page of a list. `for` goes on over all pages; indices are those of this page."""

    def __init__(self, found: Slice[T], fetch: Callable[[int], Slice[T]]) -> None:
        super().__init__(found)
        self._fetch = fetch

    @classmethod
    def fetch(cls, fetch: Callable[[int], Slice[T]], number: int) -> "Page[T]":
        return cls(fetch(number), fetch)

    def next_page(self) -> "Page[T] | None":
        """Fetch the page after this one; None after the last."""
        return self.fetch(self._fetch, self.page + 1) if self.has_next else None

    def __iter__(self) -> Iterator[T]:
        walk, found = _Walk[T](), self._found
        while True:
            fresh, number = walk.take(found)
            yield from fresh
            if number is None:
                return
            found = self._fetch(number)


class AsyncPage(_OnePage[T]):
    """One page of a list. `async for` goes on over all pages; indices are those of this page."""

    def __init__(self, found: Slice[T], fetch: Callable[[int], Awaitable[Slice[T]]]) -> None:
        super().__init__(found)
        self._fetch = fetch

    async def next_page(self) -> "AsyncPage[T] | None":
        """Fetch the page after this one; None after the last."""
        if not self.has_next:
            return None
        return AsyncPage(await self._fetch(self.page + 1), self._fetch)

    async def __aiter__(self) -> AsyncIterator[T]:
        walk, found = _Walk[T](), self._found
        while True:
            fresh, number = walk.take(found)
            for item in fresh:
                yield item
            if number is None:
                return
            found = await self._fetch(number)


class AsyncPager(Generic[T]):
    """A list that was asked for: `await` gives its page, `async for` everything on all pages."""

    def __init__(self, fetch: Callable[[int], Awaitable[Slice[T]]], number: int) -> None:
        self._fetch = fetch
        self._number = number

    async def _first(self) -> AsyncPage[T]:
        return AsyncPage(await self._fetch(self._number), self._fetch)

    def __await__(self) -> Generator[Any, Any, AsyncPage[T]]:
        return self._first().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for item in await self._first():
            yield item
