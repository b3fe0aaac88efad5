"""SearXNG, a search engine that the operator runs."""

import json
from collections.abc import Mapping, Sequence
from typing import cast
from urllib.parse import urlencode

from torale.server.evidence.fetcher import Fetcher
from torale.server.evidence.page_facts import parse_date, squeeze
from torale.server.evidence.search.base import DEFAULT_LIMIT, Hit, SearchError
from torale.server.evidence.usable import status_line
from torale.server.outbound import Fetched, OutboundError

_FORBIDDEN = (
    "SearXNG answered 403 Forbidden: add `json` to `search.formats` in its settings.yml,"
    " and check `server.limiter`."
)


class Searxng:
    """Asks one instance for JSON."""

    name = "searxng"

    def __init__(self, url: str, fetcher: Fetcher) -> None:
        """Remember where the instance is.

        Args:
            url: Its address, without `/search`.
            fetcher: Must trust the operator: the instance is usually on a private network.
        """
        self._url = url.rstrip("/").removesuffix("/search")
        self._fetcher = fetcher

    async def search(self, query: str, *, limit: int = DEFAULT_LIMIT) -> Sequence[Hit]:
        address = f"{self._url}/search?{urlencode({'q': query, 'format': 'json'})}"
        try:
            answer = await self._fetcher.fetch(address)
        except OutboundError as error:
            raise SearchError(error.kind, f"SearXNG gave no answer: {error.detail}") from None
        return _hits(_data(answer))[:limit]


def _data(answer: Fetched) -> Mapping[str, object]:
    if answer.status == 403:
        raise SearchError("forbidden", _FORBIDDEN)
    if answer.status != 200:
        kind = "rate_limited" if answer.status == 429 else f"http_{answer.status}"
        raise SearchError(kind, f"SearXNG answered {status_line(answer.status)}.")
    try:
        data: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or not isinstance(data.get("results"), list):
        raise SearchError("bad_answer", "SearXNG answered something that is no search result.")
    return cast(Mapping[str, object], data)


def _hits(data: Mapping[str, object]) -> list[Hit]:
    found = cast(list[object], data["results"])
    hits = [_hit(cast(Mapping[str, object], one)) for one in found if isinstance(one, dict)]
    hits = [one for one in hits if one.uri.startswith(("http://", "https://"))]
    silent = data.get("unresponsive_engines")
    if not hits and silent:
        # Nobody has looked: that is no empty result.
        raise SearchError("engines_failed", "None of SearXNG's engines gave an answer.")
    return hits


def _hit(result: Mapping[str, object]) -> Hit:
    return Hit(
        uri=_text(result.get("url")),
        title=_text(result.get("title")),
        snippet=_text(result.get("content")),
        published_at=parse_date(_text(result.get("publishedDate"))),
    )


def _text(value: object) -> str:
    return squeeze(value) if isinstance(value, str) else ""
