"""Version news: a stable version that is newer than at the last look."""

from datetime import datetime
from functools import partial

from torale.server.judge.base import Judgement, JudgeRequest, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Version
from torale.server.judge.builtin.judgements import ConditionJudge, undecided
from torale.server.judge.builtin.readings.versions.mentions import (
    newest_of,
    release_mentions,
    stable_of,
)
from torale.server.judge.builtin.readings.versions.numbers import parse_version
from torale.server.judge.builtin.readings.versions.reading import FACT
from torale.server.judge.builtin.source_readings import (
    SourceReading,
    agreeing,
    decided_by_value,
    read_each,
)
from torale.server.judge.text.quotes import quote_line


def new_version_judge(predicate: Version) -> ConditionJudge:
    return partial(_judge, predicate)


def _judge(predicate: Version, request: JudgeRequest) -> Judgement:
    readings = agreeing(read_each(request.sources, partial(_newest, predicate, request.now)))
    if readings is None:
        return undecided(predicate, "The sources do not show one version.")
    known = (request.previous or {}).get(FACT, "")
    before, newest = parse_version(known), parse_version(readings[0].value)
    since = f"It was {known}." if before else "First look: baseline."
    return decided_by_value(
        predicate,
        readings,
        FACT,
        f"The newest version is {readings[0].value}. {since}",
        is_met=before is not None and newest is not None and newest.key() > before.key(),
    )


def _newest(predicate: Version, now: datetime, source: SourceDocument) -> SourceReading | None:
    stable = stable_of(release_mentions(source, predicate.subject, now))
    if not stable:
        return None
    newest = newest_of(stable)
    quote = quote_line(source, newest.line, newest.text)
    return SourceReading(source, newest.text.removeprefix("v"), quote)
