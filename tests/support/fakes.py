"""Twins of our ports that keep their contract without a network or an engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.engine.base import Argument, JobHandler, JobInfo, JobKind
from torale.server.evidence.base import (
    ANY,
    Document,
    DocumentKind,
    Gathered,
    Problem,
    SearchFreshness,
)
from torale.server.evidence.source import Source

START = datetime(2026, 11, 24, 9, 0, 30, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that stands still until it is told to go on."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


@dataclass(frozen=True)
class Job:
    """A job as the engine stores it."""

    id: str
    kind: str
    arguments: tuple[str, ...]
    due: datetime

    @property
    def argument(self) -> str:
        """Of a job that has one."""
        (only,) = self.arguments
        return only


@dataclass
class FakeQueue:
    """Keeps a job exactly when the transaction that enqueued it commits, once per id."""

    clock: FakeClock
    enqueued: dict[str, Job] = field(default_factory=dict[str, Job])
    done: set[str] = field(default_factory=set[str])
    handlers: dict[str, JobHandler[str]] = field(default_factory=dict[str, JobHandler[str]])

    def handle(self, kind: JobKind[Argument], handler: JobHandler[Argument]) -> None:
        self.handlers[kind.name] = kind.reading(handler)

    async def enqueue(
        self,
        session: AsyncSession,
        job_id: str,
        kind: JobKind[Argument],
        *arguments: Argument,
        delay: timedelta = timedelta(0),
    ) -> None:
        stored = tuple(kind.encode(argument) for argument in arguments)
        job = Job(job_id, kind.name, stored, self.clock() + delay)

        def keep(_: object) -> None:
            self.enqueued.setdefault(job_id, job)

        event.listen(session.sync_session, "after_commit", keep, once=True)

    async def jobs(self) -> list[JobInfo]:
        return [JobInfo(job.id, "ENQUEUED", None) for job in self.waiting]

    @property
    def waiting(self) -> list[Job]:
        return [job for job in self.enqueued.values() if job.id not in self.done]

    async def run_due(self) -> int:
        """Run what is due, and what that enqueues, until nothing is left; answers how many ran."""
        ran = 0
        while due := [job for job in self.waiting if job.due <= self.clock()]:
            for job in due:
                for argument in job.arguments:
                    await self.handlers[job.kind](argument)
                self.done.add(job.id)
                ran += 1
        return ran


@dataclass
class FakeGatherer:
    """Hands out the pages that a test lays down, by address."""

    clock: FakeClock
    pages: dict[str, str] = field(default_factory=dict[str, str])
    results: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Problem] = field(default_factory=list[Problem])
    unusable: dict[str, str] = field(default_factory=dict[str, str])
    freshness: list[SearchFreshness] = field(default_factory=list[SearchFreshness])

    async def gather(
        self,
        query: str,
        sources: Sequence[Source],
        *,
        now: datetime,
        freshness: SearchFreshness = ANY,
    ) -> Gathered:
        self.freshness.append(freshness)
        named = [
            self._document(source.url, self.pages.get(source.url, ""), named=True)
            for source in sources
            if source.url in self.pages or source.url in self.unusable
        ]
        found = [self._document(uri, text, named=False) for uri, text in self.results.items()]
        return Gathered((*named, *found), tuple(self.problems))

    def _document(self, uri: str, text: str, *, named: bool) -> Document:
        return Document(
            uri=uri,
            title=text.partition("\n")[0][:80],
            text=text,
            kind=DocumentKind.PAGE,
            fetched_at=self.clock(),
            status=200,
            unusable_reason=self.unusable.get(uri),
            named=named,
        )


class Accepted:
    """A receiver that takes every message."""

    status = 204

    def retry_after(self, now: datetime) -> timedelta | None:
        return None

    async def post(
        self,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: timedelta | None = None,
    ) -> "Accepted":
        return self
