"""What a condition in plain words compiles to: the only things the builtin judge decides."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import eq, ge, gt, le, lt

from torale.server.judge.numbers import CURRENCIES


class Operator(StrEnum):
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "="

    def holds(self, value: Decimal, threshold: Decimal) -> bool:
        return _COMPARE[self](value, threshold)


_COMPARE: dict[Operator, Callable[[Decimal, Decimal], bool]] = {
    Operator.LESS: lt,
    Operator.AT_MOST: le,
    Operator.MORE: gt,
    Operator.AT_LEAST: ge,
    Operator.EQUAL: eq,
}


class Stock(StrEnum):
    IN = "in stock"
    OUT = "out of stock"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is about.

    Attributes:
        text: As the condition names it; empty when it names nothing ("price below 350").
        words: Of the condition, for matching.
        topic: Of the search query, for pages that a search found.
    """

    text: str = ""
    words: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()

    def note(self) -> str:
        return f" ({self.text})" if self.text else ""


@dataclass(frozen=True, slots=True)
class Number:
    """A price, or another number with a name ("inflation > 3 %").

    Attributes:
        unit: ISO code of a currency, `%`, `°C`, …; None: whichever the page uses, or a bare number.
        used_too: The condition speaks of used or refurbished goods.
    """

    subject: Subject
    operator: Operator
    value: Decimal
    unit: str | None
    is_price: bool
    used_too: bool = False

    @property
    def currency(self) -> str | None:
        return self.unit if self.unit in CURRENCIES else None

    def describe(self) -> str:
        name = "price" if self.is_price else self.subject.text
        note = self.subject.note() if self.is_price else ""
        return f"{name} {self.operator} {self.value:f} {self.unit or ''}".rstrip() + note


@dataclass(frozen=True, slots=True)
class Availability:
    subject: Subject
    wanted: Stock

    def describe(self) -> str:
        return f"{self.wanted}{self.subject.note()}"


@dataclass(frozen=True, slots=True)
class Contains:
    phrase: str
    negated: bool = False

    def describe(self) -> str:
        verb = "does not contain" if self.negated else "contains"
        return f"page {verb} “{self.phrase}”"


class Watched(StrEnum):
    PAGE = "page"
    ENTRIES = "entries"
    PRICE = "price"
    STOCK = "availability"


@dataclass(frozen=True, slots=True)
class Changed:
    watched: Watched
    subject: Subject

    def describe(self) -> str:
        if self.watched is Watched.ENTRIES:
            return "a new entry"
        return f"{self.watched} changed{self.subject.note()}"


Predicate = Number | Availability | Contains | Changed
