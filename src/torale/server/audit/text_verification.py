"""Verification of texts: each is compared with the SHA-256 that it is stored under."""

import zlib
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    Text,
    literal_column,
    or_,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.audit.chain_report import ChainFault, ChainReport
from torale.server.audit.stored_rows import StoredRowReader
from torale.server.database import Sessions
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution

PAGE = 100
_MAX_TEXT = 50_000_000
_executions = cast(Table, Execution.__table__)
_documents = cast(Table, EvidenceDocument.__table__)
_texts = cast(Table, EvidenceText.__table__)


async def check_texts(
    sessions: Sessions, report: ChainReport, *, sqlite: bool, task_id: UUID | None
) -> None:
    """Read every text, or those of one task, and name the documents whose text was altered."""
    async for page in _pages(sessions, sqlite=sqlite, task_id=task_id):
        report.texts += len(page)
        bad = [name for name, compressed in page if not is_intact(name, compressed)]
        for name in bad:
            async with sessions.begin() as session:
                faults = await _users_of(session, name, task_id, sqlite=sqlite)
            lonely = ChainFault(f"text {name}: was altered; nothing refers to it")
            report.faults.extend(faults or [lonely])


def is_intact(name: str, compressed: bytes) -> bool:
    """Tell whether a text is the one that its name promises."""
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(compressed, _MAX_TEXT)
    except zlib.error:
        return False
    whole = reader.eof and not reader.unused_data
    return whole and sha256(text).hexdigest() == name


async def _pages(
    sessions: Sessions, *, sqlite: bool, task_id: UUID | None
) -> AsyncIterator[list[tuple[str, bytes]]]:
    # Not by name on SQLite: what was altered there may be no text at all.
    key: ColumnElement[Any] = literal_column("evidence_texts.rowid") if sqlite else _texts.c.sha256
    name = sql_cast(_texts.c.sha256, LargeBinary() if sqlite else Text())
    query = select(key.label("at"), name.label("name"), _texts.c.compressed).order_by(key)
    if task_id is not None:
        query = query.where(_texts.c.sha256.in_(_named_by(task_id)))
    after: Any = None
    while True:
        page = query.limit(PAGE) if after is None else query.where(key > after).limit(PAGE)
        async with sessions.begin() as session:
            rows = (await session.execute(page)).all()
        if not rows:
            return
        after = rows[-1].at
        yield [(_text(row.name), _bytes(row.compressed)) for row in rows]


def _named_by(task_id: UUID) -> Select[Any]:
    of_task = _executions.c.task_id == task_id
    documents = select(_documents.c.sha256).join(
        _executions, _executions.c.id == _documents.c.execution_id
    )
    trails = select(_executions.c.trail_sha256).where(
        of_task, _executions.c.trail_sha256.is_not(None)
    )
    return documents.where(of_task).union(trails)  # type: ignore[return-value]


def _text(raw: bytes | str) -> str:
    return raw if isinstance(raw, str) else raw.decode(errors="replace")


def _bytes(raw: object) -> bytes:
    return raw if isinstance(raw, bytes) else str(raw).encode()


async def _users_of(
    session: AsyncSession, name: str, task_id: UUID | None, *, sqlite: bool
) -> Sequence[ChainFault]:
    """Name the executions that rest on a text."""
    execution = StoredRowReader(_executions, ("id", "task_id", "trail_sha256"), sqlite=sqlite)
    document = StoredRowReader(_documents, ("uri",), sqlite=sqlite)
    query = (
        select(*execution.columns, *document.columns)
        .outerjoin_from(
            _executions,
            _documents,
            (_documents.c.execution_id == _executions.c.id) & (_documents.c.sha256 == name),
        )
        .where(or_(_documents.c.sha256 == name, _executions.c.trail_sha256 == name))
    )
    if task_id is not None:
        query = query.where(_executions.c.task_id == task_id)
    faults: list[ChainFault] = []
    for row in (await session.execute(query)).mappings():
        of, uri = execution.read(row), document.read(row)["uri"]
        what = "its text is not the one that was read"
        if uri is None:
            what = "the trail of its judgement was altered"
        faults.append(ChainFault(what, of["task_id"], of["id"], uri))
    return faults
