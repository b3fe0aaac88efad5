"""Judgements of the builtin judge: a verdict with its sentences, quotes and facts."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.predicates import Predicate
from torale.server.judge.text.folding import visible
from torale.server.judge.text.links import host

MAX_QUOTES = 5
ConditionJudge = Callable[[JudgeRequest], Judgement]
_CONFIDENCE = 0.9


def decided(
    predicate: Predicate,
    answer: str,
    why: str,
    quotes: Iterable[Quote],
    facts: Mapping[str, str],
    *,
    is_met: bool,
) -> Judgement:
    """Return `met` or `not_met` with at most five quotes."""
    return Judgement(
        Verdict.MET if is_met else Verdict.NOT_MET,
        answer,
        _reasoning(predicate, why),
        _CONFIDENCE,
        tuple(dict.fromkeys(quotes))[:MAX_QUOTES],
        facts,
        predicate.describe(),
    )


def undecided(predicate: Predicate, why: str) -> Judgement:
    """Return `unknown` for sources that speak of the condition, but not clearly enough."""
    return unknown(predicate, "It could not be told for certain.", why)


def unknown(predicate: Predicate | None, answer: str, why: str) -> Judgement:
    """Return `unknown` with an answer of its own; None for a condition that did not compile."""
    if predicate is None:
        return Judgement(Verdict.UNKNOWN, answer, why, 0.0)
    return Judgement(
        Verdict.UNKNOWN,
        answer,
        _reasoning(predicate, why),
        0.0,
        understood=predicate.describe(),
    )


def citation(source: SourceDocument, text: str) -> str:
    """A sentence in which a source speaks."""
    return f"{name_of(source)} says “{visible(text)}”."


def name_of(source: SourceDocument) -> str:
    """How a sentence calls a source: its host, else its title."""
    return host(source.uri) or visible(source.title)[:80] or "A source"


def listed(values: Sequence[str]) -> str:
    """The values as a sentence lists them: "a, b and c"."""
    *head, last = values
    return f"{', '.join(head)} and {last}" if head else last


def _reasoning(predicate: Predicate, why: str) -> str:
    return f"Understood as: {predicate.describe()}. {why}"
