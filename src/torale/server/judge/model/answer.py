"""Model answer: its form, and the part of it that the sources bear out. Pure.

A model that was talked into something by a page, or that makes things up, fails here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from torale.server.judge.base import (
    Judgement,
    JudgeRequest,
    Passage,
    Quote,
    SourceDocument,
    Verdict,
)
from torale.server.judge.text.folding import visible
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.links import host
from torale.server.judge.text.quotes import MAX_QUOTE
from torale.server.judge.text.words import words
from torale.server.judge.verify import verify

_NUMBER = re.compile(r"\d+")
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:[.,'’]\d{3})+(?!\d)")
_SPACED = re.compile(r"(?<!\d)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d)")
_ISO_DATE = re.compile(r"\b(\d{4})-\d{2}-(\d{2})\b")
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://\S+|\bwww\.\S+|\b(?:mailto|javascript|data|tel):\S+"
    # Mail programs make links of bare names too. A sentence that ends without a space is none.
    r"|\b(?:[\w-]+[.。．])+(?-i:[a-z]{2,24}|[A-Z]{2,24})\b(?:/\S*)?",
    re.IGNORECASE,
)
_LINK_ENDS = ".,;:!?)]}'\"’”"
_LOOSE_ANSWER = "answer: it holds a number or a link that stands in no source."


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


# Every string is bounded: a grammar made from this schema then bounds what a small model writes.
class Cited(_Strict):
    """Words copied from a source."""

    source: Annotated[int, Field(ge=1, le=8, description="Number of the source.")]
    text: Annotated[str, Field(min_length=1, max_length=MAX_QUOTE)]


class Fact(_Strict):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    value: Annotated[str, Field(min_length=1, max_length=120)]


class ModelAnswer(_Strict):
    """The verdict on the condition."""

    # Models read the title: it is part of the prompt, whatever the class is called here.
    model_config = ConfigDict(title="Answer")

    reasoning: Annotated[str, Field(max_length=600)]
    quotes: Annotated[list[Cited], Field(max_length=4)]
    verdict: Literal["met", "not_met", "unknown"]
    answer: Annotated[str, Field(min_length=1, max_length=400)]
    facts: Annotated[list[Fact], Field(max_length=10)]
    as_of: Annotated[date | None, Field(description="YYYY-MM-DD, or null.")]
    confidence: Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Evidence:
    """What a model was asked and shown, and what it may therefore say.

    Attributes:
        uris: The address of source 1, of source 2, and so on.
    """

    request: JudgeRequest
    passages: tuple[Passage, ...]
    uris: tuple[str, ...]

    def shown(self, number: int) -> tuple[SourceDocument, ...]:
        """What was shown of the source with this number."""
        uri = self.uris[number - 1]
        texts = (passage.text for passage in self.passages if passage.uri == uri)
        return tuple(SourceDocument(uri, "", text) for text in texts)

    @cached_property
    def vocabulary(self) -> "_Vocabulary":
        question = f"{self.request.query}\n{self.request.condition}"
        return _Vocabulary(question, self._texts(), self.uris)

    def _texts(self) -> Iterator[str]:
        yield from (text for fact in (self.request.previous or {}).items() for text in fact)
        yield from (passage.text for passage in self.passages)
        yield self.request.now.date().isoformat()
        for source in self.request.sources:
            if source.uri in self.uris:
                yield source.title
                yield source.published_at.date().isoformat() if source.published_at else ""


@dataclass(frozen=True, slots=True)
class Objections:
    """What is wrong with an answer, as sentences for the model that gave it."""

    quotes: tuple[str, ...] = ()
    facts: Mapping[int, str] = field(default_factory=dict[int, str])
    answer: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.quotes, *self.facts.values(), *self.answer)


def object_to(answer: ModelAnswer, evidence: Evidence) -> Objections:
    """Find what the sources do not bear out. An `unknown` needs no proof, and tracks nothing."""
    known = evidence.vocabulary
    loose = () if known.covers(answer.answer) else (_LOOSE_ANSWER,)
    if answer.verdict == "unknown":
        return Objections(answer=loose)
    return Objections(
        quotes=tuple(_objections_to_quotes(answer, evidence)),
        facts={
            index: f"fact {fact.name!r}: its value stands in no source; copy it from one."
            for index, fact in enumerate(answer.facts)
            if not known.covers(fact.value) or not known.covers_words(fact.value)
        },
        answer=loose,
    )


def conclude(answer: ModelAnswer, evidence: Evidence) -> Judgement:
    """Return the part of the answer that is borne out: `unknown` without a single quote."""
    objections = object_to(answer, evidence)
    if objections.quotes:
        return Judgement(
            Verdict.UNKNOWN,
            answer="Could not tell: nothing in the sources bears out what the model says.",
            reasoning=f"The model said {answer.verdict}. " + " ".join(objections.quotes),
            confidence=0.0,
        )
    quotes = tuple(_quotes(answer, evidence))
    known = answer.verdict != "unknown"
    return Judgement(
        Verdict(answer.verdict),
        answer=_answer_of_source(quotes) if objections.answer else answer.answer,
        reasoning=evidence.vocabulary.without_links(answer.reasoning),
        confidence=answer.confidence,
        quotes=quotes,
        facts={
            " ".join(words(fact.name)) or visible(fact.name): visible(fact.value)
            for index, fact in enumerate(answer.facts)
            if known and index not in objections.facts
        },
        as_of=_moment(answer.as_of, evidence.request.now),
    )


def _objections_to_quotes(answer: ModelAnswer, evidence: Evidence) -> Iterator[str]:
    if not answer.quotes:
        yield f"{answer.verdict} needs at least one quote; without one the verdict is unknown."
    for number, cited in enumerate(answer.quotes, 1):
        if cited.source > len(evidence.uris):
            yield f"quote {number}: there is no source {cited.source}."
        elif is_instruction(cited.text) or not evidence.vocabulary.covers_links(cited.text):
            yield f"quote {number}: words that speak to you, or lead elsewhere, prove nothing."
        elif not _is_verbatim(cited, evidence):
            yield (
                f"quote {number}: these words do not stand in source {cited.source}; "
                "copy them exactly, or leave the quote out."
            )


def _is_verbatim(cited: Cited, evidence: Evidence) -> bool:
    quote = Quote(evidence.uris[cited.source - 1], cited.text)
    claim = Judgement(Verdict.NOT_MET, "", "", 0.0, (quote,))
    return bool(verify(claim, evidence.shown(cited.source)).quotes)


def _quotes(answer: ModelAnswer, evidence: Evidence) -> Iterator[Quote]:
    for cited in answer.quotes:
        known = cited.source <= len(evidence.uris) and evidence.vocabulary.covers_links(cited.text)
        if known and _is_verbatim(cited, evidence):
            yield Quote(evidence.uris[cited.source - 1], cited.text)


def _answer_of_source(quotes: Sequence[Quote]) -> str:
    """Let a source speak in place of a model that says more than the sources do."""
    if not quotes:
        return "Could not tell."
    first = quotes[0]
    return f"{host(first.uri) or first.uri} says: “{visible(first.text)}”"


def _moment(day: date | None, now: datetime) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day is not None and day <= now.date() else None


class _Vocabulary:
    """The words, numbers and addresses of the evidence."""

    def __init__(self, question: str, texts: Iterable[str], uris: Sequence[str]) -> None:
        text = "\n".join((question, *texts))
        self._words = frozenset(words(text))
        self._numbers = _numbers(text)
        # What a person asked for (Node.js) may be named, whatever it looks like.
        asked_for = (found.lower() for found in _LINK.findall(question))
        self._links = frozenset((*uris, *map(host, uris), *asked_for))

    def covers(self, text: str) -> bool:
        """Whether every number and every link of `text` stands in the evidence."""
        return self.covers_links(text) and self._covers_numbers(_LINK.sub(" ", text))

    def covers_links(self, text: str) -> bool:
        """Whether `text` leads nowhere but to a source."""
        return all(self._is_known(link) for link in _LINK.findall(text))

    def without_links(self, text: str) -> str:
        return _LINK.sub(lambda link: link[0] if self._is_known(link[0]) else "[link]", text)

    def _is_known(self, link: str) -> bool:
        bare = link.rstrip(_LINK_ENDS)
        return bare in self._links or bare.lower().removeprefix("www.") in self._links

    def covers_words(self, text: str) -> bool:
        plain = (word for word in words(_LINK.sub(" ", text)) if not any(map(str.isdigit, word)))
        return all(len(word) < 3 or word in self._words for word in plain)

    def _covers_numbers(self, text: str) -> bool:
        # Of a date written anew (2026-11-26 for "Nov 26"), the month may stand there as a word.
        plain = _joined(_GROUPED, _ISO_DATE.sub(r" \1 \2 ", text))
        return any(
            all(_bare(number) in self._numbers for number in _NUMBER.findall(form))
            for form in (plain, _joined(_SPACED, plain))
        )


def _numbers(text: str) -> frozenset[str]:
    """The numbers in `text`, whole and decimal parts apart, without what groups their digits.

    A space groups digits, or parts two numbers: both count.
    """
    plain = _joined(_GROUPED, text)
    found = (*_NUMBER.findall(plain), *_NUMBER.findall(_joined(_SPACED, plain)), "0")
    return frozenset(_bare(number) for number in found)


def _joined(grouped: re.Pattern[str], text: str) -> str:
    return grouped.sub(lambda found: re.sub(r"\D", "", found[0]), text)


def _bare(digits: str) -> str:
    return digits.lstrip("0") or "0"
