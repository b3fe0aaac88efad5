"""Predicates: the conditions that the builtin judge decides, and no others."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import eq, ge, gt, le, lt

from torale.server.judge.text.units import CURRENCIES


class Operator(StrEnum):
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "="

    def compare(self, value: Decimal, threshold: Decimal) -> bool:
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
class Topic:
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

    def of(self) -> str:
        return f" of {self.text}" if self.text else ""


@dataclass(frozen=True, slots=True)
class Number:
    """A price, or another number with a name ("inflation > 3 %").

    Attributes:
        unit: ISO code of a currency, `%`, `°C`, …; None: whichever the page uses, or a bare number.
        used_too: The condition speaks of used or refurbished goods.
        place: The words of the subject that say where it is measured ("level at Kaub").
    """

    subject: Topic
    operator: Operator
    value: Decimal
    unit: str | None
    is_price: bool
    used_too: bool = False
    place: tuple[str, ...] = ()

    @property
    def currency(self) -> str | None:
        return self.unit if self.unit in CURRENCIES else None

    def describe(self) -> str:
        name = "price" if self.is_price else self.subject.text
        note = self.subject.note() if self.is_price else ""
        return f"{name} {self.operator} {self.value:f} {self.unit or ''}".rstrip() + note


@dataclass(frozen=True, slots=True)
class Step:
    """By how much a price moved since the last execution that could tell.

    Attributes:
        rises: Upwards; otherwise downwards.
        operator: `>` or `>=`.
        value: Of the step, positive.
        unit: `%` or the ISO code of a currency.
    """

    subject: Topic
    rises: bool
    operator: Operator
    value: Decimal
    unit: str

    def describe(self) -> str:
        verb = "rises" if self.rises else "drops"
        bound = "more than" if self.operator is Operator.MORE else "at least"
        size = f"{self.value:f} {self.unit}"
        return f"price {verb} by {bound} {size} since the last look{self.subject.note()}"


@dataclass(frozen=True, slots=True)
class Availability:
    subject: Topic
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
    PRICE = "price"
    STOCK = "availability"


@dataclass(frozen=True, slots=True)
class Changed:
    watched: Watched
    subject: Topic

    def describe(self) -> str:
        return f"{self.watched} changed{self.subject.note()}"


@dataclass(frozen=True, slots=True)
class Entries:
    """An entry of a feed, an item of a page or a search result that was not there before.

    Attributes:
        about: Words that it must hold; empty for any entry.
        phrase: What it must hold word for word; empty for any entry.
    """

    about: Topic = Topic()
    phrase: str = ""

    def describe(self) -> str:
        if self.phrase:
            return f"a new entry that contains “{self.phrase}”"
        return f"a new entry about {self.about.text}" if self.about.text else "a new entry"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a program that is out.

    Attributes:
        wanted: As in the condition (`2.0`, `1.0-rc1`); empty: newer than at the last look.
        operator: How what is out compares with `wanted`; None: that very release is out.
    """

    subject: Topic
    wanted: str = ""
    operator: Operator | None = None

    def describe(self) -> str:
        if not self.wanted:
            return f"a new version{self.subject.note()}"
        if self.operator is None:
            return f"version {self.wanted} is released{self.subject.note()}"
        return f"version {self.operator} {self.wanted}{self.subject.note()}"


Predicate = Number | Step | Availability | Contains | Changed | Entries | Version
