"""The optional `ddgs` library: free, without a key, and best effort.

It reads the result pages of public engines, which answer it or not as they please.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from torale.server.evidence.page_facts import squeeze
from torale.server.evidence.search.base import DEFAULT_LIMIT, Hit, SearchError

TextSearch = Callable[[str, int], Sequence[Mapping[str, object]]]

_NO_RESULTS = "no results"  # how the library says it, in an exception


class Ddgs:
    """Asks the engines one query at a time."""

    name = "ddgs (best effort)"

    def __init__(self, text_search: TextSearch | None = None) -> None:
        self._search = text_search or _library_search
        self._turn = asyncio.Lock()

    async def search(self, query: str, *, limit: int = DEFAULT_LIMIT) -> Sequence[Hit]:
        async with self._turn:
            try:
                found = await asyncio.to_thread(self._search, query, limit)
            except Exception as error:
                # It is optional, so its exceptions cannot be named here, and it lets others pass.
                if _NO_RESULTS in str(error).lower():
                    return []
                reason = squeeze(str(error))[:200] or type(error).__name__
                raise SearchError("provider_failed", f"ddgs gave no answer: {reason}") from error
        return [hit for one in found if (hit := _hit(one)).uri.startswith("http")][:limit]


def _hit(result: Mapping[str, object]) -> Hit:
    uri, title, snippet = (squeeze(str(result.get(key) or "")) for key in ("href", "title", "body"))
    return Hit(uri, title, snippet)


def _library_search(query: str, limit: int) -> Sequence[Mapping[str, object]]:
    import ddgs  # noqa: PLC0415  (an optional extra)

    return ddgs.DDGS(timeout=10).text(query, max_results=limit)
