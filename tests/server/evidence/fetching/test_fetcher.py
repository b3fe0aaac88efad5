"""Politeness, patience and economy of downloads."""

import asyncio
from datetime import timedelta

import pytest

from tests.server.evidence.conftest import NOW, Hours, Reach
from tests.support.web import Answer, Web
from torale.server.evidence.fetching.cache import MAX_ENTRIES, ValidatorCache
from torale.server.evidence.fetching.fetcher import Fetcher
from torale.server.evidence.fetching.politeness import HostTurns, backoff
from torale.server.evidence.fetching.robots import Robots
from torale.server.outbound import Fetched, OutboundError

OK = Answer(b"fine")


@pytest.fixture
def fetcher(reach: Reach, hours: Hours) -> Fetcher:
    return Fetcher(reach, hours.timing)


async def test_a_passing_failure_is_tried_three_times(
    web: Web, fetcher: Fetcher, hours: Hours
) -> None:
    web.answers("/", [Answer(status=500), Answer(raw=b""), OK])

    answer = await fetcher.fetch(web.url + "/")

    assert answer.body == b"fine"
    assert hours.slept == [0.5, 1.0]


async def test_a_lasting_failure_is_returned_as_it_is(web: Web, fetcher: Fetcher) -> None:
    web.page("/", status=503)

    assert (await fetcher.fetch(web.url + "/")).status == 503
    assert len(web.seen) == 3


@pytest.mark.parametrize("asked, waited", [("2", 2), ("3600", 5), ("0", 0.5), ("never", 0.5)])
async def test_a_site_may_ask_for_a_pause(
    web: Web, fetcher: Fetcher, hours: Hours, asked: str, waited: float
) -> None:
    web.answers("/", [Answer(status=429, headers={"Retry-After": asked}), OK])

    assert (await fetcher.fetch(web.url + "/")).status == 200
    assert hours.slept == [waited]


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_refusal_is_not_tried_again(web: Web, fetcher: Fetcher, status: int) -> None:
    web.page("/", status=status)

    assert (await fetcher.fetch(web.url + "/")).status == status
    assert len(web.seen) == 1


async def test_a_blocked_address_is_not_tried_again(fetcher: Fetcher, hours: Hours) -> None:
    with pytest.raises(OutboundError) as caught:
        await fetcher.fetch("http://intranet.test/")

    assert caught.value.kind == "blocked_address"
    assert hours.slept == []


async def test_an_address_that_is_none_is_named(fetcher: Fetcher) -> None:
    with pytest.raises(OutboundError) as caught:
        await fetcher.fetch("http://0177.0.0.1/")

    assert caught.value.kind == "bad_url"


async def test_a_stalling_site_is_given_up(web: Web, hours: Hours) -> None:
    reach = Reach(timeout=0.1)
    web.page("/", b"<p>", then="drip")

    with pytest.raises(OutboundError) as caught:
        await Fetcher(reach, hours.timing).fetch(web.url + "/")

    assert caught.value.kind == "timeout"
    assert len(web.seen) == 3
    await reach.aclose()


async def test_one_download_serves_all_who_want_it(web: Web, fetcher: Fetcher) -> None:
    web.page("/", "shared")
    gate = web.hold("/")
    first = asyncio.create_task(fetcher.fetch(web.url + "/"))
    others = [asyncio.create_task(fetcher.fetch(web.url + "/#part")) for _ in range(5)]
    while not web.together:
        await asyncio.sleep(0)

    first.cancel()  # the one who began may leave
    gate.set()
    answers = await asyncio.gather(*others)

    assert {one.body for one in answers} == {b"shared"}
    assert len(web.seen) == 1


async def test_all_who_share_a_failure_get_their_own(fetcher: Fetcher) -> None:
    url = "http://intranet.test/"

    first, second = await asyncio.gather(
        fetcher.fetch(url), fetcher.fetch(url), return_exceptions=True
    )

    assert isinstance(first, OutboundError)
    assert isinstance(second, OutboundError)
    assert first is not second


async def test_closing_gives_up_what_is_under_way(web: Web, fetcher: Fetcher) -> None:
    web.page("/", then="stall")
    waiting = asyncio.create_task(fetcher.fetch(web.url + "/"))
    while not web.together:
        await asyncio.sleep(0)

    await fetcher.aclose()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_unchanged_page_is_not_sent_again(web: Web, fetcher: Fetcher) -> None:
    dates = {"ETag": '"1"', "Last-Modified": "Fri, 01 May 2026 10:00:00 GMT"}
    web.answers("/", [Answer(b"body", headers=dates), Answer(status=304), Answer(b"new")])

    bodies = [(await fetcher.fetch(web.url + "/")).body for _ in range(4)]

    assert bodies == [b"body", b"body", b"new", b"new"]
    asked = [one.headers.get("if-none-match") for one in web.seen]
    assert asked == [None, '"1"', '"1"', None]
    assert web.seen[1].headers["if-modified-since"] == dates["Last-Modified"]


