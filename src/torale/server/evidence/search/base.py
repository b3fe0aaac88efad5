"""Search provider: its protocol, its hits and its failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

DEFAULT_LIMIT = 8
MAX_TITLE, MAX_SNIPPET = 300, 2_000  # characters; they are remembered for an hour


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. Hostile text, like the page behind it.

    Attributes:
        published_at: UTC, when the provider tells.
    """

    uri: str
    title: str
    snippet: str
    published_at: datetime | None = None


class SearchError(Exception):
    """The provider gave no answer. An answer without hits is none of these.

    Attributes:
        kind: Stable word for programs: `forbidden`, `rate_limited`, `bad_answer`, `timeout` …
        detail: One sentence for people. Never holds a key, nor what the provider wrote.
        retryable: It may pass by itself within seconds.
        pause: How long the provider asks us to wait, if it says so.
    """

    def __init__(
        self, kind: str, detail: str, *, retryable: bool = False, pause: timedelta | None = None
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.retryable = retryable
        self.pause = pause

    def again(self) -> "SearchError":
        """Return a fresh one: several may raise it, and a traceback belongs to one of them."""
        return SearchError(self.kind, self.detail, retryable=self.retryable, pause=self.pause)


class Recency(StrEnum):
    """The windows that search providers can look through."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def length(self) -> timedelta:
        return _LENGTHS[self]


_LENGTHS = {
    Recency.DAY: timedelta(days=1),
    Recency.WEEK: timedelta(days=7),
    Recency.MONTH: timedelta(days=31),
    Recency.YEAR: timedelta(days=366),
}


def recency(fresh: timedelta | None) -> Recency | None:
    """Return the shortest window that covers `fresh`; None when none does."""
    if fresh is None:
        return None
    return next((window for window in Recency if fresh <= window.length), None)


class SearchProvider(Protocol):
    @property
    def name(self) -> str: ...

    async def search(
        self, query: str, *, limit: int = DEFAULT_LIMIT, fresh: timedelta | None = None
    ) -> Sequence[Hit]:
        """Return the best hits, best first.

        Args:
            query: As the user wrote it.
            limit: Of hits.
            fresh: Leave out what was published longer ago, as far as the provider can tell.

        Raises:
            SearchError: The provider gave no answer.
        """
        ...
