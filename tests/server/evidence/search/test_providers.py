"""Search services: what each is asked, what its answer holds, what its failures are called."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from tests.server.evidence.conftest import NOW, Hours, Reach
from tests.support.web import Web
from torale.server.evidence.base import SearchFreshness
from torale.server.evidence.search import Hit, SearchError, SearchProvider, chain
from torale.server.evidence.search.apis import APIS, SEARXNG, Api
from torale.server.evidence.search.dates import said_date
from torale.server.evidence.search.ddgs_provider import Ddgs
from torale.server.evidence.search.json_search import JsonSearch
from torale.server.evidence.search.memory import SearchMemory

KEY = "key-that-must-stay-secret"
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
HOURS_AGO = NOW - timedelta(hours=3)
BY_NAME = {one.name: one for one in (SEARXNG, *APIS)}

# What each service answers, in the shape of its documentation, and the hit that it holds.
ANSWERS: dict[str, tuple[dict[str, Any], Hit]] = {
    "searxng": (
        {"results": [{"url": "https://a.test/", "title": " A ", "content": "First",
                      "publishedDate": "2026-04-01T00:00:00"},
                     {"url": "https://b.test/", "title": "B", "content": None},
                     {"url": "javascript:1", "title": "C"}, "noise"],
         "unresponsive_engines": [["x", "timeout"]]},
        Hit("https://a.test/", "A", "First", APRIL),
    ),
    "brave": (
        {"type": "search", "web": {"type": "search", "results": [
            {"title": "A", "url": "https://a.test/", "description": "First",
             "age": "April 1, 2026", "page_age": "2026-04-01T00:00:00"}]}},
        Hit("https://a.test/", "A", "First", APRIL),
    ),
    "serper": (
        {"searchParameters": {}, "organic": [
            {"title": "A", "link": "https://a.test/", "snippet": "First", "date": "3 hours ago",
             "position": 1}]},
        Hit("https://a.test/", "A", "First", HOURS_AGO),
    ),
    "tavily": (
        {"query": "q", "answer": None, "images": [], "results": [
            {"title": "A", "url": "https://a.test/", "content": "First", "score": 0.9,
             "raw_content": None, "published_date": "Wed, 01 Apr 2026 00:00:00 GMT"}]},
        Hit("https://a.test/", "A", "First", APRIL),
    ),
    "exa": (
        {"requestId": "1", "results": [
            {"id": "1", "title": "A", "url": "https://a.test/", "author": None,
             "publishedDate": "2026-04-01T00:00:00.000Z", "highlights": ["First", "more"]}]},
        Hit("https://a.test/", "A", "First … more", APRIL),
    ),
    "perplexity": (
        {"id": "1", "results": [
            {"title": "A", "url": "https://a.test/", "snippet": "First", "date": None,
             "last_updated": "2026-04-01"}]},
        Hit("https://a.test/", "A", "First", APRIL),
    ),
}  # fmt: skip


@pytest.fixture
def service(web: Web, reach: Reach, hours: Hours) -> "Service":
    return Service(web, reach, hours)


class Service:
    """Any of the services, on this machine."""

    def __init__(self, web: Web, reach: Reach, hours: Hours) -> None:
        self.web, self.reach, self.hours = web, reach, hours

    def of(self, name: str) -> JsonSearch:
        clock = self.hours.timing.clock
        url = self.web.url + "/search"
        return JsonSearch(BY_NAME[name], self.reach, clock, url=url, key=KEY)

    def asked(self) -> dict[str, Any]:
        seen = self.web.seen[-1]
        if seen.method == "POST":
            body: dict[str, Any] = json.loads(seen.body)
            return body
        return {name: one[0] for name, one in parse_qs(urlsplit(seen.path).query).items()}


async def failure(provider: SearchProvider) -> SearchError:
    with pytest.raises(SearchError) as caught:
        await provider.search("query")
    return caught.value


@pytest.mark.parametrize("name", ANSWERS)
async def test_a_service_answers(web: Web, service: Service, name: str) -> None:
    answer, hit = ANSWERS[name]
    web.page("/search", json.dumps(answer))

    hits = await service.of(name).search("release date & “price”", limit=1)

    assert hits == [hit]
    assert service.asked()[BY_NAME[name].query] == "release date & “price”"
    assert KEY not in web.seen[0].path


@pytest.mark.parametrize(
    "name, header, value",
    [
        ("brave", "x-subscription-token", KEY),
        ("serper", "x-api-key", KEY),
        ("tavily", "authorization", f"Bearer {KEY}"),
        ("exa", "x-api-key", KEY),
        ("perplexity", "authorization", f"Bearer {KEY}"),
    ],
)
async def test_a_key_travels_in_a_header(
    web: Web, service: Service, name: str, header: str, value: str
) -> None:
    web.page("/search", json.dumps(ANSWERS[name][0]))

    await service.of(name).search("query")

    assert web.seen[0].headers[header] == value
    assert KEY.encode() not in web.seen[0].body


@pytest.mark.parametrize(
    "name, parameter, values",
    [
        ("searxng", "time_range", ("day", "week", "month", "year")),
        ("brave", "freshness", ("pd", "pw", "pm", "py")),
        ("serper", "tbs", ("qdr:d", "qdr:w", "qdr:m", "qdr:y")),
        ("tavily", "time_range", ("day", "week", "month", "year")),
        ("exa", "startPublishedDate", ("2026-04-30T00:00:00.000Z", "2026-04-24T00:00:00.000Z",
                                       "2026-03-31T00:00:00.000Z", "2025-04-30T00:00:00.000Z")),
        ("perplexity", "search_recency_filter", ("day", "week", "month", "year")),
    ],
)  # fmt: skip
async def test_only_recent_pages(
    web: Web, service: Service, name: str, parameter: str, values: Sequence[str]
) -> None:
    web.page("/search", json.dumps(ANSWERS[name][0]))
    said = []

    for days in (0.5, 3, 30, 200):
        await service.of(name).search("query", fresh=timedelta(days=days))
        said.append(service.asked()[parameter])
    await service.of(name).search("query", fresh=timedelta(days=900))
    unlimited = service.asked()

    assert tuple(said) == values
    assert parameter not in unlimited


@pytest.mark.parametrize("api", APIS, ids=lambda api: api.name)
async def test_a_service_is_asked_for_few_hits(web: Web, service: Service, api: Api) -> None:
    web.page("/search", json.dumps(ANSWERS[api.name][0]))

    await service.of(api.name).search("query", limit=3)

    assert int(service.asked()[api.count]) == 3


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_empty_search_is_no_failure(web: Web, service: Service, name: str) -> None:
    answer: dict[str, Any] = {}
    place = answer
    for step in BY_NAME[name].results[:-1]:
        place = place.setdefault(step, {})
    place[BY_NAME[name].results[-1]] = []
    web.page("/search", json.dumps(answer))

    assert await service.of(name).search("query") == []


async def test_brave_without_web_results_is_empty(web: Web, service: Service) -> None:
    web.page("/search", '{"type": "search", "query": {}}')

    assert await service.of("brave").search("query") == []


@pytest.mark.parametrize(
    "status, body, kind, detail, passes",
    [
        (401, "", "unauthorized", "check TAVILY_API_KEY", False),
        (403, "", "forbidden", "check TAVILY_API_KEY", False),
        (402, "", "quota", "used up", False),
        (432, "", "quota", "used up", False),
        (433, "", "quota", "used up", False),
        (429, "", "rate_limited", "429", True),
        (400, "", "http_400", "400 Bad Request", False),
        (500, "", "http_500", "500 Internal", True),
        (503, "", "http_503", "503 Service", True),
        (302, "", "http_302", "302", False),
        (200, "<html>", "bad_answer", "no search result", False),
        (200, "[]", "bad_answer", "no search result", False),
        (200, '{"results": 1}', "bad_answer", "no search result", False),
        (200, '{"error": "no"}', "bad_answer", "no search result", False),
        (200, "[" * 100_000, "bad_answer", "no search result", False),
    ],
)
async def test_a_service_fails(
    web: Web, service: Service, status: int, body: str, kind: str, detail: str, passes: bool
) -> None:
    web.page("/search", body or f"You sent {KEY}", status=status)

    error = await failure(service.of("tavily"))

    assert (error.kind, error.retryable) == (kind, passes)
    assert error.detail.startswith("Tavily answered")
    assert detail in error.detail
    assert KEY not in error.detail, "a service may echo what it was sent"


@pytest.mark.parametrize(
    "status, body, kind, detail",
    [
        (403, "", "forbidden", "search.formats"),
        (200, '{"results": [], "unresponsive_engines": [["x", "y"]]}', "engines_failed", "None"),
    ],
)
async def test_searxng_fails(
    web: Web, service: Service, status: int, body: str, kind: str, detail: str
) -> None:
    web.page("/search", body, status=status)

    error = await failure(service.of("searxng"))

    assert error.kind == kind
    assert detail in error.detail


async def test_a_service_is_not_there(reach: Reach, hours: Hours) -> None:
    clock = hours.timing.clock
    error = await failure(JsonSearch(SEARXNG, reach, clock, url="http://127.0.0.1:1/search"))

    assert (error.kind, error.retryable) == ("connection", True)


async def test_a_service_asks_for_a_pause(web: Web, service: Service) -> None:
    web.page("/search", status=429, headers={"Retry-After": "7"})

    assert (await failure(service.of("brave"))).pause == timedelta(seconds=7)


async def test_a_key_follows_no_redirect(web: Web, service: Service) -> None:
    web.redirect("/search", f"http://other.test:{web.port}/caught")
    web.page("/caught", json.dumps(ANSWERS["brave"][0]))

    await service.of("brave").search("query")

    assert web.seen[-1].path == "/caught"
    assert KEY not in str(web.seen[-1].headers)


async def test_a_long_hit_is_cut(web: Web, service: Service) -> None:
    long = {"url": "https://a.test/", "title": "t" * 9_000, "snippet": "s" * 90_000}
    web.page("/search", json.dumps({"results": [long]}))

    (hit,) = await service.of("perplexity").search("query")

    assert (len(hit.title), len(hit.snippet)) == (300, 2_000)


@pytest.mark.parametrize(
    "text, moment",
    [
        ("2026-04-01", APRIL),
        ("Wed, 01 Apr 2026 00:00:00 GMT", APRIL),
        ("3 hours ago", HOURS_AGO),
        ("an hour ago", NOW - timedelta(hours=1)),
        ("5 mins ago", NOW - timedelta(minutes=5)),
        ("2 hrs. ago", NOW - timedelta(hours=2)),
        ("1 day ago", NOW - timedelta(days=1)),
        ("2 weeks ago", NOW - timedelta(weeks=2)),
        ("a month ago", NOW - timedelta(days=30)),
        ("One Year Ago", NOW - timedelta(days=365)),
        ("Yesterday", NOW - timedelta(days=1)),
        ("just now", NOW),
        ("Apr 1, 2026", APRIL),
        ("April 1st, 2026", APRIL),
        ("1 April 2026", APRIL),
        ("1. Apr. 2026", APRIL),
        ("Sept 5, 2025", datetime(2025, 9, 5, tzinfo=UTC)),
        ("Feb 31, 2026", None),
        ("in 3 days", None),
        ("3 days", None),
        ("9999 years ago", None),
        ("2026-05-09", None),
        ("may be", None),
        ("", None),
        ("1 " * 5_000 + "day ago", None),
    ],
)
def test_dates_of_hits(text: str, moment: datetime | None) -> None:
    assert said_date(text, NOW) == moment


async def test_ddgs() -> None:
    asked = []

    def search(query: str, limit: int, recent: str | None) -> Sequence[Mapping[str, object]]:
        asked.append((query, limit, recent))
        return [{"href": "https://a.test", "title": "A", "body": "a  b"}, {"title": "none"}]

    assert await Ddgs(search).search("query") == [Hit("https://a.test", "A", "a b")]
    await Ddgs(search).search("query", limit=2, fresh=timedelta(days=6))
    assert asked == [("query", 8, None), ("query", 2, "w")]


@pytest.mark.parametrize("error", [RuntimeError("blocked"), RuntimeError()])
async def test_ddgs_fails(error: Exception) -> None:
    def search(query: str, limit: int, recent: str | None) -> Sequence[Mapping[str, object]]:
        raise error

    assert (await failure(Ddgs(search))).kind == "provider_failed"


@pytest.mark.parametrize("error", [LookupError("No results found."), None])
async def test_nothing_found_by_ddgs_tells_nothing(error: Exception | None) -> None:
    def search(query: str, limit: int, recent: str | None) -> Sequence[Mapping[str, object]]:
        if error is not None:
            raise error
        return [{"href": "javascript:1"}]

    found = await failure(Ddgs(search))

    assert found.kind == "no_results"
    assert "best effort" in found.detail


async def test_a_failure_is_logged_without_the_key(
    web: Web, service: Service, reach: Reach, hours: Hours
) -> None:
    web.page("/search", f"You sent {KEY}", status=401)
    asked = chain.Chain([service.of("exa")], hours.timing, SearchMemory(lambda: 0.0))

    with capture_logs() as logs, pytest.raises(SearchError):
        await asked.search("query", SearchFreshness())

    assert [(one["provider"], one["kind"]) for one in logs] == [("exa", "unauthorized")]
    assert KEY not in str(logs)
