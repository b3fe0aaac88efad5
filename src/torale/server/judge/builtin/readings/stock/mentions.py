"""Stock mentions: the lines of a page that show whether a thing can be bought."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Stock
from torale.server.judge.builtin.readings.stock.vocabulary import (
    BUY_BUTTON,
    IN_STOCK,
    LABELLED_IN_STOCK,
    NO,
    NO_STATE,
    PAST,
    SHELF,
    SOLD_OUT,
    STARTS,
    STATE_WORDS,
    STOCK_LABEL,
    YES,
    YES_NO_LABEL,
)
from torale.server.judge.text.folding import fold
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import own_lines, rows_with, sentences

LABELLED, WORDS, BUTTON = range(3)


@dataclass(frozen=True, slots=True)
class StockSign:
    """A state as a line shows it.

    Attributes:
        weight: 0 for a labelled state, 1 for words, 2 for a mere buy button.
        words: The part of the line that shows it.
        stands_alone: The line begins with the state, so it names no other thing.
    """

    weight: int
    state: Stock
    line: str
    words: str
    stands_alone: bool = False


def stock_signs(source: SourceDocument) -> Iterator[StockSign]:
    rows = own_lines(source.text)
    for line in (rows[index] for index in rows_with(rows, STATE_WORDS)):
        folded = fold(line)
        if SHELF.match(folded) or is_instruction(line):
            continue
        label = STOCK_LABEL.match(folded)
        if label is None:
            for sentence in sentences(line):
                yield from _signs_in(sentence)
        elif (state := _labelled(folded, label["value"])) is not None:
            yield StockSign(LABELLED, state, line, label["value"])


def _labelled(line: str, value: str) -> Stock | None:
    if SOLD_OUT.search(value):
        return Stock.OUT
    if IN_STOCK.search(value) or LABELLED_IN_STOCK.match(value):
        return Stock.IN
    if YES_NO_LABEL.search(line) is None:
        return None
    yes, no = YES.match(value), NO.match(value)
    return Stock.IN if yes else Stock.OUT if no else None


def _signs_in(sentence: str) -> Iterator[StockSign]:
    text = fold(sentence)
    rest = SOLD_OUT.sub(" ", text)
    sold_out = SOLD_OUT.search(text)
    if sold_out and not PAST.search(rest):
        yield StockSign(WORDS, Stock.OUT, sentence, sold_out[0], _is_at_start(text, sold_out))
    if NO_STATE.search(rest):
        return
    if in_stock := IN_STOCK.search(rest):
        words = in_stock[0].strip(" ,;:|·(-")
        yield StockSign(WORDS, Stock.IN, sentence, words, _is_at_start(rest, in_stock))
    elif button := BUY_BUTTON.search(rest):
        yield StockSign(BUTTON, Stock.IN, sentence, button[0])


def _is_at_start(text: str, sign: re.Match[str]) -> bool:
    return STARTS.match(text[: sign.start()]) is not None
