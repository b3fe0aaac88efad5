"""One check: gather, judge, verify. No transaction is open while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from torale.server.evidence.base import Document, Gathered, Gatherer, Problem, Terms
from torale.server.judge.base import (
    Example,
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    Source,
    Trace,
)
from torale.server.judge.verify import verify
from torale.server.monitoring.recency import BY_HAND
from torale.server.monitoring.rules import Failure, failure_of, unusable_judgement, with_gaps

log = structlog.get_logger()

_BUG = Failure("internal_error", "Torale itself failed; it is logged.")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked."""

    query: str
    condition: str
    sources: Sequence[str]
    facts: Mapping[str, str] | None
    terms: Terms = BY_HAND
    examples: tuple[Example, ...] = ()
    watched_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was judged beside the documents: with them, enough to judge the same again.

    Attributes:
        at: UTC, the moment that the judge took for now.
        problems: What could not be retrieved.
    """

    subject: Subject
    at: datetime
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a judgement, or the failure that kept it from one.

    Attributes:
        trace: How the judgement came about, or how far it came before it failed.
    """

    documents: Sequence[Document]
    judgement: Judgement | None
    failure: Failure | None
    asked: Asked | None = None
    trace: Trace | None = None


class Checker:
    """Looks and judges; stores nothing and tells nobody."""

    def __init__(self, gatherer: Gatherer, judge: Judge) -> None:
        self._gatherer = gatherer
        self._judge = judge

    @property
    def judge_name(self) -> str:
        return self._judge.name

    async def check(self, subject: Subject, *, now: datetime) -> Finding:
        """Check once. Whatever goes wrong becomes a named failure."""
        gathered = Gathered((), ())
        trace = None
        try:
            gathered = await self._gatherer.gather(
                subject.query, subject.sources, now=now, terms=subject.terms
            )
            failure, judgement = failure_of(gathered), None
            if failure is None:
                judgement = await self.judge(subject, gathered, now=now)
                trace = judgement.trace
        except JudgeError as error:
            failure, judgement, trace = Failure(error.kind, error.detail), None, error.trace
        except Exception:  # a bug must end this execution, not the service
            log.exception("check.failed")
            failure, judgement = _BUG, None
        asked = Asked(subject, now, gathered.problems)
        return Finding(gathered.documents, judgement, failure, asked, trace)

    async def judge(self, subject: Subject, gathered: Gathered, *, now: datetime) -> Judgement:
        """Judge what was gathered, now or earlier.

        Raises:
            JudgeError: The judge failed.
        """
        if judgement := unusable_judgement(gathered):
            return judgement
        sources = tuple(
            Source(one.uri, one.title, one.text, one.published_at, one.named)
            for one in gathered.usable
        )
        request = JudgeRequest(
            query=subject.query,
            condition=subject.condition,
            sources=sources,
            now=now,
            previous=subject.facts,
            examples=subject.examples,
            watched_since=subject.watched_since,
        )
        judgement = verify(await self._judge.judge(request), sources)
        return with_gaps(judgement, gathered)
