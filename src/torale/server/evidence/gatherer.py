"""Gatherer: the evidence of one execution, from the task's sources and from a search."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from torale.server.evidence.base import (
    ANY,
    Document,
    DocumentKind,
    Gathered,
    Problem,
    SearchFreshness,
)
from torale.server.evidence.fetching.fetcher import Fetcher
from torale.server.evidence.fetching.robots import Robots
from torale.server.evidence.readers.documents import SourceRequest, read_document
from torale.server.evidence.search.base import Hit, SearchError
from torale.server.evidence.source import Source
from torale.server.evidence.usable import status_line
from torale.server.outbound import OutboundError
from torale.server.sandbox import Runner

TIME_LIMIT = timedelta(seconds=60)
MAX_PAGES = 5  # of the hits of a search

_TOO_SLOW = "It was not read in time."
_NO_SOURCE = "No search provider is configured and the task names no sources."

Outcome = Document | Problem


class Search(Protocol):
    @property
    def name(self) -> str: ...

    async def search(self, query: str, freshness: SearchFreshness) -> Sequence[Hit]:
        """Return the best hits, best first.

        Raises:
            SearchError: Nobody gave an answer.
        """
        ...


class Closed(Protocol):
    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class WebAccess:
    """What the gatherer reaches the web through.

    Attributes:
        runner: Calls the readers.
        owned: Closed together with the gatherer.
    """

    fetcher: Fetcher
    robots: Robots
    search: Search | None
    runner: Runner
    owned: Sequence[Closed] = ()


class WebGatherer:
    """Reads what the user named, and the best pages that a search finds."""

    def __init__(self, access: WebAccess, *, time_limit: timedelta = TIME_LIMIT) -> None:
        self._fetcher = access.fetcher
        self._robots = access.robots
        self._search = access.search
        self._runner = access.runner
        self._owned = access.owned
        self._time_limit = time_limit

    async def gather(
        self,
        query: str,
        sources: Sequence[Source],
        *,
        now: datetime,
        freshness: SearchFreshness = ANY,
    ) -> Gathered:
        if self._search is None and not sources:
            return Gathered((), (Problem("", "no_source", _NO_SOURCE),))
        deadline = asyncio.get_running_loop().time() + self._time_limit.total_seconds()
        requests = [SourceRequest(source, named=True, now=now) for source in dict.fromkeys(sources)]
        named, found = await asyncio.gather(
            asyncio.gather(*(self._read_named(request, deadline) for request in requests)),
            self._found(query, freshness, now, deadline),
        )
        own = _distinct(list(zip((request.source.url for request in requests), named, strict=True)))
        return _together(own, found)

    async def aclose(self) -> None:
        for owned in self._owned:
            await owned.aclose()

    async def _read_named(self, request: SourceRequest, deadline: float) -> Outcome:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._read(request)
        except OutboundError as error:
            return Problem(request.source.url, error.kind, error.detail, named=request.named)
        except TimeoutError:
            return Problem(request.source.url, "timeout", _TOO_SLOW, named=request.named)

    async def _read(self, request: SourceRequest) -> Outcome:
        answer = await self._fetcher.fetch(request.source.url)
        if answer.status == 429 or answer.status >= 500:
            reason = f"The site answered {status_line(answer.status)}."
            return Problem(request.source.url, f"http_{answer.status}", reason, named=request.named)
        return await read_document(answer, request, self._runner)

    async def _found(
        self, query: str, freshness: SearchFreshness, now: datetime, deadline: float
    ) -> list[Outcome]:
        """Search, and read the best pages; a page that cannot be read leaves its snippet."""
        if self._search is None:
            return []
        try:
            async with asyncio.timeout_at(deadline):
                hits = await _hits(self._search, query, freshness)
        except SearchError as error:
            return [Problem(self._search.name, "search_failed", error.detail)]
        except TimeoutError:
            return [Problem(self._search.name, "search_failed", _TOO_SLOW)]
        unique = list({hit.uri: hit for hit in reversed(hits)}.values())[::-1][:MAX_PAGES]
        read = await asyncio.gather(*(self._read_hit(hit, now, deadline) for hit in unique))
        return [document for document in read if document is not None]

    async def _read_hit(self, hit: Hit, now: datetime, deadline: float) -> Document | None:
        request = SourceRequest(Source(hit.uri), named=False, now=now)
        try:
            async with asyncio.timeout_at(deadline):
                outcome = await self._read(request) if await self._robots.allows(hit.uri) else None
        except (OutboundError, TimeoutError):
            outcome = None
        if isinstance(outcome, Document) and outcome.unusable_reason is None:
            return replace(outcome, published_at=outcome.published_at or hit.published_at)
        return _bare(hit, now)


async def _hits(search: Search, query: str, freshness: SearchFreshness) -> Sequence[Hit]:
    """Search; where nothing recent is found, take what there is: nothing at all tells nothing."""
    hits = await search.search(query, freshness)
    if hits or freshness.fresh is None:
        return hits
    return await search.search(query, replace(freshness, fresh=None))


def _bare(hit: Hit, now: datetime) -> Document | None:
    """Return what the search itself tells of a page."""
    if not hit.snippet:
        return None
    return Document(
        uri=hit.uri,
        title=hit.title,
        text=f"{hit.title}\n{hit.snippet}".strip(),
        kind=DocumentKind.RESULT,
        fetched_at=now,
        published_at=hit.published_at,
    )


def _distinct(read: Sequence[tuple[str, Outcome]]) -> list[Outcome]:
    """Keep every source that the user named, even where two claim one canonical address."""
    kept: list[Outcome] = []
    taken: dict[str, Document] = {}
    for url, outcome in read:
        if isinstance(outcome, Document):
            twin = taken.get(outcome.uri)
            if twin == outcome:
                continue
            document = outcome if twin is None else replace(outcome, uri=url)
            taken[document.uri] = document
            kept.append(document)
        else:
            kept.append(outcome)
    return kept


def _together(named: Sequence[Outcome], found: Sequence[Outcome]) -> Gathered:
    """Put what the user named first, and leave out hits that are the same pages again."""
    outcomes = (*named, *found)
    documents: dict[str, Document] = {}
    for outcome in outcomes:
        if isinstance(outcome, Document):
            documents.setdefault(outcome.uri, outcome)
    problems = tuple(outcome for outcome in outcomes if isinstance(outcome, Problem))
    return Gathered(tuple(documents.values()), problems)
