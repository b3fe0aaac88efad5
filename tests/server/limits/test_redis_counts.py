"""Real Redis: what several clients get of it, and what becomes of them when it goes away."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import pytest
from redis import Redis
from structlog.testing import capture_logs

from tests.support.fakes import FakeClock
from tests.support.redis import RedisServer, find_program
from torale.server.limits import LimitDecision, LimitPolicies, LimitPolicy, Limits, Window
from torale.server.limits.redis_counts import PATIENCE_SECONDS, RedisCounts
from torale.server.limits.rules import SECOND

SHORT = LimitPolicy("short", (Window("one", 20, 1), Window("two", 30, 2)))
NOW = FakeClock()()


@asynccontextmanager
async def open_shared(url: str) -> AsyncGenerator[RedisCounts]:
    shared = RedisCounts(url)
    try:
        yield shared
    finally:
        await shared.aclose()


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    """A server that a test may stop."""
    if find_program() is None:
        pytest.skip("needs redis-server")
    with RedisServer() as server:
        yield server


@pytest.mark.parametrize("count", [1, 2], ids=["one client", "two clients"])
async def test_never_more_than_promised_whenever_requests_arrive(
    redis_url: str, count: int
) -> None:
    chance, subject = random.Random(count), str(uuid4())
    decisions: list[LimitDecision] = []

    async def ask(shared: RedisCounts) -> None:
        while sum(decision.is_admitted for decision in decisions) < 45:  # over several windows
            burst = [shared.take(SHORT, subject) for _ in range(chance.choice((1, 1, 2, 15)))]
            decisions.extend(one for one in await asyncio.gather(*burst) if one is not None)
            await asyncio.sleep(chance.choice((0, 0.001, 0.03, 0.2)))

    async with AsyncExitStack() as stack:
        shares = [await stack.enter_async_context(open_shared(redis_url)) for _ in range(count)]
        await asyncio.gather(*(ask(shared) for shared in shares))

    decisions.sort(key=lambda one: one.at)
    admitted: list[int] = []
    for decision in decisions:
        room = all(
            sum(time > decision.at - window.seconds * SECOND for time in admitted) < window.limit
            for window in SHORT.windows
        )
        assert decision.is_admitted == room
        if room:
            admitted.append(decision.at)
    assert len(admitted) < len(decisions), "there were refused ones"


async def test_redis_and_memory_decide_alike(redis_url: str) -> None:
    subject, policy = str(uuid4()), LimitPolicies().callers
    local = Limits()

    async with open_shared(redis_url) as shared:
        for _ in range(130):
            decision = await shared.take(policy, subject)
            assert decision is not None
            moment = FakeClock().now.fromtimestamp(decision.at / SECOND, tz=FakeClock().now.tzinfo)
            same = await local.take(policy, subject, moment)
            assert decision.is_admitted == same.is_admitted
            assert [standing.remaining for standing in decision.standings] == [
                standing.remaining for standing in same.standings
            ]
            assert decision.retry_after == same.retry_after
            assert decision.tightest == same.tightest


async def test_what_is_idle_leaves_redis_by_itself(redis_url: str) -> None:
    subject, policy = str(uuid4()), LimitPolicies().callers
    async with open_shared(redis_url) as shared:
        await shared.take(policy, subject)

    with Redis.from_url(redis_url) as looking:
        keys = sorted(looking.scan_iter(f"*{subject}*"))
        assert len(keys) == 3
        lasting = sorted(int(str(looking.ttl(key))) for key in keys)
    assert all(
        span - 2 < left <= span + 1 for span, left in zip((60, 3_600, 86_400), lasting, strict=True)
    )


async def test_without_redis_each_process_counts_and_says_so_once(own_redis: RedisServer) -> None:
    limits = Limits(LimitPolicies(), RedisCounts(own_redis.url))
    callers = limits.policies.callers
    assert (await limits.take(callers, "key", NOW)).standings[0].remaining == 99
    own_redis.stop()

    with capture_logs() as logs:
        together = await asyncio.gather(*(limits.take(callers, "key", NOW) for _ in range(150)))
        assert sum(one.is_admitted for one in together) == 100
        own_redis.start()
        while (await limits.take(callers, "key", NOW)).at == together[0].at:
            await asyncio.sleep(0.05)

    assert [one["event"] for one in logs] == ["limits.redis_away", "limits.redis_back"]
    assert (await limits.take(callers, "other", NOW)).is_admitted
    await limits.aclose()


async def test_a_redis_that_hangs_is_not_waited_for(own_redis: RedisServer) -> None:
    limits = Limits(LimitPolicies(), RedisCounts(own_redis.url))
    callers = limits.policies.callers
    await limits.take(callers, "key", NOW)
    own_redis.pause()
    try:
        burst = asyncio.gather(*(limits.take(callers, "key", NOW) for _ in range(40)))
        # However slow the machine is: the first sleep ends after everybody's patience has.
        await asyncio.sleep(PATIENCE_SECONDS)
        await asyncio.sleep(PATIENCE_SECONDS)
        assert burst.done()
        assert all(decision.is_admitted for decision in await burst)

        with pytest.raises(StopIteration):  # it ends before it ever waits
            limits.take(callers, "key", NOW).send(None)
    finally:
        own_redis.go_on()
        await limits.aclose()


async def test_a_redis_that_refuses_to_write_is_like_none(own_redis: RedisServer) -> None:
    limits = Limits(LimitPolicies(), RedisCounts(own_redis.url))
    callers = limits.policies.callers
    with Redis.from_url(own_redis.url) as operator, capture_logs() as logs:
        operator.config_set("maxmemory-policy", "noeviction")
        operator.config_set("maxmemory", "1")
        for _ in range(100):
            await limits.take(callers, "key", NOW)
        last = await limits.take(callers, "key", NOW)
        assert not last.is_admitted, "the process counts"
        operator.config_set("maxmemory", "0")
        while (await limits.take(callers, "key", NOW)).at == last.at:
            await asyncio.sleep(0.05)
    await limits.aclose()

    assert [one["event"] for one in logs] == ["limits.redis_away", "limits.redis_back"]
