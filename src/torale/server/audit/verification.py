"""Verification of evidence: every chain and text is walked, and what was altered since is named.

It trusts nothing that it reads. Each page is one short transaction, so that it may run beside a
server that is at work.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Table, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.audit.chain_report import ChainFault, ChainHead, ChainReport
from torale.server.audit.retention import KEPT_PER_TASK
from torale.server.audit.stored_rows import StoredRow, StoredRowReader
from torale.server.audit.text_verification import check_texts
from torale.server.database import Sessions
from torale.server.executions.evidence_trail import chain
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.tasks.models import Task

PAGE = 100
_EMPTY = sha256(b"").hexdigest()
_MAX_NAMED = 100  # rows beside the chain of one task
_executions = cast(Table, Execution.__table__)
_documents = cast(Table, EvidenceDocument.__table__)
_texts = cast(Table, EvidenceText.__table__)
_STATE = (Task.chain_length, Task.chain_head, Task.chain_forgotten, Task.chain_anchor)
_BESIDE = ("id", "chain_hash", "chain_position")


async def verify(
    sessions: Sessions, *, now: datetime, evidence_days: int, task_id: UUID | None = None
) -> ChainReport:
    """Walk the chain and the texts of one task, or of all.

    Args:
        evidence_days: How long retention keeps texts: a text that is gone earlier is missing.
    """
    report = ChainReport()
    async with sessions.begin() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
        wanted = select(Task.id).order_by(Task.created_at, Task.id)
        if task_id is not None:
            wanted = wanted.where(Task.id == task_id)
        tasks = list(await session.scalars(wanted))
    kept_since = now - timedelta(days=evidence_days)
    chains = Chains(sessions, report, sqlite=sqlite, kept_since=kept_since)
    for id_ in tasks:
        await chains.walk(id_)
    if task_id is None:
        await chains.find_orphans()
    await check_texts(sessions, report, sqlite=sqlite, task_id=task_id)
    return report


@dataclass(slots=True)
class _Link:
    """A link of a chain: an execution as it was read.

    Attributes:
        lost: What has no text any more: documents, or the execution's own trail (None).
    """

    execution: StoredRow
    documents: list[StoredRow] = field(default_factory=list[StoredRow])
    lost: list[StoredRow | None] = field(default_factory=list[StoredRow | None])


@dataclass(frozen=True, slots=True)
class _Page:
    """Some links of a chain.

    Attributes:
        state: What the task says of its chain.
        after: The place before the first of them.
        links: By their place.
        beside: With the last page: what is of the task, but not in its chain.
    """

    state: Row[*tuple[Any, ...]]
    after: int
    links: Mapping[int, _Link]
    beside: Sequence[StoredRow] | None


class Chains:
    """Walks chains and writes into a report what does not hold."""

    def __init__(
        self, sessions: Sessions, report: ChainReport, *, sqlite: bool, kept_since: datetime
    ) -> None:
        self._sessions = sessions
        self._report = report
        self._sqlite = sqlite
        self._kept_since = kept_since
        names = (*chain.EXECUTION_FIELDS, "chain_hash")
        self._execution = StoredRowReader(_executions, names, sqlite=sqlite)
        self._document = StoredRowReader(
            _documents, (*chain.DOCUMENT_FIELDS, "digest"), sqlite=sqlite
        )
        self._beside = StoredRowReader(_executions, _BESIDE, sqlite=sqlite)

    async def walk(self, task_id: UUID) -> None:
        """Walk the chain of one task from its first execution to its head."""
        after = 0
        previous: str | None = ""
        while True:
            async with self._sessions.begin() as session:
                page = await self._read(session, task_id, after)
            if page is None:
                return  # retention has removed the task
            if page.after == page.state.chain_forgotten:
                previous = page.state.chain_anchor or ""
            previous = self._check_page(task_id, page, previous)
            if page.beside is not None:
                self._check_end(task_id, page.state, page.beside, previous)
                return
            after = page.after + PAGE

    async def _read(self, session: AsyncSession, task_id: UUID, after: int) -> _Page | None:
        if not self._sqlite:
            # All statements see one moment, whoever adds to the chain meanwhile.
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        state = (await session.execute(select(*_STATE).where(Task.id == task_id))).one_or_none()
        if state is None:
            return None
        after = max(after, state.chain_forgotten)
        found = await self._read_links(session, task_id, after)
        is_last = after + PAGE >= state.chain_length
        beside = await self._read_beside(session, task_id, state) if is_last else None
        return _Page(state, after, found, beside)

    async def _read_links(
        self, session: AsyncSession, task_id: UUID, after: int
    ) -> dict[int, _Link]:
        place = _executions.c.chain_position.label("place")
        here = (_executions.c.task_id == task_id, place > after, place <= after + PAGE)
        trail_is_there = exists().where(_texts.c.sha256 == _executions.c.trail_sha256)
        query = select(place, trail_is_there.label("there"), *self._execution.columns).where(*here)
        found: dict[int, _Link] = {}
        for row in (await session.execute(query)).mappings():
            link = found[row["place"]] = _Link(self._execution.read(row))
            if link.execution["trail_sha256"] is not None and not row["there"]:
                link.lost.append(None)
        text_is_there = exists().where(_texts.c.sha256 == _documents.c.sha256)
        query = (
            select(place, text_is_there.label("there"), *self._document.columns)
            .join(_executions, _executions.c.id == _documents.c.execution_id)
            .where(*here)
            .order_by(place, _documents.c.position)
        )
        for row in (await session.execute(query)).mappings():
            link, document = found[row["place"]], self._document.read(row)
            link.documents.append(document)
            if not row["there"] and document["sha256"] != _EMPTY:
                link.lost.append(document)
        return found

    def _check_page(self, task_id: UUID, page: _Page, previous: str | None) -> str | None:
        """Check the links of a page; answers its last hash, None when that one is missing."""
        length = page.state.chain_length
        for place in range(page.after + 1, min(page.after + PAGE, length) + 1):
            link = page.links.get(place)
            if link is None:
                what = f"execution {place} of its chain is missing"
                self._report.faults.append(ChainFault(what, task_id))
                previous = None
                continue
            self._check(task_id, link, previous)
            self._check_lost(task_id, link, newer=length - place)
            previous = str(link.execution["chain_hash"])
        return previous

    def _check(self, task_id: UUID, link: _Link, previous: str | None) -> None:
        self._report.executions += 1
        self._report.documents += len(link.documents)
        broken = chain.broken(previous or "", link.execution, link.documents)
        execution_id = link.execution["id"]
        for at in broken.documents:
            what = "what is stored of this document was altered"
            fault = ChainFault(what, task_id, execution_id, link.documents[at]["uri"])
            self._report.faults.append(fault)
        if previous is None:
            what = "cannot be verified, because the execution before it is missing"
            self._report.faults.append(ChainFault(what, task_id, execution_id))
        elif broken.itself:
            what = "the execution, its place, or the number of its documents was altered"
            self._report.faults.append(ChainFault(what, task_id, execution_id))

    def _check_lost(self, task_id: UUID, link: _Link, *, newer: int) -> None:
        """Tell texts that retention may have removed from those that it must keep."""
        created = link.execution["created_at"]
        is_old = isinstance(created, datetime) and created < self._kept_since
        # One more may be in flight: it counts among the newest, and is not chained yet.
        if is_old and newer >= KEPT_PER_TASK - 1:
            self._report.forgotten += len(link.lost)
            return
        for document in link.lost:
            uri = None if document is None else document["uri"]
            what = "its text is missing, and it is too young to be forgotten"
            self._report.faults.append(ChainFault(what, task_id, link.execution["id"], uri))

    async def _read_beside(
        self, session: AsyncSession, task_id: UUID, state: Row[*tuple[Any, ...]]
    ) -> list[StoredRow]:
        """Return ended executions of the task that have no place in its chain."""
        place = _executions.c.chain_position
        outside = or_(place.is_(None), place <= state.chain_forgotten, place > state.chain_length)
        query = select(*self._beside.columns).where(
            _executions.c.task_id == task_id, _executions.c.completed_at.is_not(None), outside
        )
        rows = (await session.execute(query)).mappings()
        return [self._beside.read(row) for row in rows]

    def _check_end(
        self,
        task_id: UUID,
        state: Row[*tuple[Any, ...]],
        beside: Sequence[StoredRow],
        last: str | None,
    ) -> None:
        if last is not None and last != (state.chain_head or ""):
            what = "its chain does not end where the task says that it ends"
            self._report.faults.append(ChainFault(what, task_id))
        added = [row for row in beside if row["chain_position"] or row["chain_hash"] != ""]
        for row in added[:_MAX_NAMED]:
            what = "is not part of the task's chain: it was added, or taken out of it"
            self._report.faults.append(ChainFault(what, task_id, row["id"]))
        unchained = len(beside) - len(added)
        head = ChainHead(task_id, state.chain_length, state.chain_head, unchained)
        self._report.heads.append(head)

    async def find_orphans(self) -> None:
        """Find executions of no task at all, which the database itself should not allow."""
        lonely = ~exists().where(Task.id == _executions.c.task_id)
        query = select(*self._beside.columns).where(lonely).limit(_MAX_NAMED)
        async with self._sessions.begin() as session:
            rows = (await session.execute(query)).mappings()
            found = [self._beside.read(row) for row in rows]
        for row in found:
            self._report.faults.append(ChainFault("belongs to no task", None, row["id"]))
