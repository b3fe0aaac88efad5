"""The judge that needs no model, no key and no network.

It decides only what compiles to a predicate, and says `unknown` to everything else.
"""

from collections.abc import Sequence
from datetime import datetime

from torale.server.judge.base import Judge, Judgement, JudgeRequest, SourceDocument
from torale.server.judge.builtin.conditions.compiler import compile as compile_condition
from torale.server.judge.builtin.conditions.predicates import (
    Availability,
    Changed,
    Contains,
    Entries,
    Number,
    Predicate,
    Step,
    Topic,
    Version,
)
from torale.server.judge.builtin.readings.entries import judge_entries
from torale.server.judge.builtin.readings.page_changes import judge_change
from torale.server.judge.builtin.readings.phrases import judge_phrase
from torale.server.judge.builtin.readings.prices import price_in
from torale.server.judge.builtin.readings.quantities import quantity_in
from torale.server.judge.builtin.readings.steps import judge_step
from torale.server.judge.builtin.readings.stock import stock_in
from torale.server.judge.builtin.readings.versions import FACT as VERSION
from torale.server.judge.builtin.readings.versions import judge_new_version, version_in
from torale.server.judge.builtin.source_readings import (
    SourceReading,
    Wording,
    conclude,
    join,
    unknown,
)
from torale.server.judge.text import visible
from torale.server.judge.verify import verify

_NEEDS_A_MODEL = (
    "This condition needs a language model to judge, and none is configured (TORALE_MODEL)."
)
_NO_EVIDENCE = "Nothing usable was retrieved"


class BuiltinJudge(Judge):
    """Deterministic, and precise rather than helpful: in doubt it never says `met`."""

    name = "builtin"

    async def judge(self, request: JudgeRequest) -> Judgement:
        return decide(request)


def decide(request: JudgeRequest) -> Judgement:
    """The builtin judge's answer, verified."""
    predicate = compile_condition(request.condition, request.query)
    understood = predicate.describe() if predicate else None
    if not any(_is_readable(source.text) for source in request.sources):
        return unknown(understood, f"{_NO_EVIDENCE}.", f"{_NO_EVIDENCE}.")
    if predicate is None:
        return unknown(None, _what_was_found(request.sources), _NEEDS_A_MODEL)
    return verify(_judge(predicate, request), request.sources)


def _is_readable(text: str) -> bool:
    return bool(visible(text[:1_000]) or visible(text))


def _judge(predicate: Predicate, request: JudgeRequest) -> Judgement:
    match predicate:
        case Number() | Availability():
            return _state(predicate, request)
        case Version() if predicate.wanted:
            return _state(predicate, request)
        case Contains():
            return judge_phrase(request.sources, predicate)
        case _:
            return _compared(predicate, request)


def _compared(predicate: Version | Step | Entries | Changed, request: JudgeRequest) -> Judgement:
    """What changed since the last look."""
    sources, previous = request.sources, request.previous
    match predicate:
        case Version():
            return judge_new_version(sources, predicate, previous, request.now)
        case Step():
            return judge_step(sources, predicate, previous)
        case Entries():
            return judge_entries(sources, predicate, previous)
        case Changed():
            return judge_change(sources, predicate, previous)


def _state(predicate: Number | Availability | Version, request: JudgeRequest) -> Judgement:
    """What the sources say of now, whatever was known before."""
    found = [
        one
        for source in request.sources
        if (one := finding_in(source, predicate, request.now)) is not None
    ]
    return conclude(found, _wording(predicate))


def finding_in(
    source: SourceDocument, predicate: Number | Availability | Version, now: datetime
) -> SourceReading | None:
    """What one source says on the condition; None when it does not speak of it."""
    match predicate:
        case Number(is_price=True):
            return price_in(source, predicate)
        case Number():
            return quantity_in(source, predicate, now.year)
        case Availability():
            return stock_in(source, predicate)
        case Version():
            return version_in(source, predicate, now)


def _wording(predicate: Number | Availability | Version) -> Wording:
    match predicate:
        case Number():
            return _number_wording(predicate)
        case Availability():
            return _stock_wording(predicate)
        case Version():
            return _version_wording(predicate)


def _number_wording(predicate: Number) -> Wording:
    name = f"price{_of(predicate.subject)}" if predicate.is_price else predicate.subject.text
    wanted = f" in {predicate.unit}" if predicate.unit else ""

    def say(values: Sequence[str]) -> str:
        verb = "is" if len(values) == 1 else "is one of"
        return f"The {name} {verb} {join(values)}."

    fact = "price" if predicate.is_price else " ".join(predicate.subject.words)
    return Wording(predicate.describe(), fact, say, f"No {name}{wanted} was found in the sources.")


def _stock_wording(predicate: Availability) -> Wording:
    thing = predicate.subject.text or "It"

    def say(values: Sequence[str]) -> str:
        return f"{thing[:1].upper()}{thing[1:]} is {join(values)}."

    silent = "The sources do not say whether it is in stock."
    return Wording(predicate.describe(), "availability", say, silent)


def _version_wording(predicate: Version) -> Wording:
    def say(values: Sequence[str]) -> str:
        return f"The newest version{_of(predicate.subject)} is {join(values)}."

    silent = "The sources do not say which version is out."
    return Wording(predicate.describe(), VERSION, say, silent)


def _of(subject: Topic) -> str:
    return f" of {subject.text}" if subject.text else ""


def _what_was_found(sources: Sequence[SourceDocument]) -> str:
    titles = sorted({visible(source.title)[:200] for source in sources if visible(source.title)})
    if not titles:
        return f"{len(sources)} source(s) were found, but not judged."
    rest = len(titles) - 3
    more = f"; and {rest} more" if rest > 0 else ""
    return f"Found, but not judged: {'; '.join(titles[:3])}{more}."
