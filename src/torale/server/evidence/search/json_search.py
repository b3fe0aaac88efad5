"""Search provider for any service that answers JSON."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlencode

from torale.server.clock import Clock
from torale.server.evidence.readers.page_facts import squeeze
from torale.server.evidence.search.apis import Api
from torale.server.evidence.search.base import (
    DEFAULT_LIMIT,
    MAX_SNIPPET,
    MAX_TITLE,
    Hit,
    SearchError,
    recency,
)
from torale.server.evidence.search.dates import said_date
from torale.server.evidence.usable import status_line
from torale.server.outbound import Fetched, Outbound, OutboundError

MAX_BYTES = 2_000_000
_QUOTA = frozenset({402, 432, 433})

Json = Mapping[str, object]


class JsonSearch:
    """One service with its key. What it writes into its errors is never shown: it may echo it."""

    def __init__(
        self, api: Api, outbound: Outbound, clock: Clock, *, url: str = "", key: str = ""
    ) -> None:
        """Remember how to ask.

        Args:
            api: The service.
            outbound: Must trust the operator: a service may run on a private network.
            clock: For dates such as "3 days ago".
            url: Instead of the service's own address.
            key: The operator's.
        """
        self._api = api
        self._outbound = outbound
        self._clock = clock
        self._url = url or api.url
        name, prefix = api.header
        self._headers = {"Accept": "application/json", **({name: prefix + key} if name else {})}

    @property
    def name(self) -> str:
        return self._api.name

    async def search(
        self, query: str, *, limit: int = DEFAULT_LIMIT, fresh: timedelta | None = None
    ) -> Sequence[Hit]:
        now = self._clock()
        parameters = self._parameters(query, limit, fresh, now)
        try:
            answer = await self._ask(parameters)
        except OutboundError as error:
            detail = f"{self._api.title} gave no answer: {error.detail}"
            raise SearchError(error.kind, detail, retryable=error.retryable) from None
        return self._hits(self._read(answer, now), now)[:limit]

    def _parameters(
        self, query: str, limit: int, fresh: timedelta | None, now: datetime
    ) -> dict[str, object]:
        api = self._api
        parameters: dict[str, object] = {api.query: query, **api.extra}
        if api.count:
            parameters[api.count] = limit
        window = recency(fresh)
        if window is not None and api.recency:
            since = (now - window.length).strftime("%Y-%m-%dT00:00:00.000Z")
            parameters[api.recency] = api.words[window] if api.words else since
        return parameters

    async def _ask(self, parameters: Json) -> Fetched:
        if not self._api.posts:
            return await self._outbound.fetch(
                f"{self._url}?{urlencode(parameters)}", headers=self._headers
            )
        return await self._outbound.post(
            self._url,
            content=json.dumps(parameters).encode(),
            headers={**self._headers, "Content-Type": "application/json"},
            max_bytes=MAX_BYTES,
        )

    def _read(self, answer: Fetched, now: datetime) -> Json:
        if answer.status != 200:
            raise self._refused(answer, now)
        try:
            data: object = json.loads(answer.body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise self._no_result()
        return cast(Json, data)

    def _no_result(self) -> SearchError:
        detail = f"{self._api.title} answered something that is no search result."
        return SearchError("bad_answer", detail)

    def _refused(self, answer: Fetched, now: datetime) -> SearchError:
        api, status = self._api, answer.status
        hint = api.hints.get(status, "")
        kind = {401: "unauthorized", 403: "forbidden", 429: "rate_limited"}.get(
            status, f"http_{status}"
        )
        if status in _QUOTA:
            kind, hint = "quota", hint or "the plan of this key is used up"
        elif status in {401, 403} and api.key:
            hint = hint or f"check {api.key}"
        detail = f"{api.title} answered {status_line(status)}" + (f": {hint}." if hint else ".")
        passes = status == 429 or status >= 500
        return SearchError(kind, detail, retryable=passes, pause=answer.retry_after(now))

    def _hits(self, data: Json, now: datetime) -> list[Hit]:
        found: object = data
        for name in self._api.results:
            found = cast(Json, found).get(name) if isinstance(found, dict) else None
        if found is None and len(self._api.results) > 1:
            found = []  # Brave leaves out the section when it has nothing for it
        if not isinstance(found, list):
            raise self._no_result()
        listed = [cast(Json, item) for item in cast(list[object], found) if isinstance(item, dict)]
        hits = [self._hit(result, now) for result in listed]
        hits = [hit for hit in hits if hit.uri.startswith(("http://", "https://"))]
        if not hits and self._api.silent and data.get(self._api.silent):
            # Nobody has looked: that is no empty result.
            detail = f"None of {self._api.title}'s engines gave an answer."
            raise SearchError("engines_failed", detail)
        return hits

    def _hit(self, result: Json, now: datetime) -> Hit:
        api = self._api
        snippets = (_text(result.get(name)) for name in api.snippet)
        moments = (said_date(_text(result.get(name)), now) for name in api.dates)
        return Hit(
            uri=_text(result.get(api.link)),
            title=_text(result.get("title"))[:MAX_TITLE],
            snippet=next((snippet for snippet in snippets if snippet), "")[:MAX_SNIPPET],
            published_at=next((moment for moment in moments if moment), None),
        )


def _text(value: object) -> str:
    """Return a text, or the texts of a list one after the other."""
    if isinstance(value, list):
        return " … ".join(filter(None, map(_text, cast(list[object], value))))
    return squeeze(value) if isinstance(value, str) else ""
