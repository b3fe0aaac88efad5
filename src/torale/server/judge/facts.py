"""Equality of facts, however they are worded. Pure.

A model writes `$349`, `349 USD` or `349.00 dollars`, and `Nov 24, 2026` or `2026-11-24`: none of
that is a change. What is compared is folded; what is shown is as it was written.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date

from torale.server.judge.text.amounts import amounts, format_amount
from torale.server.judge.text.folding import fold, visible
from torale.server.judge.text.words import words

# The first letters tell a month apart in all of en, de, fr, es, it; the longer ones come first.
_MONTHS = (
    ("januar", 1), ("janvier", 1), ("enero", 1), ("gennaio", 1), ("jan", 1), ("ene", 1),
    ("gen", 1), ("feb", 2), ("fév", 2), ("fev", 2), ("mär", 3), ("mar", 3), ("apr", 4), ("avr", 4),
    ("abr", 4), ("may", 5), ("mai", 5), ("mag", 5), ("jun", 6), ("juin", 6), ("giu", 6),
    ("jul", 7), ("juil", 7), ("lug", 7), ("aug", 8), ("aoû", 8), ("aou", 8), ("ago", 8),
    ("sep", 9), ("set", 9), ("okt", 10), ("oct", 10), ("ott", 10), ("nov", 11), ("dez", 12),
    ("dec", 12), ("déc", 12), ("dic", 12),
)  # fmt: skip
_MONTH = rf"(?P<month>(?:{'|'.join(name for name, _ in _MONTHS)})[^\W\d_]{{0,7}})\.?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_OF = r"(?:\s+(?:of|de|del))?\s+"
_ZERO_TIME = r"(?:[t ]00:00(?::00(?:\.0+)?)?(?:z|\+00:00| utc)?)?"
_FORMS = (
    rf"(?<!\d){_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_ZERO_TIME}(?![\d:])",
    rf"(?<![\d.])(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.{_YEAR}(?!\d)",
    rf"\b{_DAY}{_OF}{_MONTH},?{_OF}{_YEAR}(?!\d)",
    rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}(?!\d)",
)
_DATES = tuple(re.compile(form) for form in _FORMS)
_EDGES = " .,;:!?\"'"
_ARTICLE = re.compile(r"^(?:the|an?|der|die|das|le|la|les|el|los|il|lo)\s+(?=\S)")
_DECIMAL = re.compile(r"\d+\.\d+")
_Span = tuple[int, int, str]


def same(value: str, other: str) -> bool:
    """Return whether two values mean the same."""
    return value == other or normal(value) == normal(other)


def normal(value: str) -> str:
    """Return what all wordings of a value share: numbers, currencies, dates and case evened out."""
    text = fold(visible(value)).strip(_EDGES)
    text = _ARTICLE.sub("", text)
    return " ".join(_replaced(_replaced(text, _dates), _numbers).split())


def normal_name(name: str) -> str:
    """Return what all spellings of a fact's name share: `Current_Price` and `current price`."""
    if _is_internal(name):
        return name
    return " ".join(words(name.replace("_", " "))) or name


def _is_internal(name: str) -> bool:
    """Whether it serves comparison: its name holds an address, which is case-sensitive."""
    return ":" in name


def renamed(facts: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Return `facts` under the names by which they are known, and in the words if they agree."""
    names = {normal_name(name): name for name in reversed(list(known))}
    found: dict[str, str] = {}
    for name, value in facts.items():
        if name in known and (known[name] == value or _is_internal(name)):
            found[name] = value  # the common case, and what holds digests and whole texts
            continue
        old = names.get(normal_name(name), name)
        found[old] = known[old] if old in known and same(known[old], value) else value
    return found


def starting_day(text: str) -> date | None:
    """Return the date that a text starts with, whose day and month cannot be mistaken."""
    folded = fold(text)
    matches = (match for form in _DATES if (match := form.match(folded)) is not None)
    return next((day for match in matches if (day := _day(match)) is not None), None)


def _replaced(text: str, find: Callable[[str], Iterator[_Span]]) -> str:
    pieces: list[str] = []
    end = 0
    for start, stop, instead in sorted(find(text)):
        if start >= end:  # of two readings of one number the first counts
            pieces += [text[end:start], instead]
            end = stop
    return "".join([*pieces, text[end:]])


def _dates(text: str) -> Iterator[_Span]:
    for form in _DATES:
        for found in form.finditer(text):
            day = _day(found)
            if day is not None:
                # Marked, so that its numbers are not taken for amounts.
                yield found.start(), found.end(), f"⟨{day.isoformat()}⟩"


def _day(found: re.Match[str]) -> date | None:
    month = found["month"]
    number = int(month) if month.isdigit() else _month(month)
    try:
        return date(int(found["year"]), number, int(found["day"]))
    except ValueError:
        return None


def _month(word: str) -> int:
    return next(number for name, number in _MONTHS if word.startswith(name))


def _numbers(text: str) -> Iterator[_Span]:
    start = 0
    for piece in re.split(r"(⟨[^⟩]*⟩)", text):
        if not piece.startswith("⟨"):
            for amount in amounts(piece):
                written = piece[amount.start : amount.end]
                # The zeros of "3.10" tell versions apart; those of a price tell nothing.
                plain = format_amount(amount.value, amount.unit)
                kept = written if amount.unit is None and _DECIMAL.fullmatch(written) else plain
                yield start + amount.start, start + amount.end, kept
        start += len(piece)