async def test_a_304_for_another_page_is_not_trusted(web: Web, fetcher: Fetcher) -> None:
    known = {"ETag": '"1"'}
    web.answers("/a", [Answer(b"a", headers=known), Answer(status=302, headers={"Location": "/b"})])
    web.answers("/b", [Answer(status=304), Answer(b"b")])

    first = await fetcher.fetch(web.url + "/a")
    second = await fetcher.fetch(web.url + "/a")

    assert (first.body, second.body) == (b"a", b"b")


def test_the_cache_stays_small() -> None:
    cache = ValidatorCache()
    tag = {"etag": '"x"'}
    for number in range(MAX_ENTRIES + 10):
        cache.put(f"http://{number}", Fetched("", 200, tag, b""))
    assert cache.get("http://0") is None
    assert cache.get(f"http://{MAX_ENTRIES}") is not None

    for number in range(40):
        cache.put(f"http://large/{number}", Fetched("", 200, tag, bytes(1_000_000)))
    assert cache.get("http://large/0") is None
    assert cache.get("http://large/39") is not None

    cache.put("http://large/39", Fetched("", 200, {**tag, "cache-control": "no-store"}, b""))
    assert cache.get("http://large/39") is None


async def test_a_public_host_is_asked_once_a_second(web: Web, hours: Hours) -> None:
    reach = Reach(public=True)
    fetcher = Fetcher(reach, hours.timing)
    for number in range(4):
        web.page(f"/{number}", "x")

    await asyncio.gather(*(fetcher.fetch(f"{web.url}/{number}") for number in range(4)))

    assert hours.passed >= 3
    assert web.most_together <= 2
    await reach.aclose()


async def test_an_exempt_host_is_asked_at_will(web: Web, fetcher: Fetcher, hours: Hours) -> None:
    for number in range(4):
        web.page(f"/{number}", "x")

    await asyncio.gather(*(fetcher.fetch(f"{web.url}/{number}") for number in range(4)))

    assert hours.slept == []


async def test_two_at_a_time_and_idle_hosts_are_forgotten(hours: Hours) -> None:
    turns = HostTurns(hours.timing)
    inside, most = 0, 0

    async def visit(host: str) -> None:
        nonlocal inside, most
        async with turns.turn(host):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(visit("one.test") for _ in range(6)))
    hours.passed += 60
    await visit("two.test")

    assert most == 2
    assert list(turns._hosts) == ["two.test"]  # pyright: ignore[reportPrivateUsage]


def test_the_pause_grows_and_has_a_limit() -> None:
    longest = timedelta(seconds=5)

    assert [backoff(n, None, longest).total_seconds() for n in (1, 2, 3, 9)] == [0.5, 1, 2, 5]
    assert backoff(1, timedelta(seconds=3), longest) == timedelta(seconds=3)


@pytest.mark.parametrize(
    "status, body, page, allowed",
    [
        (200, "User-agent: *\nDisallow: /private", "/private/x", False),
        (200, "User-agent: *\nDisallow: /private", "/open", True),
        (200, "User-agent: Torale\nDisallow: /*.pdf$", "/a.pdf", False),
        (200, "User-agent: Torale\nAllow: /\n\nUser-agent: *\nDisallow: /", "/", True),
        (404, "nothing", "/x", True),
        (403, "nothing", "/x", True),
        (503, "nothing", "/x", False),
        (200, "\x00\ud7ff<html>", "/x", True),
    ],
)
async def test_robots(
    web: Web, fetcher: Fetcher, hours: Hours, status: int, body: str, page: str, allowed: bool
) -> None:
    web.page("/robots.txt", body, status=status)

    assert await Robots(fetcher, hours.timing).allows(web.url + page) is allowed


async def test_robots_are_asked_once_a_day(web: Web, fetcher: Fetcher, hours: Hours) -> None:
    robots = Robots(fetcher, hours.timing)
    web.page("/robots.txt", "User-agent: *\nDisallow: /")

    for _ in range(3):
        assert not await robots.allows(web.url + "/page")
    assert len(web.seen) == 1

    web.page("/robots.txt", "")
    hours.passed += 25 * 3600
    assert await robots.allows(web.url + "/page")


async def test_a_site_that_cannot_be_reached_forbids(fetcher: Fetcher, hours: Hours) -> None:
    robots = Robots(fetcher, hours.timing)

    assert not await robots.allows("http://intranet.test/")
    assert not await robots.allows("http://0177.0.0.1/")


async def test_few_sites_are_remembered(fetcher: Fetcher, hours: Hours) -> None:
    robots = Robots(fetcher, hours.timing, max_sites=2)
    for port in (1, 2, 3):
        await robots.allows(f"http://intranet.test:{port}/")

    assert len(robots._sites) == 2  # pyright: ignore[reportPrivateUsage]


def test_the_hours_begin_now(hours: Hours) -> None:
    assert hours.timing.clock() == NOW
