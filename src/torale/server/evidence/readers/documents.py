"""Documents: what a site answered, read and marked as usable or not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from torale.server.evidence.base import Document
from torale.server.evidence.fetching.decoding import decode
from torale.server.evidence.readers.base import AnswerContent, Reader, ReaderResult
from torale.server.evidence.readers.choice import read_by_content
from torale.server.evidence.source import Source
from torale.server.evidence.usable import garbled, not_text, refusal
from torale.server.outbound import Fetched
from torale.server.sandbox import Runner, TooExpensiveError

MAX_TEXT = 100_000
_CLOCKS_DIFFER = timedelta(days=1)
_UNREADABLE = ReaderResult("", unusable_reason="not text: the document could not be read")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """One source to read, and why.

    Attributes:
        named: The user named it; otherwise a search found it.
        reader: Chosen before the download; reads by content where the source asks for no other.
    """

    source: Source
    named: bool
    now: datetime
    reader: Reader = read_by_content


async def read_document(answer: Fetched, request: SourceRequest, runner: Runner) -> Document:
    """Turn any answer into a document, usable or with the reason why it is not.

    Args:
        runner: Calls the reader, which a hostile page may keep busy for ever.
    """
    result = await _result(answer, request, runner)
    reason = refusal(answer.status, result.unusable_reason)
    return Document(
        uri=result.uri or answer.url,
        title=result.title,
        text="" if reason else result.text[:MAX_TEXT],
        kind=result.kind,
        fetched_at=request.now,
        published_at=_possible(result.published_at, request.now),
        status=answer.status,
        truncated=answer.truncated or len(result.text) > MAX_TEXT,
        unusable_reason=reason,
        named=request.named,
    )


async def _result(answer: Fetched, request: SourceRequest, runner: Runner) -> ReaderResult:
    content_type = answer.headers.get("content-type", "")
    try:
        return await runner.run(
            read_body,
            request.reader,
            answer.url,
            content_type,
            answer.body,
            everything=request.named,
        )
    except TooExpensiveError as error:
        log.warning("page_too_expensive", url=answer.url, reason=error.reason)
        return ReaderResult("", unusable_reason=f"too expensive to read: {error.reason}")
    except Exception:
        # Parsers of hostile text can raise anything; one page must not end an execution.
        log.warning("page_unreadable", url=answer.url, exc_info=True)
        return _UNREADABLE


def read_body(
    reader: Reader, url: str, content_type: str, body: bytes, *, everything: bool
) -> ReaderResult:
    """Decode and read: all the work on hostile bytes, from plain values to plain values."""
    reason = not_text(body, content_type)
    if reason:
        return ReaderResult("", unusable_reason=reason)
    text = decode(body, content_type)
    reason = garbled(text)
    if reason:
        return ReaderResult("", unusable_reason=reason)
    return reader(AnswerContent(url, content_type, body, text, everything)) or _UNREADABLE


def _possible(published_at: datetime | None, now: datetime) -> datetime | None:
    """Nothing was published tomorrow: such a date is that of an event, or a trick."""
    is_future = published_at is not None and published_at > now + _CLOCKS_DIFFER
    return None if is_future else published_at
