"""Evidence: the documents of one execution, and the problems in their place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from torale.server.evidence.source import Source


class DocumentKind(StrEnum):
    PAGE = "page"
    FEED = "feed"
    JSON = "json"
    RESULT = "result"  # a search hit whose page was not read: only its title and snippet


@dataclass(frozen=True, slots=True)
class Document:
    """Text that was retrieved from one address. Hostile: anybody may have written it.

    Attributes:
        uri: Where it came from: the canonical address when the page names one on the same host.
        text: Readable text, one block a line; empty when unusable.
        published_at: UTC, when the page says so itself.
        fetched_at: UTC.
        status: HTTP status, or None for a bare search hit.
        truncated: The site sent more than we keep.
        unusable_reason: Why a judge must not see it (captcha, login form …); None when usable.
        named: The user named this address in the task's `sources`.
    """

    uri: str
    title: str
    text: str
    kind: DocumentKind
    fetched_at: datetime
    published_at: datetime | None = None
    status: int | None = None
    truncated: bool = False
    unusable_reason: str | None = None
    named: bool = False

    @property
    def sha256(self) -> str:
        """SHA-256 of the text, in hex: the name it is stored under."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Problem:
    """An address or a search that gave nothing, after all its attempts.

    Attributes:
        uri: The address, or the search provider's name.
        kind: Stable word for programs: `timeout`, `connection`, `blocked_address`, `http_500`,
            `search_failed`, `robots`, `too_many_redirects`, …
        reason: One sentence for people.
        named: The user named this address in the task's `sources`.
    """

    uri: str
    kind: str
    reason: str
    named: bool = False


@dataclass(frozen=True, slots=True)
class Gathered:
    """The evidence of one execution. No usable document and no problem: the search was empty."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]

    @property
    def usable(self) -> tuple[Document, ...]:
        return tuple(document for document in self.documents if document.unusable_reason is None)


@dataclass(frozen=True, slots=True)
class SearchFreshness:
    """How recent a search must be.

    Attributes:
        fresh: Leave out pages that were published longer ago, as far as a provider can tell; None
            for pages of any age.
        max_age: How old the answer of an earlier search may be, to serve for this one.
    """

    fresh: timedelta | None = None
    max_age: timedelta = timedelta(0)


ANY = SearchFreshness()


class Gatherer(Protocol):
    """Retrieves evidence. Never raises for what a site or a provider does: that is a `Problem`."""

    async def gather(
        self,
        query: str,
        sources: Sequence[Source],
        *,
        now: datetime,
        freshness: SearchFreshness = ANY,
    ) -> Gathered: ...
