"""Quantities: numbers with a name that are no prices ("inflation > 3 %", "stars > 5000")."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Number
from torale.server.judge.builtin.conditions.topics import title_names
from torale.server.judge.builtin.source_readings import SourceReading, StateJudge, number_wording
from torale.server.judge.text.amounts import (
    Amount,
    NumberStyle,
    amounts,
    format_amount,
    number_style,
)
from torale.server.judge.text.folding import fold
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import lines, sentences
from torale.server.judge.text.links import host
from torale.server.judge.text.quotes import quote_line
from torale.server.judge.text.words import contains_word, word_set, words

_LABELLED = re.compile(r"^(?P<label>[^:=\d]{1,80}|[^:=]{1,80})\s*[:=]\s*[\"']?(?P<rest>.{1,40})$")
_NOT_A_FACT_OF_NOW = re.compile(
    r"\b(?:was|were|had|could|might|would|should|will|if|expect\w*|forecast\w*|predict\w*|estimate\w*|"
    r"target\w*|goal|compared|previous\w*|earlier|ago|last|former\w*|average\w*|record|not|never|"
    r"until|unless|rumou?r\w*|(?-i:may))\b|[?]",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# Figures beside the one of now: of other days, of what is usual, of what is warned of.
_OTHER_FIGURE = re.compile(
    r"\b(?:mean|median|normal|minim\w*|maxim\w*|min|max|lowest|highest|warning|alarm|alert|threshold|"
    r"limit|danger\w*|flood|feels|yesterday|tomorrow|tonight|night|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|mittler\w*|warn\w*|grenz\w*|höchst\w*|niedrigst\w*|"
    r"gestern|morgen|gefühlt\w*|vorhersage|moyenn?e?|alerte|seuil|ressentie?|hier|demain|prévi\w+|"
    r"media|medio|umbral|ayer|mañana|previsi\w+|soglia|allerta|ieri|domani|percepita)\b"
)
_BEFORE = re.compile(
    r"\b(?:last|previous|was|yesterday|prior|before|compared|vorwoche|vortag|gestern|hier|ayer|ieri)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\([^()]{1,80}\)")
_OF_NOW = frozenset(
    words(
        "current currently now today actual latest value reading is at in of on stands the "
        "aktuell aktuelle aktueller heute jetzt ist beträgt liegt bei am im der die das des wert "
        "actuel actuelle actuellement est le la les de du à au en valeur "
        "actualmente hoy es el del valor attuale oggi il di a "
        "cm mm km h c f m kmh hpa kg kwh ppm"
    )
)
_SEVERAL = re.compile(r"\b(?:and|und|et|y|e|vs|versus|or|oder)\b|[&,/]", re.IGNORECASE)
# Right before a number that is compared with: "1.9 %, down from 2.2 %".
_COMPARED = re.compile(
    r"\b(?:from|than|versus|vs\.?|after|against|by|between|gegenüber|nach|von|um|contre|frente\s+al?|rispetto\s+al?)\s*$",
    re.IGNORECASE,
)


def quantity_judge(predicate: Number) -> StateJudge:
    wording = number_wording(
        predicate.subject.text, predicate.unit, fact=" ".join(predicate.subject.words)
    )
    return StateJudge(predicate, partial(_read, predicate), wording)


def _read(predicate: Number, source: SourceDocument, now: datetime) -> SourceReading | None:
    mentions = list(_mentions(source, predicate, now.year))
    if not mentions:
        return None
    values = sorted({format_amount(found.value, found.unit) for _, found in mentions})
    sides = {predicate.operator.compare(found.value, predicate.value) for _, found in mentions}
    if len(sides) > 1:
        return SourceReading(source, doubt=f"gives several values ({', '.join(values[:4])})")
    sentence, amount = mentions[0]
    quote = quote_line(source, sentence, sentence[amount.start : amount.end])
    return SourceReading(source, "; ".join(values), quote, is_met=sides.pop())


@dataclass(frozen=True, slots=True)
class _PageContext:
    """What is known of a page before its lines are read.

    Attributes:
        year: The current one: sentences about other years are history or forecast.
    """

    style: NumberStyle
    year: int


def _mentions(source: SourceDocument, predicate: Number, year: int) -> Iterator[tuple[str, Amount]]:
    """The sentences that give the quantity a value, with that value."""
    page = _PageContext(number_style(source.text, host(source.uri)), year)
    required = _required_words(source, predicate)
    if not _contains_all(source.text, required):
        return
    for line in filter(_DIGIT.search, lines(source.text)):
        if not _contains_all(line, required) or is_instruction(line):
            continue
        for sentence in sentences(line) if predicate.unit else [line]:
            for amount in _values_of_subject(sentence, predicate, page):
                yield sentence, amount


def _contains_all(text: str, required: frozenset[str]) -> bool:
    folded = fold(text)
    return all(contains_word(folded, word) for word in required)


def _required_words(source: SourceDocument, predicate: Number) -> frozenset[str]:
    """The words of a line with the value: a page that is titled by a place need not repeat it."""
    everything, place = frozenset(predicate.subject.words), frozenset(predicate.place)
    is_its_page = place and title_names(source, predicate.place)
    return everything - place if is_its_page and not _SEVERAL.search(source.title) else everything


def _values_of_subject(sentence: str, predicate: Number, page: _PageContext) -> list[Amount]:
    sentence = _ASIDE.sub(_blank_if_past, sentence)
    if not _is_about_now(sentence, predicate, page.year):
        return []
    found = [
        amount
        for amount in amounts(sentence, page.style)
        if _is_value_of_subject(amount, sentence[: amount.start], predicate)
    ]
    subject = set(predicate.subject.words)
    return found if predicate.unit else _labelled(sentence, found, subject & word_set(sentence))


def _blank_if_past(aside: re.Match[str]) -> str:
    """Spaces for what brackets say of days before, so that the rest stays where it is."""
    is_past = _BEFORE.search(aside[0]) and _DIGIT.search(aside[0])
    return " " * len(aside[0]) if is_past else aside[0]


def _is_about_now(sentence: str, predicate: Number, year: int) -> bool:
    """Whether a sentence names the subject, and no other figure or time beside it.

    A page of the place need not name the place.
    """
    subject = set(predicate.subject.words)
    if not word_set(sentence) >= subject - set(predicate.place):
        return False
    if _NOT_A_FACT_OF_NOW.search(sentence):
        return False
    if set(words(" ".join(_OTHER_FIGURE.findall(fold(sentence))))) - subject:
        return False
    return all(int(found) == year for found in _YEAR.findall(sentence))


def _is_value_of_subject(amount: Amount, before: str, predicate: Number) -> bool:
    if amount.unit != predicate.unit or _COMPARED.search(before):
        return False
    return not predicate.place or _states_the_subject(before, predicate)


def _states_the_subject(before: str, predicate: Number) -> bool:
    """Whether the words before a number say what it is and where, and nothing else.

    "Level at Kaub: 143 cm" does, "at 143 cm ships stop at Kaub" does not.
    """
    subject, place = set(predicate.subject.words), set(predicate.place)
    named = {word for word in words(before) if not any(map(str.isdigit, word))}
    known = subject | _OF_NOW | ({"water"} if "level" in subject else set())
    return named <= known and subject - place <= set(words(before))


def _labelled(line: str, found: list[Amount], subject: set[str]) -> list[Amount]:
    """A bare number counts only as the whole value of a label: `Stars: 5,123`."""
    match = _LABELLED.match(line)
    if match is None or len(found) != 1 or not subject <= set(words(match["label"])):
        return []
    starts = match.start("rest")
    is_whole = found[0].start == starts and not line[found[0].end :].strip(" .\"',")
    return found if is_whole and len(words(match["label"])) <= len(subject) + 2 else []
