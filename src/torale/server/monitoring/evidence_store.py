"""Keeps what was read, so that every verdict can be replayed."""

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import EvidenceDocument as EvidenceDocumentOut
from torale.server.evidence.base import Document
from torale.server.monitoring import statements
from torale.server.monitoring.chain import document_digest
from torale.server.monitoring.models import EvidenceDocument, EvidenceText
from torale.server.monitoring.trail import Kept


async def keep(
    session: AsyncSession,
    execution_id: UUID,
    documents: Sequence[Document],
    trail: Kept,
    *,
    now: datetime,
) -> list[str]:
    """Store what an execution read, and the large parts of its trail; answers the row digests.

    A text that is known already is not stored again.
    """
    texts = {one.sha256: one.text for one in documents if one.text}
    if trail.text is not None and trail.sha256 is not None:
        texts[trail.sha256] = trail.text
    # Sorted, so that two executions that read the same pages lock the rows in the same order.
    keep_text = statements.KEEP_TEXT[session.get_bind().dialect.name]
    seen = {"seen_at": now, "a_day_ago": now - timedelta(days=1)}
    for digest, text in sorted(texts.items()):
        row = {"sha256": digest, "compressed": zlib.compress(text.encode()), **seen}
        await session.execute(keep_text, row)
    rows = [_row(execution_id, position, one) for position, one in enumerate(documents)]
    if rows:
        await session.execute(statements.WRITE_DOCUMENTS, rows)
    return [row["digest"] for row in rows]


def _row(execution_id: UUID, position: int, one: Document) -> dict[str, Any]:
    row = {
        "execution_id": execution_id,
        "position": position,
        "sha256": one.sha256,
        "uri": one.uri,
        "title": one.title,
        "kind": one.kind.value,
        "published_at": one.published_at,
        "fetched_at": one.fetched_at,
        "http_status": one.status,
        "truncated": one.truncated,
        "unusable_reason": one.unusable_reason,
        "named": one.named,
    }
    return {**row, "digest": document_digest(row)}


async def load(session: AsyncSession, execution_id: UUID) -> list[EvidenceDocumentOut]:
    """Return the documents of an execution in order; `text` is null when it is past retention."""
    query = (
        select(EvidenceDocument, EvidenceText.compressed)
        .outerjoin(EvidenceText, EvidenceText.sha256 == EvidenceDocument.sha256)
        .where(EvidenceDocument.execution_id == execution_id)
        .order_by(EvidenceDocument.position)
    )
    found = await session.execute(query)
    return [_shown(document, compressed) for document, compressed in found]


def _shown(document: EvidenceDocument, compressed: bytes | None) -> EvidenceDocumentOut:
    unread = document.unusable_reason is not None and compressed is None
    text = "" if unread else None
    if compressed is not None:
        text = zlib.decompress(compressed).decode()
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
