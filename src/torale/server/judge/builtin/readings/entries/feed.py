"""Feed entries, as the feed reader writes them."""

import re
from dataclasses import dataclass
from hashlib import sha256

from torale.server.judge.base import SourceDocument
from torale.server.judge.text.folding import visible
from torale.server.judge.text.lines import lines
from torale.server.judge.text.links import host

NO_ENTRIES = "The feed has no entries."
MARK_LENGTH = 8
_DATE = re.compile(r"\d{4}-\d\d-\d\d ")
_IS_FEED = 0.6  # share of a text's lines that read as entries
_MAX_TITLE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list that grows.

    Attributes:
        link: Its address; empty when it has none.
        line: Verbatim in the source.
        mark: Names the entry. Its text may be edited and its date moved: it is the same entry.
    """

    source: SourceDocument
    title: str
    link: str
    line: str
    mark: str

    def shown(self) -> str:
        """Title and address. An address elsewhere stays out: its page was never read."""
        title = visible(self.title)[:_MAX_TITLE]
        is_near = host(self.link) == host(self.source.uri)
        return f"“{title}” {self.link}".rstrip() if is_near else f"“{title}”"


def feed_entries(source: SourceDocument) -> list[Entry] | None:
    """The entries of a feed; None when the source is no feed."""
    if " <http" not in source.text and NO_ENTRIES not in source.text:
        return None
    rows = lines(source.text)
    if NO_ENTRIES in rows[:2]:
        return []
    entries = [entry for row in rows if (entry := _entry(source, row)) is not None]
    return entries if entries and len(entries) >= _IS_FEED * (len(rows) - 1) else None


def mark_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:MARK_LENGTH]


def _entry(source: SourceDocument, row: str) -> Entry | None:
    text, opens, link = row.rpartition(" <")
    if not opens or not link.startswith(("http://", "https://")) or not link.endswith(">"):
        return None
    date = _DATE.match(text)
    title, _, _ = text[date.end() if date else 0 :].partition(" — ")
    return Entry(source, title, link[:-1], row, mark_of(link[:-1]))
