"""The judge that needs no model, no key and no network.

It decides only what compiles to a predicate, and says `unknown` to everything else.
"""

from collections.abc import Sequence

from torale.server.judge.base import Judge, Judgement, JudgeRequest, Source
from torale.server.judge.changes import judge_change
from torale.server.judge.conditions import compile as compile_condition
from torale.server.judge.findings import Wording, conclude, join, unknown
from torale.server.judge.phrases import judge_phrase
from torale.server.judge.predicates import (
    Availability,
    Changed,
    Contains,
    Number,
    Predicate,
    Subject,
)
from torale.server.judge.prices import price_in
from torale.server.judge.quantities import quantity_in
from torale.server.judge.stock import stock_in
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
    if not any(visible(source.text) for source in request.sources):
        return unknown(understood, f"{_NO_EVIDENCE}.", f"{_NO_EVIDENCE}.")
    if predicate is None:
        return unknown(None, _what_was_found(request.sources), _NEEDS_A_MODEL)
    return verify(_judge(predicate, request), request.sources)


def _judge(predicate: Predicate, request: JudgeRequest) -> Judgement:
    match predicate:
        case Number():
            return _number(predicate, request)
        case Availability():
            found = [one for source in request.sources if (one := stock_in(source, predicate))]
            return conclude(found, _stock_wording(predicate))
        case Contains():
            return judge_phrase(request.sources, predicate)
        case Changed():
            return judge_change(request.sources, predicate, request.previous)


def _number(predicate: Number, request: JudgeRequest) -> Judgement:
    year = request.now.year
    found = [
        one
        for source in request.sources
        if (
            one := price_in(source, predicate)
            if predicate.is_price
            else quantity_in(source, predicate, year)
        )
    ]
    return conclude(found, _number_wording(predicate))


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


def _of(subject: Subject) -> str:
    return f" of {subject.text}" if subject.text else ""


def _what_was_found(sources: Sequence[Source]) -> str:
    titles = sorted({visible(source.title)[:200] for source in sources if visible(source.title)})
    if not titles:
        return f"{len(sources)} source(s) were found, but not judged."
    rest = len(titles) - 3
    more = f"; and {rest} more" if rest > 0 else ""
    return f"Found, but not judged: {'; '.join(titles[:3])}{more}."
