"""The optional `ddgs` library: free, without a key, and best effort.

It reads the result pages of public engines, which answer it or not as they please. A refusal
looks like an empty result to it, so that an empty result says nothing at all.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from torale.server.evidence.readers.page_facts import squeeze
from torale.server.evidence.search.base import (
    DEFAULT_LIMIT,
    MAX_SNIPPET,
    MAX_TITLE,
    Hit,
    SearchError,
    recency,
)

# The question, the number of hits, and `d`, `w`, `m` or `y` for recent pages only.
TextSearch = Callable[[str, int, str | None], Sequence[Mapping[str, object]]]

_NO_RESULTS = "no results"  # how the library says it, in an exception


class Ddgs:
    """Asks the engines one query at a time."""

    name = "ddgs (best effort)"

    def __init__(self, text_search: TextSearch | None = None) -> None:
        self._search = text_search or _library_search
        self._turn = asyncio.Lock()

    async def search(
        self, query: str, *, limit: int = DEFAULT_LIMIT, fresh: timedelta | None = None
    ) -> Sequence[Hit]:
        window = recency(fresh)
        async with self._turn:
            try:
                letter = window.value[0] if window else None
                found = await asyncio.to_thread(self._search, query, limit, letter)
            except Exception as error:
                # It is optional, so its exceptions cannot be named here, and it lets others pass.
                if _NO_RESULTS in str(error).lower():
                    raise _nothing() from None
                reason = squeeze(str(error))[:200] or type(error).__name__
                raise SearchError("provider_failed", f"ddgs gave no answer: {reason}") from error
        hits = [hit for result in found if (hit := _hit(result)).uri.startswith("http")][:limit]
        if not hits:
            raise _nothing()
        return hits


def _nothing() -> SearchError:
    detail = "ddgs (best effort) found nothing, which may also mean that it was refused."
    return SearchError("no_results", detail)


def _hit(result: Mapping[str, object]) -> Hit:
    uri, title, snippet = (squeeze(str(result.get(key) or "")) for key in ("href", "title", "body"))
    return Hit(uri, title[:MAX_TITLE], snippet[:MAX_SNIPPET])


def _library_search(query: str, limit: int, recent: str | None) -> Sequence[Mapping[str, object]]:
    import ddgs  # noqa: PLC0415  (an optional extra)

    return ddgs.DDGS(timeout=10).text(query, max_results=limit, timelimit=recent)
