"""Whether pages hold a phrase, word for word."""

from collections.abc import Sequence

from torale.server.judge.base import Judgement, Quote, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.predicates import Contains
from torale.server.judge.builtin.source_readings import name_of, unknown
from torale.server.judge.text import contains_phrase, first_line, fold, lines, quote_line, sentences

_MAX_LINES = 4  # that a phrase may run over
_MAX_QUOTES = 5


def judge_phrase(sources: Sequence[SourceDocument], predicate: Contains) -> Judgement:
    named = [one for one in sources if one.named]
    read = named or list(sources)
    phrase = fold(predicate.phrase)
    holding = [one for one in read if contains_phrase(fold(one.text), phrase)]
    if predicate.negated and not named:
        return unknown(
            predicate.describe(),
            "It could not be told for certain.",
            "That a phrase is gone can only be told of a page that the task names in its sources.",
        )
    if holding:
        return _present(holding, predicate, phrase)
    return _absent(read, predicate)


def _present(holding: Sequence[SourceDocument], predicate: Contains, phrase: str) -> Judgement:
    ordered = sorted(holding, key=lambda one: (one.uri, one.text))
    quotes = [quote for one in ordered if (quote := _quote(one, phrase)) is not None]
    if not quotes:
        return unknown(
            predicate.describe(),
            "It could not be told for certain.",
            "The phrase stands only in text that addresses the judge, which proves nothing.",
        )
    still = "still " if predicate.negated else ""
    speaking = next(one for one in ordered if one.uri == quotes[0].uri)
    return Judgement(
        Verdict.NOT_MET if predicate.negated else Verdict.MET,
        f"“{predicate.phrase}” {still}stands on {name_of(speaking)}.",
        f"Understood as: {predicate.describe()}. {name_of(speaking)} says “{quotes[0].text}”.",
        0.95 if speaking.named else 0.7,
        tuple(dict.fromkeys(quotes))[:_MAX_QUOTES],
        {_fact(predicate): "yes"},
        predicate.describe(),
    )


def _absent(read: Sequence[SourceDocument], predicate: Contains) -> Judgement:
    ordered = sorted(read, key=lambda one: (one.uri, one.text))
    quotes = [quote for one in ordered if (quote := first_line(one)) is not None]
    if not quotes or (len(quotes) < len(ordered) and predicate.negated):
        return unknown(
            predicate.describe(),
            "It could not be told for certain.",
            "A page holds no readable text, so the phrase cannot be called absent.",
        )
    where = name_of(ordered[0]) if len(ordered) == 1 else f"any of the {len(ordered)} sources"
    return Judgement(
        Verdict.MET if predicate.negated else Verdict.NOT_MET,
        f"“{predicate.phrase}” does not stand on {where}.",
        f"Understood as: {predicate.describe()}. The phrase is absent from what was read.",
        0.85 if predicate.negated or any(one.named for one in read) else 0.6,
        tuple(quotes)[:_MAX_QUOTES],
        {_fact(predicate): "no"},
        predicate.describe(),
    )


def _fact(predicate: Contains) -> str:
    return f"contains: {predicate.phrase}"


def _quote(source: SourceDocument, phrase: str) -> Quote | None:
    """The sentence with the phrase, or the few lines that it runs over."""
    rows = lines(source.text)
    for row in rows:
        if contains_phrase(fold(row), phrase):
            parts = [one for one in sentences(row) if contains_phrase(fold(one), phrase)]
            quote = quote_line(source, parts[0] if parts else row, phrase)
            if quote is not None:
                return quote
    return _quote_over_lines(source, rows, phrase)


def _quote_over_lines(source: SourceDocument, rows: Sequence[str], phrase: str) -> Quote | None:
    for count in range(2, _MAX_LINES + 1):
        for start in range(len(rows) - count + 1):
            if contains_phrase(fold(" ".join(rows[start : start + count])), phrase):
                return quote_line(
                    source, _verbatim(source.text, rows[start : start + count]), phrase
                )
    return None


def _verbatim(text: str, rows: Sequence[str]) -> str:
    """The stretch of `text` from the first of the rows to the end of the last."""
    start = text.find(rows[0])
    position = start
    for row in rows:
        position = text.find(row, position) + len(row)
    return text[start:position]
