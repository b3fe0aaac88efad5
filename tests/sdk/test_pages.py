"""Lists that change while they are read: nothing is told twice, nothing is left out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale import AsyncPage, Page
from torale.sdk.pages import AsyncPager, Slice


@dataclass(frozen=True)
class Thing:
    id: int


class Shelf:
    """A list, newest first, that hands out its pages."""

    def __init__(self, count: int, limit: int) -> None:
        self.things = [Thing(number) for number in range(count, 0, -1)]
        self.limit = limit
        self.newest = count

    def fetch(self, number: int) -> Slice[Thing]:
        start = (number - 1) * self.limit
        found = tuple(self.things[start : start + self.limit])
        return Slice(found, len(self.things), number, self.limit)

    async def afetch(self, number: int) -> Slice[Thing]:
        return self.fetch(number)

    def add(self) -> None:
        self.newest += 1
        self.things.insert(0, Thing(self.newest))

    def remove(self, thing: Thing) -> None:
        self.things.remove(thing)


@given(count=st.integers(0, 30), limit=st.integers(1, 7), changes=st.data())
def test_what_is_there_all_the_time_is_told_once(count: int, limit: int, changes: Any) -> None:
    shelf = Shelf(count, limit)
    always = set(shelf.things)
    told: list[Thing] = []
    for thing in Page.fetch(shelf.fetch, 1):
        told.append(thing)
        if changes.draw(st.booleans(), "one comes") and shelf.newest < count + 20:
            shelf.add()
        if shelf.things and changes.draw(st.booleans(), "one goes"):
            gone = changes.draw(st.sampled_from(shelf.things))
            shelf.remove(gone)
            always.discard(gone)

    assert len(told) == len(set(told))
    # Coming and going between two looks can cancel out in the total; then one may be missed.
    if shelf.newest == count:
        assert always <= set(told)


def test_a_loop_may_delete_what_it_meets() -> None:
    shelf = Shelf(23, 5)
    for thing in Page.fetch(shelf.fetch, 1):
        shelf.remove(thing)

    assert shelf.things == []


async def test_an_async_loop_may_delete_what_it_meets() -> None:
    shelf = Shelf(23, 5)
    async for thing in AsyncPager(shelf.afetch, 1):
        shelf.remove(thing)

    assert shelf.things == []


def test_a_page_shows_itself() -> None:
    page = Page.fetch(Shelf(7, 3).fetch, 2)

    assert [one.id for one in page.items] == [4, 3, 2]
    assert (page[0].id, page[-1].id, len(page[0:2])) == (4, 2, 2)
    assert (page.total, page.page, page.limit, page.has_next) == (7, 2, 3, True)
    assert repr(page) == "<Page: 3 of 7, page=2, limit=3>"
    assert bool(page)
    with pytest.raises(IndexError):
        page[3]
    assert [one.id for one in page] == [4, 3, 2, 1], "from this page on"
    assert [one.id for one in page] == [4, 3, 2, 1], "and again"
    following = page.next_page()
    assert following is not None
    assert [one.id for one in following.items] == [1]
    assert following.next_page() is None


async def test_an_async_page_shows_itself() -> None:
    page = await AsyncPager(Shelf(7, 3).afetch, 2)

    assert isinstance(page, AsyncPage)
    assert (page[0].id, page.total, page.has_next) == (4, 7, True)
    assert [one.id async for one in page] == [4, 3, 2, 1]
    following = await page.next_page()
    assert following is not None
    assert await following.next_page() is None


@pytest.mark.parametrize("fetch", [Shelf(0, 3).fetch])
def test_an_empty_list(fetch: Callable[[int], Slice[Thing]]) -> None:
    page = Page.fetch(fetch, 1)

    assert not page
    assert list(page) == []
    assert page.next_page() is None


def test_a_server_that_counts_wrongly_ends_too() -> None:
    def fetch(number: int) -> Slice[Thing]:
        return Slice((Thing(number),) if number < 4 else (), 1_000, number, 1)

    assert [one.id for one in Page.fetch(fetch, 1)] == [1, 2, 3]
