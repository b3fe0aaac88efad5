"""Page changes: what is new on a page since the last look, known from a few hashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Changed, Watched
from torale.server.judge.builtin.judgements import (
    MAX_QUOTES,
    ConditionJudge,
    decided,
    name_of,
    undecided,
    unknown,
)
from torale.server.judge.builtin.readings.prices.reading import price_now
from torale.server.judge.builtin.readings.stock.reading import stock_now
from torale.server.judge.builtin.source_readings import agreeing, decided_by_value, read_each
from torale.server.judge.text.folding import visible
from torale.server.judge.text.lines import lines, without_times
from torale.server.judge.text.quotes import first_line, quote_line

# 300 marks of 4 hex digits are 1.2 kB a source. Longer pages keep the lowest marks: a line
# below the highest kept one was surely not there before.
_MARK_LENGTH = 4
_MAX_MARKS = 300
_ABOVE_ALL_MARKS = "g"
_MAX_SOURCES = 10
_EXCERPT = 120


def change_judge(predicate: Changed) -> ConditionJudge:
    return partial(_judge, predicate)


def _judge(predicate: Changed, request: JudgeRequest) -> Judgement:
    if predicate.watched is not Watched.PAGE:
        return _value_change(predicate, request)
    named = [source for source in request.sources if source.named]
    watched = named or request.sources
    if not named and len(watched) > 1:
        why = "Name the page to watch in the task's sources: search results change all the time."
        return undecided(predicate, why)
    previous = request.previous or {}
    ordered = sorted(watched, key=lambda source: source.uri)
    return _page_change([_compared(source, previous) for source in ordered], predicate, previous)


@dataclass(frozen=True, slots=True)
class _ComparedPage:
    """One page now and before.

    Attributes:
        digest_before: Hash of the text at the last look; None at the first.
        new: Lines that were not there.
    """

    source: SourceDocument
    digest: str
    marks: tuple[str, ...]
    digest_before: str | None
    new: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        return self.digest_before is not None and self.digest_before != self.digest


def _compared(source: SourceDocument, previous: Mapping[str, str]) -> _ComparedPage:
    rows = [(without_times(row), row) for row in lines(source.text)]
    digest = sha256("\n".join(text for text, _ in rows).encode()).hexdigest()
    by_mark = {_mark(text): row for text, row in reversed(rows) if text}
    by_mark = dict(reversed(by_mark.items()))
    known = _marks(previous.get(f"lines:{source.uri}", ""))
    limit = max(known, default="") if len(known) >= _MAX_MARKS else _ABOVE_ALL_MARKS
    return _ComparedPage(
        source,
        digest,
        marks=tuple(sorted(by_mark)[:_MAX_MARKS]),
        digest_before=previous.get(f"text:{source.uri}"),
        new=tuple(row for mark, row in by_mark.items() if mark not in known and mark < limit),
    )


def _mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_MARK_LENGTH]


def _marks(joined: str) -> set[str]:
    return {joined[at : at + _MARK_LENGTH] for at in range(0, len(joined), _MARK_LENGTH)}


def _page_change(
    pages: Sequence[_ComparedPage], predicate: Changed, previous: Mapping[str, str]
) -> Judgement:
    facts = _facts(pages, previous)
    changed = [page for page in pages if page.is_changed]
    if not changed:
        return _nothing_new(pages, predicate, facts)
    quotes = [quote for page in changed for quote in _quotes(page)]
    if not quotes:
        return undecided(predicate, "The text changed, but nothing of it can be quoted.")
    name = name_of(changed[0].source)
    new = f"New on {name}: “{visible(quotes[0].text)}”."
    gone = f"The text of {name} changed; lines were removed or reordered."
    return decided(
        predicate,
        new if changed[0].new else gone,
        "The text differs from the last look.",
        quotes,
        facts,
        is_met=True,
    )


def _quotes(page: _ComparedPage) -> list[Quote]:
    new = [quote for row in page.new if (quote := quote_line(page.source, row)) is not None]
    if new:
        return new[:MAX_QUOTES]
    first = first_line(page.source)
    return [first] if first else []


def _nothing_new(
    pages: Sequence[_ComparedPage], predicate: Changed, facts: Mapping[str, str]
) -> Judgement:
    quotes = [quote for page in pages if (quote := first_line(page.source)) is not None]
    if not quotes:
        return unknown(predicate, "Nothing could be read.", "The pages hold no text.")
    if all(page.digest_before is None for page in pages):
        answer = "First look: this is the baseline."
        why = "First look: baseline, nothing to compare with."
    else:
        answer, why = "Nothing changed since the last look.", "The text is the same."
    return decided(predicate, answer, why, quotes[:MAX_QUOTES], facts, is_met=False)


def _facts(pages: Sequence[_ComparedPage], previous: Mapping[str, str]) -> dict[str, str]:
    """What to compare with next time. A page that is missing today keeps what was known of it."""
    facts: dict[str, str] = {}
    for page in pages:
        uri = page.source.uri
        facts[f"text:{uri}"] = page.digest
        facts[f"excerpt:{uri}"] = visible(page.source.text)[:_EXCERPT]
        facts[f"lines:{uri}"] = "".join(page.marks)
    missing = [name for name in previous if name.startswith("text:") and name not in facts]
    for name in sorted(missing)[: max(0, _MAX_SOURCES - len(pages))]:
        uri = name.removeprefix("text:")
        names = (name, f"excerpt:{uri}", f"lines:{uri}")
        facts.update({name: previous[name] for name in names if name in previous})
    return facts


def _value_change(predicate: Changed, request: JudgeRequest) -> Judgement:
    """A price or a state compared with the last one that could be told."""
    read = price_now if predicate.watched is Watched.PRICE else stock_now
    readings = agreeing(read_each(request.sources, partial(read, predicate.subject)))
    if readings is None:
        return undecided(predicate, "The sources do not show one value.")
    fact, value = str(predicate.watched), readings[0].value
    before = (request.previous or {}).get(fact)
    if before is None:
        since = " First look: baseline."
    else:
        since = "" if before == value else f" It was {before}."
    is_new = before is not None and before != value
    return decided_by_value(
        predicate, readings, fact, f"The {fact} is {value}.{since}", is_met=is_new
    )
