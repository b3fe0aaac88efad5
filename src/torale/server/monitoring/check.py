"""One check: gather, judge, verify. No transaction is open while it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from torale.server.evidence.base import Document, Gathered, Gatherer
from torale.server.judge.base import Judge, JudgeError, Judgement, JudgeRequest, Source
from torale.server.judge.verify import verify
from torale.server.monitoring.rules import Failure, failure_of, unusable_judgement, with_gaps

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked."""

    query: str
    condition: str
    sources: Sequence[str]
    facts: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a judgement, or the failure that kept it from one."""

    documents: Sequence[Document]
    judgement: Judgement | None
    failure: Failure | None


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
        documents: Sequence[Document] = ()
        try:
            gathered = await self._gatherer.gather(subject.query, subject.sources, now=now)
            documents = gathered.documents
            if failure := failure_of(gathered):
                return Finding(documents, None, failure)
            return Finding(documents, await self._judged(subject, gathered, now), None)
        except JudgeError as error:
            return Finding(documents, None, Failure(error.kind, error.detail))
        except Exception:  # a bug must end this execution, not the service
            log.exception("check.failed")
            return Finding(
                documents, None, Failure("internal_error", "Torale itself failed; it is logged.")
            )

    async def _judged(self, subject: Subject, gathered: Gathered, now: datetime) -> Judgement:
        if judgement := unusable_judgement(gathered):
            return judgement
        sources = tuple(
            Source(one.uri, one.title, one.text, one.published_at, one.named)
            for one in gathered.usable
        )
        request = JudgeRequest(subject.query, subject.condition, sources, now, subject.facts)
        judgement = verify(await self._judge.judge(request), sources)
        return with_gaps(judgement, gathered)
