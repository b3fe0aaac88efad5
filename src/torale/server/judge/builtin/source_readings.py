"""Source readings: the answer of each source to a condition, and the verdict they agree on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Predicate
from torale.server.judge.builtin.judgements import (
    citation,
    decided,
    listed,
    name_of,
    undecided,
    unknown,
)
from torale.server.judge.text.links import host

_NAMED_PAGE, _SEVERAL_SITES, _ONE_SEARCH_RESULT = 0.9, 0.8, 0.6  # confidence


@dataclass(frozen=True, slots=True)
class SourceReading:
    """The answer of one source to a condition.

    Attributes:
        value: The normalised fact ("329.00 USD"); equal facts are equal strings.
        is_met: Whether the condition is met by the value; None where nothing was compared.
        doubt: Why there is no clear value: the end of a sentence that starts with the source.
    """

    source: SourceDocument
    value: str = ""
    quote: Quote | None = None
    is_met: bool | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words for people on a kind of condition.

    Attributes:
        fact: Name of the tracked fact.
        answer: The answer, from the values found.
        silence: The answer when no source speaks of it.
    """

    fact: str
    answer: Callable[[Sequence[str]], str]
    silence: str


def number_wording(name: str, unit: str | None, *, fact: str) -> Wording:
    wanted = f" in {unit}" if unit else ""

    def answer(values: Sequence[str]) -> str:
        verb = "is" if len(values) == 1 else "is one of"
        return f"The {name} {verb} {listed(values)}."

    return Wording(fact, answer, f"No {name}{wanted} was found in the sources.")


@dataclass(frozen=True, slots=True)
class StateJudge:
    """Judges a condition on the present, whatever was known before.

    Attributes:
        read: The answer of one source at a moment; None when it does not speak of the condition.
    """

    predicate: Predicate
    read: Callable[[SourceDocument, datetime], SourceReading | None]
    wording: Wording

    def readings(self, sources: Iterable[SourceDocument], now: datetime) -> list[SourceReading]:
        return read_each(sources, lambda source: self.read(source, now))

    def __call__(self, request: JudgeRequest) -> Judgement:
        """One verdict when the sources agree; named pages outrank what a search found."""
        counted = sorted(_counted(self.readings(request.sources, request.now)), key=_rank)
        if not counted:
            return unknown(
                self.predicate, self.wording.silence, "None of the sources speaks of it."
            )
        unclear = next((read for read in counted if read.doubt or read.quote is None), None)
        if unclear is not None:
            why = unclear.doubt or "says so only in words that cannot be quoted"
            return undecided(self.predicate, f"{name_of(unclear.source)} {why}.")
        if len({reading.is_met for reading in counted}) > 1:
            return unknown(self.predicate, "The sources disagree.", _both_sides(counted))
        return self._agreed(counted)

    def _agreed(self, readings: Sequence[SourceReading]) -> Judgement:
        values = sorted({reading.value for reading in readings})
        judgement = decided(
            self.predicate,
            self.wording.answer(values),
            " ".join(_cited(reading) for reading in readings[:3]),
            _quotes(readings),
            {self.wording.fact: "; ".join(values)},
            is_met=readings[0].is_met is True,
        )
        confidence = _confidence([reading.source for reading in readings])
        return replace(judgement, confidence=confidence)


def read_each(
    sources: Iterable[SourceDocument], read: Callable[[SourceDocument], SourceReading | None]
) -> list[SourceReading]:
    """The answers of the sources that have one."""
    return [reading for source in sources if (reading := read(source)) is not None]


def agreeing(readings: Sequence[SourceReading]) -> list[SourceReading] | None:
    """The readings that agree on one value with a quote each, in a fixed order; None otherwise.

    Pages that the user named outrank what a search found.
    """
    counted = _counted(readings)
    if any(reading.doubt for reading in counted):
        return None
    quoted = sorted((reading for reading in counted if reading.quote), key=_rank)
    return quoted if len({reading.value for reading in quoted}) == 1 else None


def decided_by_value(
    predicate: Predicate, readings: Sequence[SourceReading], fact: str, answer: str, *, is_met: bool
) -> Judgement:
    """The verdict on the one value of agreeing readings, compared with an earlier one."""
    first = readings[0]
    return decided(
        predicate, answer, _cited(first), _quotes(readings), {fact: first.value}, is_met=is_met
    )


def _counted(readings: Sequence[SourceReading]) -> list[SourceReading]:
    return [reading for reading in readings if reading.source.named] or list(readings)


def _rank(reading: SourceReading) -> tuple[bool, str, str]:
    return (not reading.source.named, reading.source.uri, reading.source.text)


def _both_sides(readings: Sequence[SourceReading]) -> str:
    in_favour = next(reading for reading in readings if reading.is_met)
    against = next(reading for reading in readings if not reading.is_met)
    return f"{_cited(in_favour)} {_cited(against)}"


def _cited(reading: SourceReading) -> str:
    return citation(reading.source, reading.quote.text if reading.quote else reading.value)


def _quotes(readings: Sequence[SourceReading]) -> list[Quote]:
    return [reading.quote for reading in readings if reading.quote]


def _confidence(sources: Sequence[SourceDocument]) -> float:
    if any(source.named for source in sources):
        return _NAMED_PAGE
    is_one_site = len({host(source.uri) for source in sources}) == 1
    return _ONE_SEARCH_RESULT if is_one_site else _SEVERAL_SITES
