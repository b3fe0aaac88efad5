"""Numbers with a name that are no prices: "inflation > 3 %", "stars > 5000"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Number
from torale.server.judge.builtin.conditions.topics import title_names
from torale.server.judge.builtin.source_readings import SourceReading
from torale.server.judge.numbers import Amount, amounts, decimal_mark, format_amount
from torale.server.judge.text import (
    fold,
    holds_word,
    host,
    is_instruction,
    lines,
    quote_line,
    sentences,
    word_set,
    words,
)

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


def quantity_in(source: SourceDocument, predicate: Number, year: int) -> SourceReading | None:
    """What the source says on a number; None when no line names it with a value.

    `year` is the current one: sentences about other years are history or forecast.
    """
    found = list(_values(source, predicate, year))
    if not found:
        return None
    spelled = sorted({format_amount(one.value, one.unit) for _, one in found})
    sides = {predicate.operator.holds(one.value, predicate.value) for _, one in found}
    if len(sides) > 1:
        return SourceReading(source, None, doubt=f"gives several values ({', '.join(spelled[:4])})")
    line, amount = found[0]
    quote = quote_line(source, line, line[amount.start : amount.end])
    return SourceReading(source, sides.pop(), "; ".join(spelled), quote)


def _values(source: SourceDocument, predicate: Number, year: int) -> Iterator[tuple[str, Amount]]:
    country = host(source.uri).rpartition(".")[2]
    style = _Style(country, decimal_mark(source.text, country), year)
    wanted = _wanted(source, predicate)
    if not all(holds_word(fold(source.text), word) for word in wanted):
        return
    for line in filter(_DIGIT.search, lines(source.text)):
        folded = fold(line)
        if not all(holds_word(folded, one) for one in wanted) or is_instruction(line):
            continue
        parts = sentences(line) if predicate.unit else [line]
        for part in parts:
            for amount in _of_subject(part, predicate, style):
                yield part, amount


def _wanted(source: SourceDocument, predicate: Number) -> frozenset[str]:
    """The words that a line must hold: a page that is titled by a place need not repeat it."""
    everything, place = frozenset(predicate.subject.words), frozenset(predicate.place)
    is_its_page = place and title_names(source, predicate.place)
    return everything - place if is_its_page and not _SEVERAL.search(source.title) else everything


@dataclass(frozen=True, slots=True)
class _Style:
    """How a page writes numbers, and which year is now."""

    country: str
    mark: str
    year: int


def _of_subject(part: str, predicate: Number, style: _Style) -> list[Amount]:
    wanted = set(predicate.subject.words)
    part = _ASIDE.sub(_blank, part)
    if not _names(part, predicate) or _NOT_A_FACT_OF_NOW.search(part):
        return []
    if set(words(" ".join(_OTHER_FIGURE.findall(fold(part))))) - wanted:
        return []
    if any(int(found) != style.year for found in _YEAR.findall(part)):
        return []
    read = amounts(part, style.country, style.mark)
    found = [
        one
        for one in read
        if one.unit == predicate.unit
        and not _COMPARED.search(part[: one.start])
        and (not predicate.place or _is_stated(part[: one.start], predicate))
    ]
    return found if predicate.unit else _labelled(part, found, wanted & word_set(part))


def _blank(aside: re.Match[str]) -> str:
    """Spaces for what brackets say of days before, so that the rest stays where it is."""
    is_past = _BEFORE.search(aside[0]) and _DIGIT.search(aside[0])
    return " " * len(aside[0]) if is_past else aside[0]


def _names(part: str, predicate: Number) -> bool:
    """Whether a sentence speaks of the subject; a page of the place need not name the place."""
    said, wanted = word_set(part), set(predicate.subject.words)
    if not predicate.place:
        return said >= wanted
    return said >= wanted - set(predicate.place)


def _is_stated(before: str, predicate: Number) -> bool:
    """Whether the words before a number say what it is and where, and nothing else.

    "Level at Kaub: 143 cm" does, "at 143 cm ships stop at Kaub" does not.
    """
    wanted, place = set(predicate.subject.words), set(predicate.place)
    said = {word for word in words(before) if not any(one.isdigit() for one in word)}
    known = wanted | _OF_NOW | ({"water"} if "level" in wanted else set())
    return said <= known and wanted - place <= set(words(before))


def _labelled(line: str, found: list[Amount], wanted: set[str]) -> list[Amount]:
    """A bare number counts only as the whole value of a label: `Stars: 5,123`."""
    match = _LABELLED.match(line)
    if match is None or len(found) != 1 or not wanted <= set(words(match["label"])):
        return []
    starts = match.start("rest")
    is_whole = found[0].start == starts and not line[found[0].end :].strip(" .\"',")
    return found if is_whole and len(words(match["label"])) <= len(wanted) + 2 else []
