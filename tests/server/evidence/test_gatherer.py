"""The evidence of one execution, whatever the web does."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.server.evidence.conftest import NOW, Hours, Reach
from tests.support.web import Web
from torale.server.clock import utc_now
from torale.server.evidence import build_gatherer
from torale.server.evidence.base import DocumentKind, Gathered, SearchFreshness
from torale.server.evidence.fetching.fetcher import Fetcher
from torale.server.evidence.fetching.robots import Robots
from torale.server.evidence.gatherer import WebAccess, WebGatherer
from torale.server.evidence.search import Hit, SearchError
from torale.server.evidence.source import Source
from torale.server.sandbox import SAME_PROCESS
from torale.server.settings.loading import load

LIMIT = timedelta(seconds=20)


class Scripted:
    """A search provider that answers as told."""

    name = "scripted"

    def __init__(self) -> None:
        self.answer: Sequence[Hit] | SearchError = []
        self.stalls = False
        self.recent: Sequence[Hit] | None = None
        self.asked: list[SearchFreshness] = []

    async def search(self, query: str, freshness: SearchFreshness) -> Sequence[Hit]:
        self.asked.append(freshness)
        if self.recent is not None and freshness.fresh is not None:
            return self.recent
        if self.stalls:
            await asyncio.Event().wait()
        if isinstance(self.answer, SearchError):
            raise self.answer
        return self.answer


@pytest.fixture
def search() -> Scripted:
    return Scripted()


def gatherer(
    reach: Reach, hours: Hours, search: Scripted | None = None, limit: timedelta = LIMIT
) -> WebGatherer:
    fetcher = Fetcher(reach, hours.timing)
    access = WebAccess(
        fetcher, Robots(fetcher, hours.timing), search, SAME_PROCESS, owned=(fetcher,)
    )
    return WebGatherer(access, time_limit=limit)


@pytest.fixture
async def named(reach: Reach, hours: Hours) -> AsyncIterator[WebGatherer]:
    one = gatherer(reach, hours)
    yield one
    await one.aclose()


@pytest.fixture
async def searching(reach: Reach, hours: Hours, search: Scripted) -> AsyncIterator[WebGatherer]:
    one = gatherer(reach, hours, search)
    yield one
    await one.aclose()


async def gather(one: WebGatherer, *sources: str) -> Gathered:
    return await one.gather("widget price", [Source(url) for url in sources], now=NOW)


async def test_named_sources_are_read_whole_and_in_order(web: Web, named: WebGatherer) -> None:
    page = web.page("/page", "<title>Widget</title><p>Price: 349 USD</p>")
    feed = web.page("/feed", "<rss><channel><item><title>One</title></item></channel></rss>",
                    headers={"Content-Type": "application/rss+xml"})  # fmt: skip
    data = web.page("/data", '{"price": 349.00}', headers={"Content-Type": "application/json"})

    found = await gather(named, page, feed, data, page)

    assert [(one.uri, one.kind, one.text) for one in found.documents] == [
        (page, DocumentKind.PAGE, "Widget\nPrice: 349 USD"),
        (feed, DocumentKind.FEED, "One"),
        (data, DocumentKind.JSON, "price: 349.00"),
    ]
    assert all(one.named and one.fetched_at == NOW for one in found.documents)
    assert found.problems == ()
    assert found.usable == found.documents
    assert len(web.requests("/page")) == 1


@pytest.mark.parametrize(
    "status, body, reason",
    [
        (403, "<p>Forbidden", "the site answered 403 Forbidden"),
        (404, "<p>Gone", "the site answered 404 Not Found"),
        (401, "<p>Who", "login"),
        (200, "<title>Just a moment...</title><p>Verify you are human", "captcha"),
        (200, "<title>Log in</title><form><input type=password></form>", "login form"),
        (200, "", "empty"),
        (200, "GIF89a", "not text"),
    ],
)
async def test_what_answers_without_a_page_is_an_unusable_document(
    web: Web, named: WebGatherer, status: int, body: str, reason: str
) -> None:
    found = await gather(named, web.page("/", body, status=status))

    (document,) = found.documents
    assert (document.unusable_reason or "").startswith(reason)
    assert (document.status, document.text, document.named) == (status, "", True)
    assert found.usable == ()
    assert found.problems == ()


async def test_what_does_not_answer_is_a_problem(web: Web, named: WebGatherer) -> None:
    broken = web.page("/broken", status=500)
    busy = web.page("/busy", status=429)
    private = web.redirect("/private", "http://10.0.0.1/")
    loop = web.redirect("/loop", "/loop")
    sources = (broken, busy, private, loop, "http://intranet.test/", "http://127.0.0.1:1/", "x:y")

    found = await gather(named, *sources)

    assert [(one.uri, one.kind) for one in found.problems] == list(
        zip(
            sources,
            ("http_500", "http_429", "blocked_address", "too_many_redirects", "blocked_address",
             "connection", "bad_url"),
            strict=True,
        )
    )  # fmt: skip
    assert all(one.named and one.reason.endswith(".") for one in found.problems)
    assert found.documents == ()


async def test_one_bad_source_does_not_hide_the_others(web: Web, named: WebGatherer) -> None:
    good = web.page("/good", "<p>Price: 349 USD")

    found = await gather(named, web.page("/bad", status=502), good)

    assert [one.uri for one in found.usable] == [good]
    assert [one.kind for one in found.problems] == ["http_502"]


async def test_a_large_or_bloated_page_is_cut_and_marked(web: Web, named: WebGatherer) -> None:
    page = b"<p>Price: 349 USD</p>" + b"<p>more</p>" * 300_000
    large = web.page("/large", page)
    bomb = web.page("/bomb", gzip.compress(page), headers={"Content-Encoding": "gzip"})

    found = await gather(named, large, bomb)

    assert [(one.truncated, one.text[:14]) for one in found.documents] == [
        (True, "Price: 349 USD")
    ] * 2


async def test_what_is_slow_ends_with_the_execution(web: Web, reach: Reach, hours: Hours) -> None:
    good = web.page("/good", "<p>Price: 349 USD")
    slow = web.page("/slow", "<p>", then="drip")
    search = Scripted()
    search.stalls = True
    one = gatherer(reach, hours, search, timedelta(seconds=0.3))

    found = await gather(one, good, slow)

    assert [document.uri for document in found.usable] == [good]
    assert [(problem.uri, problem.kind) for problem in found.problems] == [
        (slow, "timeout"),
        ("scripted", "search_failed"),
    ]
    await one.aclose()


async def test_sources_that_claim_one_address_are_all_kept(web: Web, named: WebGatherer) -> None:
    link = "<link rel=canonical href=/><p>"
    first, second = web.page("/1", link + "one"), web.page("/2", link + "two")
    same = web.page("/3", link + "one")

    found = await gather(named, first, second, same)

    assert [(one.uri, one.text) for one in found.documents] == [
        (web.url + "/", "one"),
        (second, "two"),
    ]


async def test_hits_are_read_and_what_cannot_be_read_leaves_its_snippet(
    web: Web, searching: WebGatherer, search: Scripted
) -> None:
    web.page("/robots.txt", "User-agent: *\nDisallow: /private")
    dated = datetime(2026, 4, 1, tzinfo=UTC)
    search.answer = [
        Hit(web.page("/good", "<title>Good</title><p>It costs 349 USD"), "T", "S", dated),
        Hit(web.page("/private", "<p>secret"), "Private", "Snippet", dated),
        Hit(web.page("/wall", "<title>Just a moment...</title>"), "Wall", "Behind it"),
        Hit(web.page("/gone", status=404), "Gone", ""),
        Hit("http://intranet.test/", "Inside", "A snippet"),
        Hit(web.page("/sixth", "<p>text"), "Sixth", "not read"),
    ]

    found = await gather(searching)

    assert [(one.uri, one.kind, one.text) for one in found.documents] == [
        (web.url + "/good", DocumentKind.PAGE, "Good\nIt costs 349 USD"),
        (web.url + "/private", DocumentKind.RESULT, "Private\nSnippet"),
        (web.url + "/wall", DocumentKind.RESULT, "Wall\nBehind it"),
        ("http://intranet.test/", DocumentKind.RESULT, "Inside\nA snippet"),
    ]
    assert [one.published_at for one in found.documents] == [dated, dated, None, None]
    assert not any(one.named for one in found.documents)
    assert found.problems == ()
    assert web.requests("/private") == web.requests("/sixth") == []


async def test_a_hit_that_is_a_named_source_counts_once(
    web: Web, searching: WebGatherer, search: Scripted
) -> None:
    page = web.page("/page", "<p>Price: 349 USD")
    search.answer = [Hit(page, "T", "S"), Hit(page, "T", "S again")]

    found = await gather(searching, page)

    assert [(one.uri, one.named) for one in found.documents] == [(page, True)]


async def test_robots_do_not_bind_what_the_user_named(web: Web, named: WebGatherer) -> None:
    web.page("/robots.txt", "User-agent: *\nDisallow: /")

    found = await gather(named, web.page("/page", "<p>Price: 349 USD"))

    assert len(found.usable) == 1
    assert web.requests("/robots.txt") == []


async def test_a_search_that_fails_is_a_problem(
    web: Web, searching: WebGatherer, search: Scripted
) -> None:
    search.answer = SearchError("forbidden", "Refused.")

    found = await gather(searching, web.page("/page", "<p>Price: 349 USD"))

    assert len(found.usable) == 1
    (problem,) = found.problems
    assert (problem.uri, problem.kind, problem.reason) == ("scripted", "search_failed", "Refused.")
    assert not problem.named


async def test_an_empty_search_is_neither(searching: WebGatherer) -> None:
    assert await gather(searching) == Gathered((), ())


async def test_where_nothing_recent_is_found_pages_of_any_age_serve(
    web: Web, searching: WebGatherer, search: Scripted
) -> None:
    week = SearchFreshness(timedelta(days=7), timedelta(minutes=30))
    search.recent, search.answer = [], [Hit(web.page("/old", "<p>An old page"), "T", "S")]

    found = await searching.gather("query", (), now=NOW, freshness=week)

    assert [one.text for one in found.documents] == ["An old page"]
    assert search.asked == [week, SearchFreshness(None, timedelta(minutes=30))]
    search.recent = [Hit(web.page("/new", "<p>A new page"), "T", "S")]
    found = await searching.gather("query", (), now=NOW, freshness=week)
    assert [one.text for one in found.documents] == ["A new page"]


async def test_nothing_to_ask_is_a_problem(named: WebGatherer) -> None:
    (problem,) = (await gather(named)).problems

    assert problem.kind == "no_source"


async def test_the_gatherer_is_built_from_settings(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORALE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TORALE_SEARCH", "none")
    monkeypatch.setenv("TORALE_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setenv("TORALE_PUBLIC_URL", "https://watch.example")
    built = build_gatherer(load(), utc_now, SAME_PROCESS)

    found = await gather(built, web.page("/page", "<p>Price: 349 USD"), "http://10.0.0.1/")

    assert len(found.usable) == 1
    assert [one.kind for one in found.problems] == ["blocked_address"]
    assert web.seen[0].headers["user-agent"].endswith("(+https://watch.example)")
    await built.aclose()
