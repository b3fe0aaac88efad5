from datetime import timedelta

from tests.support.fakes import FakeClock
from torale.server.limits import LimitPolicies, LimitPolicy, Limits, Window
from torale.server.limits.headers import fields


async def test_headers_speak_of_the_window_with_the_fewest_requests_left() -> None:
    clock, limits = FakeClock(), Limits()
    callers = limits.policies.callers

    first = dict(fields(await limits.take(callers, "key", clock())))

    assert first == {
        b"x-ratelimit-limit": b"100",
        b"x-ratelimit-remaining": b"99",
        b"x-ratelimit-reset": b"%d" % (clock().timestamp() + 60),
        b"ratelimit": b'"minute";r=99;t=60, "hour";r=999;t=3600, "day";r=9999;t=86400',
        b"ratelimit-policy": b'"minute";q=100;w=60, "hour";q=1000;w=3600, "day";q=10000;w=86400',
    }

    last = None
    for _ in range(950):  # the hour gets tighter than the minute
        clock.advance(timedelta(seconds=1))
        last = await limits.take(callers, "key", clock())
    assert last is not None
    told = dict(fields(last))
    assert told[b"x-ratelimit-limit"] == b"100"
    assert told[b"x-ratelimit-remaining"] == b"40"
    clock.advance(timedelta(seconds=30))
    for _ in range(49):
        last = await limits.take(callers, "key", clock())
    told = dict(fields(last))
    assert (told[b"x-ratelimit-limit"], told[b"x-ratelimit-remaining"]) == (b"1000", b"0")
    assert told[b"ratelimit"].startswith(b'"minute";r=21;t=1, "hour";r=0;t=2620, "day";r=9000')


async def test_one_window_is_one_item() -> None:
    policies = LimitPolicies(failures=LimitPolicy("failures", (Window("minute", 30, 60),)))
    limits = Limits(policies)

    told = dict(fields(await limits.take(policies.failures, "203.0.113.7", FakeClock()())))

    assert told[b"ratelimit"] == b'"minute";r=29;t=60'
    assert told[b"ratelimit-policy"] == b'"minute";q=30;w=60'
