"""Evidence store: the documents that executions read, so that every verdict can be replayed."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import EvidenceDocument as EvidenceDocumentOut
from torale.server.evidence.base import Document, DocumentKind
from torale.server.executions import statements
from torale.server.executions.evidence_trail.chain import document_digest
from torale.server.executions.evidence_trail.record import EvidenceRecord
from torale.server.executions.models import EvidenceDocument, EvidenceText
from torale.server.executions.rows import DocumentRow, TextRow

_NO_TEXT = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class EvidenceRows:
    """The rows of what an execution read, and of the large parts of its trail.

    Attributes:
        texts: By their SHA-256.
    """

    documents: Sequence[DocumentRow]
    texts: Mapping[str, TextRow]

    @property
    def digests(self) -> list[str]:
        return [row["digest"] for row in self.documents]


def rows_of(
    execution_id: UUID, documents: Sequence[Document], trail: EvidenceRecord, *, now: datetime
) -> EvidenceRows:
    texts = {document.sha256: document.text for document in documents if document.text}
    if trail.text is not None and trail.sha256 is not None:
        texts[trail.sha256] = trail.text
    return EvidenceRows(
        [_row(execution_id, *placed) for placed in enumerate(documents)],
        {digest: _text_row(digest, text, now) for digest, text in texts.items()},
    )


def _text_row(digest: str, text: str, now: datetime) -> TextRow:
    return {
        "sha256": digest,
        "compressed": zlib.compress(text.encode()),
        "seen_at": now,
        "a_day_ago": now - timedelta(days=1),
    }


async def write(session: AsyncSession, readings: Sequence[EvidenceRows]) -> None:
    """Store what executions read. A text that is known already is not stored again."""
    texts = {digest: row for reading in readings for digest, row in reading.texts.items()}
    documents = [row for reading in readings for row in reading.documents]
    # Sorted, so that two who read the same pages lock the rows in the same order.
    await statements.write_evidence(session, [texts[digest] for digest in sorted(texts)], documents)


def _row(execution_id: UUID, position: int, document: Document) -> DocumentRow:
    row: DocumentRow = {
        "execution_id": execution_id,
        "position": position,
        "sha256": document.sha256,
        "uri": document.uri,
        "title": document.title,
        "kind": document.kind.value,
        "published_at": document.published_at,
        "fetched_at": document.fetched_at,
        "http_status": document.status,
        "truncated": document.truncated,
        "unusable_reason": document.unusable_reason,
        "named": document.named,
        "digest": "",
    }
    row["digest"] = document_digest(row)
    return row


def decompressed(compressed: bytes | None) -> str | None:
    """Return a stored text as it was read."""
    return None if compressed is None else zlib.decompress(compressed).decode()


async def _read(
    session: AsyncSession, execution_id: UUID
) -> list[tuple[EvidenceDocument, str | None]]:
    query = (
        select(EvidenceDocument, EvidenceText.compressed)
        .outerjoin(EvidenceText, EvidenceText.sha256 == EvidenceDocument.sha256)
        .where(EvidenceDocument.execution_id == execution_id)
        .order_by(EvidenceDocument.position)
    )
    found = (await session.execute(query)).all()
    return [
        (document, "" if document.sha256 == _NO_TEXT else decompressed(compressed))
        for document, compressed in found
    ]


async def load_for_wire(session: AsyncSession, execution_id: UUID) -> list[EvidenceDocumentOut]:
    """Return the documents of an execution in order; `text` is null when it is past retention."""
    return [_shown(document, text) for document, text in await _read(session, execution_id)]


def _shown(document: EvidenceDocument, text: str | None) -> EvidenceDocumentOut:
    return EvidenceDocumentOut(
        id=document.sha256,
        uri=document.uri,
        title=document.title,
        text=text,
        published_at=document.published_at,
        fetched_at=document.fetched_at,
        status=document.http_status,
        truncated=document.truncated,
        unusable_reason=document.unusable_reason,
    )


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as it was retrieved, or without its text where that is past retention."""

    document: Document
    has_text: bool


async def load_documents(session: AsyncSession, execution_id: UUID) -> list[StoredDocument]:
    """Return the documents of an execution in order, as a judge could see them again."""
    return [
        StoredDocument(_retrieved(document, text or ""), has_text=text is not None)
        for document, text in await _read(session, execution_id)
    ]


def _retrieved(document: EvidenceDocument, text: str) -> Document:
    return Document(
        uri=document.uri,
        title=document.title,
        text=text,
        kind=DocumentKind(document.kind),
        fetched_at=document.fetched_at,
        published_at=document.published_at,
        status=document.http_status,
        truncated=document.truncated,
        unusable_reason=document.unusable_reason,
        named=document.named,
    )
