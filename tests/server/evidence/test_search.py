"""Search providers and what their failures are called."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from tests.server.evidence.conftest import Hours, Reach
from tests.web import Web
from torale.server.errors import SettingsError
from torale.server.evidence.fetcher import Fetcher
from torale.server.evidence.search import Hit, SearchError, SearchProvider, build, chain
from torale.server.evidence.search.chain import Chain
from torale.server.evidence.search.ddgs_provider import Ddgs
from torale.server.evidence.search.searxng import Searxng

RESULTS = {
    "results": [
        {
            "url": "https://a.test/",
            "title": " A ",
            "content": "First",
            "publishedDate": "2026-04-01",
        },
        {"url": "https://b.test/", "title": "B", "content": None},
        {"url": "javascript:1", "title": "C"},
        "noise",
    ]
}


@pytest.fixture
def searxng(web: Web, reach: Reach, hours: Hours) -> Searxng:
    return Searxng(web.url + "/", Fetcher(reach, hours.timing))


async def failure(provider: SearchProvider) -> SearchError:
    with pytest.raises(SearchError) as caught:
        await provider.search("query")
    return caught.value


async def test_searxng(web: Web, searxng: Searxng) -> None:
    web.page("/search", json.dumps(RESULTS))

    hits = await searxng.search("release date & price")

    assert hits == [
        Hit("https://a.test/", "A", "First", datetime(2026, 4, 1, tzinfo=UTC)),
        Hit("https://b.test/", "B", ""),
    ]
    assert web.seen[0].path == "/search?q=release+date+%26+price&format=json"
    assert len(await searxng.search("query", limit=1)) == 1


async def test_an_empty_search_is_no_failure(web: Web, searxng: Searxng) -> None:
    web.page("/search", '{"results": []}')

    assert await searxng.search("query") == []


@pytest.mark.parametrize(
    "status, body, kind, detail",
    [
        (403, "", "forbidden", "search.formats"),
        (429, "", "rate_limited", "429"),
        (500, "", "http_500", "500 Internal"),
        (200, "<html>", "bad_answer", "no search result"),
        (200, "[]", "bad_answer", "no search result"),
        (200, '{"results": [], "unresponsive_engines": [["x", "y"]]}', "engines_failed", "None"),
    ],
)
async def test_searxng_fails(
    web: Web, searxng: Searxng, status: int, body: str, kind: str, detail: str
) -> None:
    web.page("/search", body, status=status)

    error = await failure(searxng)

    assert error.kind == kind
    assert detail in error.detail


async def test_searxng_is_not_there(reach: Reach, hours: Hours) -> None:
    error = await failure(Searxng("http://127.0.0.1:1", Fetcher(reach, hours.timing)))

    assert error.kind == "connection"


async def test_ddgs() -> None:
    def search(query: str, limit: int) -> Sequence[Mapping[str, object]]:
        return [{"href": "https://a.test", "title": "A", "body": "a  b"}, {"title": "none"}]

    assert await Ddgs(search).search("query") == [Hit("https://a.test", "A", "a b")]


@pytest.mark.parametrize("error", [RuntimeError("blocked"), RuntimeError()])
async def test_ddgs_fails(error: Exception) -> None:
    def search(query: str, limit: int) -> Sequence[Mapping[str, object]]:
        raise error

    assert (await failure(Ddgs(search))).kind == "provider_failed"


async def test_ddgs_finds_nothing() -> None:
    def search(query: str, limit: int) -> Sequence[Mapping[str, object]]:
        raise LookupError("No results found.")

    assert await Ddgs(search).search("query") == []


class Scripted:
    """Answers as told."""

    def __init__(self, name: str, answer: Sequence[Hit] | SearchError) -> None:
        self.name = name
        self.answer = answer

    async def search(self, query: str, *, limit: int = 8) -> Sequence[Hit]:
        if isinstance(self.answer, SearchError):
            raise self.answer
        return self.answer


async def test_the_next_provider_is_asked_only_after_a_failure() -> None:
    down = Scripted("down", SearchError("timeout", "Down."))
    empty = Scripted("empty", [])
    full = Scripted("full", [Hit("https://a.test", "A", "")])

    assert await Chain([down, full]).search("query") == full.answer
    assert await Chain([empty, full]).search("query") == []
    assert Chain([down, full]).name == "down, full"
    assert (await failure(Chain([down, down]))).detail == "Down. Down."


async def test_settings_name_providers(reach: Reach, hours: Hours) -> None:
    trusted = Fetcher(reach, hours.timing)

    assert build("none", trusted) is None
    assert build("", trusted) is None
    assert isinstance(build("searxng:http://localhost:8080", trusted), Searxng)
    both = build("searxng:http://localhost:8080/search, ddgs", trusted)
    assert isinstance(both, Chain)
    assert both.name == "searxng, ddgs (best effort)"


@pytest.mark.parametrize("installed", [True, False])
async def test_ddgs_is_optional(
    reach: Reach, hours: Hours, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    def find_spec(name: str) -> object:
        return name if installed else None

    monkeypatch.setattr(chain, "find_spec", find_spec)
    trusted = Fetcher(reach, hours.timing)

    assert isinstance(build("auto", trusted), Ddgs) is installed
    if not installed:
        with pytest.raises(SettingsError, match="not installed"):
            build("ddgs", trusted)


@pytest.mark.parametrize("setting", ["google", "searxng", "searxng:", "searxng:ftp://x", "auto,x"])
async def test_a_wrong_setting_is_named(reach: Reach, hours: Hours, setting: str) -> None:
    with pytest.raises(SettingsError, match="TORALE_SEARCH"):
        build(setting, Fetcher(reach, hours.timing))
