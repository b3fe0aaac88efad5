"""Recomputes what a compiled condition says from words that somebody else quoted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from torale.server.judge.base import Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import (
    Availability,
    Number,
    Predicate,
    Version,
)
from torale.server.judge.builtin.judge import finding_in
from torale.server.judge.text import fold, lines

_NEIGHBOURS = 1  # lines around a quoted one that say what it is: "Was" / "$449"


def recheck(
    predicate: Predicate,
    quotes: Sequence[Quote],
    sources: Sequence[SourceDocument],
    *,
    now: datetime,
) -> bool | None:
    """Whether the condition holds by the lines that the quotes stand in.

    True: it holds. False: they contradict it. None: they do not tell, or they tell two things;
    also for conditions that compare with an earlier look.
    """
    if not isinstance(predicate, Number | Availability | Version):
        return None
    found = [
        one
        for source in _quoted(quotes, sources)
        if (one := finding_in(source, predicate, now)) is not None
    ]
    said = {one.holds for one in found}
    return said.pop() if len(said) == 1 else None


def _quoted(quotes: Sequence[Quote], sources: Sequence[SourceDocument]) -> Iterator[SourceDocument]:
    """Each source cut down to the lines that are quoted, and those right around them."""
    for source in sources:
        wanted = [fold(quote.text) for quote in quotes if quote.uri == source.uri]
        rows = lines(source.text)
        folded = [fold(row) for row in rows]
        kept: set[int] = set()
        for index, row in enumerate(folded):
            if row and any(row in quote or quote in row for quote in wanted if quote):
                kept |= set(range(index - _NEIGHBOURS, index + _NEIGHBOURS + 1))
        text = "\n".join(rows[index] for index in sorted(kept) if 0 <= index < len(rows))
        if text:
            yield replace(source, text=text)
