"""Price mentions: the amounts of a page that read as prices somebody can pay now."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.readings.prices.vocabulary import (
    AROUND_A_LONE_PRICE,
    BELONGS_TO_THE_NEXT,
    CURRENCY_LINE,
    MONEY_WORDS,
    NOT_THE_PRICE,
    OF_SOMETHING_ELSE,
    PER_UNIT,
    PRICE_LABEL,
    PRICE_WORDS,
    REGULAR,
    SHORT_CURRENCY,
    USED,
    USED_PAGE,
)
from torale.server.judge.text.amounts import Amount, NumberStyle, amounts, number_style
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import own_lines, rows_with
from torale.server.judge.text.links import host
from torale.server.judge.text.units import DOLLARS

_LETTER = re.compile(r"[^\W\d_]")
_CLAUSE = re.compile(r"(?<![A-Z])[.]\s|[;!?|•·]\s|\s[-–—]\s|\s{3,}|\t")
_ASKS = re.compile(r"^[^.!]{0,120}\?")
_HAS_WORD = re.compile(r"[^\W_]")
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_RANGE_MARK = re.compile(r"\s*[-–—]\s*")
_MAX_LABEL = 60  # characters of a line that names the amount below or above it
_MAX_PRICES = 1_000  # of a page: with so many, nobody knows which is meant
LABELLED, PLAIN, WEAK = range(3)


@dataclass(frozen=True, slots=True)
class Price:
    """An amount that reads as a price somebody can pay now.

    Attributes:
        tier: 0 for a labelled price, 1 for one in running text, 2 for one that counts only where
            nothing better is there: a "regular price", one per litre, one with a label of its own.
    """

    amount: Amount
    line: str
    tier: int

    @property
    def stands_alone(self) -> bool:
        """Whether the line shows this amount and says nothing of what costs so much."""
        around = f"{self.line[: self.amount.start]} {self.line[self.amount.end :]}"
        return len(around) <= _MAX_LABEL and AROUND_A_LONE_PRICE.fullmatch(around) is not None


def prices(source: SourceDocument, *, used_too: bool) -> list[Price]:
    """Every amount of a source that reads as a price of now."""
    if not used_too and "ondition:" in source.text and USED_PAGE.search(source.text):
        return []
    page = _PricePage(own_lines(source.text), number_style(source.text, host(source.uri)))
    found = list(islice(_prices_on(page, used_too=used_too), _MAX_PRICES))
    # Next to "$499 CAD" a bare "$349" may be Canadian too.
    if any(price.amount.unit in DOLLARS for price in found):
        found = [price for price in found if not _is_bare_dollar(price.amount)]
    if all(price.amount.unit is not None for price in found):
        return found
    currency = _currency_of_page(source.text)
    return [_in_currency(price, currency) for price in found] if currency else found


def _is_bare_dollar(amount: Amount) -> bool:
    return amount.bare_sign and amount.unit == "USD"


def _in_currency(price: Price, currency: str) -> Price:
    if price.amount.unit is not None:
        return price
    return replace(price, amount=replace(price.amount, unit=currency))


def _currency_of_page(text: str) -> str:
    """The currency that a page names apart from its prices; empty for none or several."""
    codes = {code.upper() for code in CURRENCY_LINE.findall(text)}
    return codes.pop() if len(codes) == 1 else ""


@dataclass(frozen=True, slots=True)
class _PricePage:
    rows: Sequence[str]
    style: NumberStyle

    def amounts(self, index: int) -> list[Amount]:
        row = self.rows[index]
        if _DIGIT.search(row) is None:
            return []
        return [amount for amount in amounts(row, self.style) if not _is_year(row, amount)]


def _is_year(row: str, amount: Amount) -> bool:
    return amount.unit is None and bool(_YEAR.fullmatch(row[amount.start : amount.end]))


def _prices_on(page: _PricePage, *, used_too: bool) -> Iterator[Price]:
    for index in _rows_about_money(page.rows):
        row, found = page.rows[index], page.amounts(index)
        if not found or is_instruction(row) or (not used_too and USED.search(row)):
            continue
        for mention in _mentions(row, found, *_neighbours(page, index)):
            tier = mention.tier()
            if tier is not None and (used_too or not mention.is_used):
                yield Price(mention.amount, row, tier)


def _rows_about_money(rows: Sequence[str]) -> list[int]:
    """The lines that may hold a price: numbers beside a word of money, or below one of price."""
    numbered = [index for index, row in enumerate(rows) if _DIGIT.search(row)]
    texts = [rows[index] for index in numbered]
    beside = {*rows_with(texts, MONEY_WORDS)}
    beside |= {at for at, text in enumerate(texts) if SHORT_CURRENCY.search(text.lower())}
    below = {index + 1 for index in rows_with(rows, PRICE_WORDS)}
    return [index for at, index in enumerate(numbered) if at in beside or index in below]


def _neighbours(page: _PricePage, index: int) -> tuple[str, str]:
    """The lines around a line that may name its amount; empty where they name another one."""
    rows = page.rows

    def label(at: int) -> str:
        is_short = 0 <= at < len(rows) and len(rows[at]) <= _MAX_LABEL
        return rows[at] if is_short and not page.amounts(at) else ""

    above, below = label(index - 1), label(index + 1)
    # "New / $999 / Refurbished / $799": labels stand above.
    if above and below and index + 2 < len(rows) and page.amounts(index + 2):
        below = "" if _HAS_WORD.match(below) else below
    return above, below


@dataclass(frozen=True, slots=True)
class _Mention:
    """An amount with the words of its clause before and behind it."""

    before: str
    amount: Amount
    after: str

    @property
    def is_used(self) -> bool:
        return USED.search(f"{self.before} {self.after}") is not None

    def tier(self) -> int | None:
        """How surely the amount is a price of now; None when it is not."""
        is_labelled = PRICE_LABEL.search(self.before) is not None
        label = " ".join(self.before.split()[-4:]) if is_labelled else self.before
        if NOT_THE_PRICE.search(label) or OF_SOMETHING_ELSE.search(self.after):
            return None
        if not self._is_possible(is_labelled=is_labelled):
            return None
        is_weak = REGULAR.search(label) or PER_UNIT.match(self.after)
        if is_weak or (not is_labelled and _is_label(self.before)):
            return WEAK
        return LABELLED if is_labelled else PLAIN

    def _is_possible(self, *, is_labelled: bool) -> bool:
        """Whether it is an amount of money, or a bare number behind the word for price."""
        is_bare = self.amount.unit is None and is_labelled
        return self.amount.value > 0 and (self.amount.is_money or is_bare)


def _mentions(row: str, found: Sequence[Amount], above: str, below: str) -> Iterator[_Mention]:
    """The amounts of a line in their context.

    An amount alone on its line takes the lines around it for context ("Was" / "$449").
    """
    label = ""
    # "Orbit 9 costs $1,899": a bare number is a word of the clause.
    priced = [amount for amount in found if amount.unit is not None] or list(found)
    starts, ends = [amount.start for amount in priced], [amount.end for amount in priced]
    for amount in found:
        earlier = bisect_right(ends, amount.start)
        label = _words_before(row, ends[earlier - 1] if earlier else 0, amount, label)
        later = bisect_left(starts, amount.end)
        after = _words_after(row, amount, starts[later] if later < len(starts) else None)
        is_first = not _HAS_WORD.search(row[: amount.start])
        is_last = not _HAS_WORD.search(row[amount.end :])
        yield _Mention(
            f"{above} {label}" if is_first else label,
            amount,
            f"{after} {below}" if is_last else after,
        )


def _words_before(row: str, start: int, amount: Amount, label: str) -> str:
    """The clause up to an amount, or the label of the amount before it where both share that."""
    gap = row[start : amount.start]
    before = _CLAUSE.split(gap)[-1]
    is_range = _RANGE_MARK.fullmatch(gap)  # "Estimate: 600 - 800"
    is_alternative = not _HAS_WORD.search(before) and PRICE_LABEL.search(label)  # "$329 / $399"
    return label if start and (is_range or is_alternative) else before


def _words_after(row: str, amount: Amount, end: int | None) -> str:
    """The clause behind an amount, up to the next one."""
    is_asked = _ASKS.match(row[amount.end :])
    after = "elsewhere" if is_asked else _CLAUSE.split(row[amount.end : end])[0]
    return after if end is None else BELONGS_TO_THE_NEXT.sub("", after)


def _is_label(before: str) -> bool:
    """Whether an amount has a label of its own: "Assembly: $45"."""
    label = before.rstrip()
    return label.endswith((":", "=")) and _LETTER.search(label) is not None
