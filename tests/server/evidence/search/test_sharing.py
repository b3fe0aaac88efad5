"""Which provider is asked, how often, and for whom."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from tests.server.evidence.conftest import Hours
from torale.server.evidence.base import SearchFreshness
from torale.server.evidence.search import Chain, Hit, SearchError
from torale.server.evidence.search.memory import SearchMemory

FOUND = [Hit("https://a.test", "A", "")]
HOUR = SearchFreshness(max_age=timedelta(hours=1))
DOWN = SearchError("timeout", "Down.", retryable=True)
SPENT = SearchError("quota", "Spent.")


class Told:
    """Answers in turn as told; the last answer repeats."""

    def __init__(self, name: str, *answers: Sequence[Hit] | SearchError) -> None:
        self.name = name
        self.answers = list(answers)
        self.asked: list[tuple[str, timedelta | None]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def search(
        self, query: str, *, limit: int = 8, fresh: timedelta | None = None
    ) -> Sequence[Hit]:
        self.asked.append((query, fresh))
        await self.gate.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, SearchError):
            raise answer.again()
        return answer


Make = Callable[..., Chain]


@pytest.fixture
def chain(hours: Hours) -> Make:
    def make(*told: Told, max_entries: int = 500) -> Chain:
        memory = SearchMemory(hours.timing.monotonic, max_entries=max_entries)
        return Chain(told, hours.timing, memory)

    return make


async def test_the_next_provider_is_asked_at_once_after_a_failure(
    chain: Make, hours: Hours
) -> None:
    down, spent, full = Told("down", DOWN), Told("spent", SPENT), Told("full", FOUND)

    assert list(await chain(down, spent, full).search("query", SearchFreshness())) == FOUND
    assert hours.slept == []
    assert [len(one.asked) for one in (down, spent, full)] == [1, 1, 1]


async def test_an_empty_answer_is_an_answer(chain: Make) -> None:
    empty, full = Told("empty", []), Told("full", FOUND)

    assert list(await chain(empty, full).search("query", SearchFreshness())) == []
    assert full.asked == []


async def test_only_what_may_pass_is_asked_again(chain: Make, hours: Hours) -> None:
    busy = SearchError("rate_limited", "Busy.", retryable=True, pause=timedelta(seconds=3))
    first, second = Told("first", DOWN, DOWN, FOUND), Told("second", SPENT)
    alone = Told("alone", busy)

    assert list(await chain(first, second).search("query", SearchFreshness())) == FOUND
    assert (len(first.asked), len(second.asked)) == (3, 1)
    with pytest.raises(SearchError):
        await chain(alone).search("query", SearchFreshness())
    assert len(alone.asked) == 3
    assert hours.slept == [0.5, 1.0, 3.0, 3.0]


async def test_all_failures_are_told(chain: Make) -> None:
    with pytest.raises(SearchError) as caught:
        await chain(Told("down", DOWN), Told("spent", SPENT)).search("query", SearchFreshness())

    assert caught.value.detail == "Down. Spent."


async def test_two_instances_of_one_kind_are_two_providers(chain: Make, hours: Hours) -> None:
    spent, down = Told("searxng", SPENT), Told("searxng", DOWN, FOUND)

    assert list(await chain(down, spent).search("query", SearchFreshness())) == FOUND
    assert (len(spent.asked), len(down.asked)) == (1, 2)


async def test_one_search_serves_all_within_its_time(chain: Make, hours: Hours) -> None:
    told = Told("told", FOUND)
    search = chain(told)

    await search.search("Lamp  price", HOUR)
    hours.passed = 1_799
    await search.search("lamp price", SearchFreshness(max_age=timedelta(minutes=30)))
    assert len(told.asked) == 1

    hours.passed = 1_801
    await search.search("lamp price", HOUR)
    assert len(told.asked) == 1
    await search.search("lamp price", SearchFreshness(max_age=timedelta(minutes=30)))
    assert len(told.asked) == 2


async def test_nothing_is_remembered_beyond_an_hour(chain: Make, hours: Hours) -> None:
    told = Told("told", FOUND)
    search = chain(told)

    await search.search("query", HOUR)
    hours.passed = 3_601
    await search.search("query", SearchFreshness(max_age=timedelta(days=7)))

    assert len(told.asked) == 2


async def test_another_question_window_or_provider_is_another_search(chain: Make) -> None:
    told, other = Told("told", FOUND), Told("other", FOUND)
    search = chain(told)

    for freshness in (
        HOUR,
        SearchFreshness(timedelta(days=2), HOUR.max_age),
        SearchFreshness(timedelta(days=40), HOUR.max_age),
    ):
        await search.search("query", freshness)
    await search.search("another", HOUR)
    await search.search("query", SearchFreshness(timedelta(days=5), HOUR.max_age))  # the same week
    await chain(other).search("query", HOUR)

    assert (len(told.asked), len(other.asked)) == (4, 1)


async def test_failures_are_not_remembered(chain: Make) -> None:
    told = Told("told", SPENT, FOUND)
    search = chain(told)

    with pytest.raises(SearchError):
        await search.search("query", HOUR)

    assert list(await search.search("query", HOUR)) == FOUND


async def test_who_asks_the_same_at_once_waits_for_one_answer(chain: Make) -> None:
    told = Told("told", FOUND)
    told.gate.clear()
    search = chain(told)
    first = asyncio.create_task(search.search("query", SearchFreshness()))
    others = [asyncio.create_task(search.search("QUERY", SearchFreshness())) for _ in range(5)]
    while not told.asked:
        await asyncio.sleep(0)

    first.cancel()  # the one who began may leave
    told.gate.set()

    assert [list(one) for one in await asyncio.gather(*others)] == [FOUND] * 5
    assert len(told.asked) == 1


async def test_all_who_share_a_failure_get_their_own(chain: Make) -> None:
    search = chain(Told("told", SPENT))

    first, second = await asyncio.gather(
        search.search("query", SearchFreshness()),
        search.search("query", SearchFreshness()),
        return_exceptions=True,
    )

    assert isinstance(first, SearchError)
    assert isinstance(second, SearchError)
    assert first is not second


async def test_the_least_used_answers_are_forgotten(chain: Make) -> None:
    told = Told("told", FOUND)
    search = chain(told, max_entries=2)

    for query in ("one", "two", "one", "three", "one", "two"):
        await search.search(query, HOUR)

    assert [query for query, _ in told.asked] == ["one", "two", "three", "two"]


async def test_closing_gives_up_what_is_under_way(chain: Make) -> None:
    told = Told("told", FOUND)
    told.gate.clear()
    search = chain(told)
    waiting = asyncio.create_task(search.search("query", SearchFreshness()))
    while not told.asked:
        await asyncio.sleep(0)

    await search.aclose()

    with pytest.raises(asyncio.CancelledError):
        await waiting
