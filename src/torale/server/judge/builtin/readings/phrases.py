"""Phrases: words that a page contains word for word, or no longer."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Contains
from torale.server.judge.builtin.judgements import (
    MAX_QUOTES,
    ConditionJudge,
    citation,
    decided,
    name_of,
    undecided,
)
from torale.server.judge.text.folding import fold
from torale.server.judge.text.lines import lines, sentences
from torale.server.judge.text.quotes import first_line, quote_line
from torale.server.judge.text.words import contains_phrase

_MAX_LINES = 4  # that a phrase may run over


def phrase_judge(predicate: Contains) -> ConditionJudge:
    return partial(_judge, predicate)


def _judge(predicate: Contains, request: JudgeRequest) -> Judgement:
    named = [source for source in request.sources if source.named]
    if predicate.negated and not named:
        why = "That a phrase is gone can only be told of a page that the task names in its sources."
        return undecided(predicate, why)
    pages = sorted(named or request.sources, key=lambda page: (page.uri, page.text))
    phrase = fold(predicate.phrase)
    containing = [page for page in pages if contains_phrase(fold(page.text), phrase)]
    return _present(containing, predicate, phrase) if containing else _absent(pages, predicate)


def _present(containing: Sequence[SourceDocument], predicate: Contains, phrase: str) -> Judgement:
    quotes = [quote for page in containing if (quote := _quote(page, phrase)) is not None]
    if not quotes:
        why = "The phrase stands only in text that addresses the judge, which proves nothing."
        return undecided(predicate, why)
    still = "still " if predicate.negated else ""
    page = next(page for page in containing if page.uri == quotes[0].uri)
    judgement = decided(
        predicate,
        f"“{predicate.phrase}” {still}stands on {name_of(page)}.",
        citation(page, quotes[0].text),
        quotes,
        {_fact(predicate): "yes"},
        is_met=not predicate.negated,
    )
    return replace(judgement, confidence=0.95 if page.named else 0.7)


def _absent(pages: Sequence[SourceDocument], predicate: Contains) -> Judgement:
    quotes = [quote for page in pages if (quote := first_line(page)) is not None]
    if not quotes or (len(quotes) < len(pages) and predicate.negated):
        why = "A page holds no readable text, so the phrase cannot be called absent."
        return undecided(predicate, why)
    where = name_of(pages[0]) if len(pages) == 1 else f"any of the {len(pages)} sources"
    judgement = decided(
        predicate,
        f"“{predicate.phrase}” does not stand on {where}.",
        "The phrase is absent from what was read.",
        quotes[:MAX_QUOTES],
        {_fact(predicate): "no"},
        is_met=predicate.negated,
    )
    return replace(judgement, confidence=0.85 if any(page.named for page in pages) else 0.6)


def _fact(predicate: Contains) -> str:
    return f"contains: {predicate.phrase}"


def _quote(page: SourceDocument, phrase: str) -> Quote | None:
    """The sentence with the phrase, or the few lines that it runs over."""
    rows = lines(page.text)
    for row in rows:
        if contains_phrase(fold(row), phrase):
            parts = (part for part in sentences(row) if contains_phrase(fold(part), phrase))
            quote = quote_line(page, next(parts, row), phrase)
            if quote is not None:
                return quote
    return _quote_over_lines(page, rows, phrase)


def _quote_over_lines(page: SourceDocument, rows: Sequence[str], phrase: str) -> Quote | None:
    for count in range(2, _MAX_LINES + 1):
        for start in range(len(rows) - count + 1):
            stretch = rows[start : start + count]
            if contains_phrase(fold(" ".join(stretch)), phrase):
                return quote_line(page, _verbatim(page.text, stretch), phrase)
    return None


def _verbatim(text: str, rows: Sequence[str]) -> str:
    """The stretch of `text` from the first of the rows to the end of the last."""
    start = text.find(rows[0])
    position = start
    for row in rows:
        position = text.find(row, position) + len(row)
    return text[start:position]
