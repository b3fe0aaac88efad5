"""RSS and Atom feeds as evidence: one entry a block, newest first."""

import calendar
import io
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from selectolax.lexbor import LexborHTMLParser

from torale.server.evidence.base import DocumentKind
from torale.server.evidence.readers.base import AnswerContent, ReaderResult
from torale.server.evidence.readers.nesting import is_too_deep
from torale.server.evidence.readers.page_facts import squeeze
from torale.server.evidence.readers.page_text import full_text

MAX_ENTRIES = 50
MAX_PARSED = 200
_MAX_SUMMARY = 500
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_END_OF_ENTRY = re.compile(rb"</(?:item|entry)\s*>", re.IGNORECASE)
_NO_ENTRIES = "The feed has no entries."

Entry = Mapping[str, object]


def is_feed(start: str) -> bool:
    """Tell by its first element whether a document that starts like this is a feed."""
    start = start[:4_000].lower().lstrip()
    # Step by step: one pattern for all of it can be made to try for hours.
    while start.startswith(("<?", "<!")):
        _, end, start = start.partition("-->" if start.startswith("<!--") else ">")
        if not end:
            return False
        start = start.lstrip()
    return start.startswith(("<rss", "<feed", "<rdf:rdf"))


def read_feed(content: AnswerContent) -> ReaderResult:
    """Reduce a feed to lines such as `2026-05-01 Title — summary <link>`."""
    import feedparser  # noqa: PLC0415  (1 MB that servers without feeds need not hold)

    # Never a bare string or bytes: feedparser would take some of them for an address or a file.
    parsed = feedparser.parse(
        io.BytesIO(_first_entries(content.body)),
        response_headers={"content-type": content.content_type, "content-location": content.url},
        resolve_relative_uris=False,  # those inside of texts, which are reduced to words anyway
        sanitize_html=False,
    )
    entries = sorted(cast(list[Entry], parsed.entries), key=_moment, reverse=True)[:MAX_ENTRIES]
    title = _plain(cast(Entry, parsed.feed).get("title"))
    lines = [_line(entry) for entry in entries] or [_NO_ENTRIES]
    newest = _moment(entries[0]) if entries else _EARLIEST
    return ReaderResult(
        text="\n".join([title, *lines]) if title else "\n".join(lines),
        kind=DocumentKind.FEED,
        title=title,
        published_at=None if newest == _EARLIEST else newest,
    )


def _first_entries(body: bytes) -> bytes:
    """Leave out all entries but the first, which are the newest: parsing takes time for each."""
    ends = [end.end() for end in _END_OF_ENTRY.finditer(body)]
    if len(ends) <= MAX_PARSED:
        return body
    return body[: ends[MAX_PARSED - 1]] + body[ends[-1] :]


def _line(entry: Entry) -> str:
    moment = _moment(entry)
    date = "" if moment == _EARLIEST else f"{moment:%Y-%m-%d} "
    title = _plain(entry.get("title"))
    summary = _plain(entry.get("summary"))[:_MAX_SUMMARY]
    link = _text(entry.get("link"))
    words = " — ".join(dict.fromkeys(part for part in (title, summary) if part))
    return f"{date}{words} <{link}>" if link else f"{date}{words}".strip()


def _moment(entry: Entry) -> datetime:
    for name in ("published_parsed", "updated_parsed"):
        # Asked for a date that is not there, feedparser offers another one, with a warning.
        given = entry[name] if name in entry else None  # noqa: SIM401
        if isinstance(given, time.struct_time):
            try:
                return datetime.fromtimestamp(calendar.timegm(given), UTC)
            except (ValueError, OverflowError, OSError):
                continue
    return _EARLIEST


def _plain(value: object) -> str:
    """Return what a title or summary says; both may be HTML."""
    text = _text(value)
    if "<" not in text and "&" not in text:
        return text
    root = None if is_too_deep(text) else LexborHTMLParser(text).root
    return squeeze(full_text(root)) if root is not None else ""


def _text(value: object) -> str:
    return squeeze(value) if isinstance(value, str) else ""
