"""Recheck: a compiled condition judged again by the words that somebody quoted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from torale.server.judge.base import Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Predicate
from torale.server.judge.builtin.judge import judge_of
from torale.server.judge.builtin.source_readings import StateJudge
from torale.server.judge.text.folding import fold
from torale.server.judge.text.lines import lines

_NEIGHBOURS = 1  # lines around a quoted one that say what it is: "Was" / "$449"


def recheck(
    predicate: Predicate,
    quotes: Sequence[Quote],
    sources: Sequence[SourceDocument],
    *,
    now: datetime,
) -> bool | None:
    """Whether the condition is met by the lines that the quotes stand in.

    True: it is. False: they contradict it. None: they do not tell, or they tell two things;
    also for conditions that compare with an earlier look.
    """
    judge = judge_of(predicate)
    if not isinstance(judge, StateJudge):
        return None
    verdicts = {reading.is_met for reading in judge.readings(_quoted(quotes, sources), now)}
    return verdicts.pop() if len(verdicts) == 1 else None


def _quoted(quotes: Sequence[Quote], sources: Sequence[SourceDocument]) -> Iterator[SourceDocument]:
    """Each source cut down to the lines that are quoted, and those right around them."""
    for source in sources:
        quoted = [fold(quote.text) for quote in quotes if quote.uri == source.uri]
        rows = lines(source.text)
        kept: set[int] = set()
        for index, row in enumerate(map(fold, rows)):
            if row and any(row in text or text in row for text in quoted if text):
                kept |= set(range(index - _NEIGHBOURS, index + _NEIGHBOURS + 1))
        text = "\n".join(rows[index] for index in sorted(kept) if 0 <= index < len(rows))
        if text:
            yield replace(source, text=text)
