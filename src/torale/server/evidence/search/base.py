"""What a search provider answers, and how it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

DEFAULT_LIMIT = 8


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
        detail: One sentence for people.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class SearchProvider(Protocol):
    @property
    def name(self) -> str: ...

    async def search(self, query: str, *, limit: int = DEFAULT_LIMIT) -> Sequence[Hit]:
        """Return the best hits, best first.

        Raises:
            SearchError: The provider gave no answer.
        """
        ...
