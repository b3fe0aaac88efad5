"""Finds what was altered in the evidence after it was written: walks every chain and every text.

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
from torale.server.audit.stored_rows import StoredRowReader
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
    for one in tasks:
        await chains.walk(one)
    if task_id is None:
        await chains.find_orphans()
    await check_texts(sessions, report, sqlite=sqlite, task_id=task_id)
    return report


@dataclass(slots=True)
class _Found:
    """An execution as it was read.

    Attributes:
        lost: What has no text any more: documents, or the execution's own trail (None).
    """

    execution: Mapping[str, Any]
    documents: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    lost: list[Mapping[str, Any] | None] = field(default_factory=list[Mapping[str, Any] | None])


@dataclass(frozen=True, slots=True)
class _Page:
    """Some links of a chain.

    Attributes:
        state: What the task says of its chain.
        after: The place before the first of them.
        found: By their place.
        beside: With the last page: what is of the task, but not in its chain.
    """

    state: Row[*tuple[Any, ...]]
    after: int
    found: Mapping[int, _Found]
    beside: Sequence[Mapping[str, Any]] | None


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
    ) -> dict[int, _Found]:
        place = _executions.c.chain_position.label("place")
        here = (_executions.c.task_id == task_id, place > after, place <= after + PAGE)
        trail_is_there = exists().where(_texts.c.sha256 == _executions.c.trail_sha256)
        query = select(place, trail_is_there.label("there"), *self._execution.columns).where(*here)
        found: dict[int, _Found] = {}
        for row in (await session.execute(query)).mappings():
            one = found[row["place"]] = _Found(self._execution.read(row))
            if one.execution["trail_sha256"] is not None and not row["there"]:
                one.lost.append(None)
        text_is_there = exists().where(_texts.c.sha256 == _documents.c.sha256)
        query = (
            select(place, text_is_there.label("there"), *self._document.columns)
            .join(_executions, _executions.c.id == _documents.c.execution_id)
            .where(*here)
            .order_by(place, _documents.c.position)
        )
        for row in (await session.execute(query)).mappings():
            one, document = found[row["place"]], self._document.read(row)
            one.documents.append(document)
            if not row["there"] and document["sha256"] != _EMPTY:
                one.lost.append(document)
        return found

    def _check_page(self, task_id: UUID, page: _Page, previous: str | None) -> str | None:
        """Check the links of a page; answers its last hash, None when that one is missing."""
        length = page.state.chain_length
        for place in range(page.after + 1, min(page.after + PAGE, length) + 1):
            one = page.found.get(place)
            if one is None:
                what = f"execution {place} of its chain is missing"
                self._report.faults.append(ChainFault(what, task_id))
                previous = None
                continue
            self._check(task_id, one, previous)
            self._check_lost(task_id, one, newer=length - place)
            previous = str(one.execution["chain_hash"])
        return previous

    def _check(self, task_id: UUID, one: _Found, previous: str | None) -> None:
        self._report.executions += 1
        self._report.documents += len(one.documents)
        broken = chain.broken(previous or "", one.execution, one.documents)
        execution_id = one.execution["id"]
        for at in broken.documents:
            what = "what is stored of this document was altered"
            fault = ChainFault(what, task_id, execution_id, one.documents[at]["uri"])
            self._report.faults.append(fault)
        if previous is None:
            what = "cannot be verified, because the execution before it is missing"
            self._report.faults.append(ChainFault(what, task_id, execution_id))
        elif broken.itself:
            what = "the execution, its place, or the number of its documents was altered"
            self._report.faults.append(ChainFault(what, task_id, execution_id))

    def _check_lost(self, task_id: UUID, one: _Found, *, newer: int) -> None:
        """Tell texts that retention may have removed from those that it must keep."""
        created = one.execution["created_at"]
        is_old = isinstance(created, datetime) and created < self._kept_since
        # One more may be in flight: it counts among the newest, and is not chained yet.
        if is_old and newer >= KEPT_PER_TASK - 1:
            self._report.forgotten += len(one.lost)
            return
        for document in one.lost:
            uri = None if document is None else document["uri"]
            what = "its text is missing, and it is too young to be forgotten"
            self._report.faults.append(ChainFault(what, task_id, one.execution["id"], uri))

    async def _read_beside(
        self, session: AsyncSession, task_id: UUID, state: Row[*tuple[Any, ...]]
    ) -> list[Mapping[str, Any]]:
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
        beside: Sequence[Mapping[str, Any]],
        last: str | None,
    ) -> None:
        if last is not None and last != (state.chain_head or ""):
            what = "its chain does not end where the task says that it ends"
            self._report.faults.append(ChainFault(what, task_id))
        added = [one for one in beside if one["chain_position"] or one["chain_hash"] != ""]
        for one in added[:_MAX_NAMED]:
            what = "is not part of the task's chain: it was added, or taken out of it"
            self._report.faults.append(ChainFault(what, task_id, one["id"]))
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
        for one in found:
            self._report.faults.append(ChainFault("belongs to no task", None, one["id"]))
