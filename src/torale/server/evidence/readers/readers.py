"""From an HTTP answer to a document: picks the reader by type and by looking."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from torale.server.evidence.base import Document, DocumentKind
from torale.server.evidence.fetching.decoding import decode, media_type
from torale.server.evidence.readers.feeds import is_feed, read_feed
from torale.server.evidence.readers.json_documents import read_json
from torale.server.evidence.readers.pages import ReaderResult, read_page
from torale.server.evidence.source import Source
from torale.server.evidence.usable import garbled, not_text, refusal
from torale.server.outbound import Fetched

MAX_TEXT = 100_000
SMALL_BYTES = 16_000  # read in less time than it takes to wake a thread
_CLOCKS_DIFFER = timedelta(days=1)
_UNREADABLE = "not text: the document could not be read"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One source to read, and why."""

    source: Source
    named: bool
    now: datetime


async def read(answer: Fetched, wish: SourceRequest) -> Document:
    """Turn any answer into a document, usable or with the reason why it is not."""
    kind, reading = DocumentKind.PAGE, ReaderResult("", unusable_reason=_UNREADABLE)
    try:
        if wish.named and len(answer.body) <= SMALL_BYTES:
            kind, reading = _read(answer, everything=True)
        else:
            kind, reading = await asyncio.to_thread(_read, answer, everything=wish.named)
    except Exception:
        # Parsers of hostile text can raise anything; one page must not end an execution.
        log.warning("page_unreadable", url=answer.url, exc_info=True)
    reason = refusal(answer.status, reading.unusable_reason)
    return Document(
        uri=reading.uri or answer.url,
        title=reading.title,
        text="" if reason else reading.text[:MAX_TEXT],
        kind=kind,
        fetched_at=wish.now,
        published_at=_possible(reading.published_at, wish.now),
        status=answer.status,
        truncated=answer.truncated or len(reading.text) > MAX_TEXT,
        unusable_reason=reason,
        named=wish.named,
    )


def _possible(published_at: datetime | None, now: datetime) -> datetime | None:
    """Nothing was published tomorrow: such a date is that of an event, or a trick."""
    is_future = published_at is not None and published_at > now + _CLOCKS_DIFFER
    return None if is_future else published_at


def _read(answer: Fetched, *, everything: bool) -> tuple[DocumentKind, ReaderResult]:
    content_type = answer.headers.get("content-type", "")
    reason = not_text(answer.body, content_type)
    if reason:
        return DocumentKind.PAGE, ReaderResult("", unusable_reason=reason)
    text = decode(answer.body, content_type)
    reason = garbled(text)
    if reason:
        return DocumentKind.PAGE, ReaderResult("", unusable_reason=reason)
    return _read_text(text, answer, everything=everything)


def _read_text(
    text: str, answer: Fetched, *, everything: bool
) -> tuple[DocumentKind, ReaderResult]:
    content_type = answer.headers.get("content-type", "")
    kind = media_type(content_type)
    start = text.lstrip()
    if is_feed(start):
        return DocumentKind.FEED, read_feed(answer.body, content_type, answer.url)
    if kind.endswith("json") or (kind != "text/html" and start.startswith(("{", "["))):
        reading = read_json(text)
        if reading is not None:
            return DocumentKind.JSON, reading
    if start.startswith("<") or "html" in kind:
        return DocumentKind.PAGE, read_page(text, answer.url, everything=everything)
    return DocumentKind.PAGE, _plain(text)


def _plain(text: str) -> ReaderResult:
    lines = (" ".join(line.split()) for line in text.splitlines())
    shown = "\n".join(line for line in lines if line)
    return ReaderResult(shown, unusable_reason=None if shown else "empty: there is no text")
