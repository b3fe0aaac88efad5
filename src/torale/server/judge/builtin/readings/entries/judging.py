"""New entries: what a feed, a page or a search lists that was not there at the last look."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from torale.server.judge.base import Judgement, JudgeRequest, Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Entries
from torale.server.judge.builtin.judgements import (
    ConditionJudge,
    decided,
    listed,
    name_of,
    undecided,
    unknown,
)
from torale.server.judge.builtin.readings.entries.feed import (
    MARK_LENGTH,
    Entry,
    feed_entries,
    mark_of,
)
from torale.server.judge.text.folding import fold, visible
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import lines, without_times
from torale.server.judge.text.quotes import first_line, quote_line
from torale.server.judge.text.words import contains_phrase, word_set

# 200 marks of 8 hex digits are 1.6 kB a source. Longer pages keep the lowest marks: an item
# below the highest kept one was surely not there before.
_MAX_MARKS = 200
_MAX_SHOWN = 3
_SEARCH = "search"
_MARKS = re.compile(f".{{{MARK_LENGTH}}}")
_ABOVE_ALL_MARKS = "g"  # marks are hex digits


def entries_judge(predicate: Entries) -> ConditionJudge:
    return partial(_judge, predicate)


def _judge(predicate: Entries, request: JudgeRequest) -> Judgement:
    previous = request.previous or {}
    lists = [_compared(name, entries, previous) for name, entries in _lists(request.sources)]
    new = [entry for compared in lists for entry in compared.new]
    matching = [entry for entry in new if _matches(entry, predicate)]
    facts = {name: fact for compared in lists for name, fact in compared.facts()}
    quoted = [(entry, quote) for entry in matching if (quote := _quote(entry)) is not None]
    if quoted:
        return _something_new(quoted, predicate, facts)
    if matching or (new and predicate.about.words):
        why = "There is something new, and whether it is meant takes a reader."
        return undecided(predicate, why)
    is_first = all(compared.known is None for compared in lists)
    return _nothing_new(predicate, facts, request.sources, is_first=is_first)


@dataclass(frozen=True, slots=True)
class _ComparedList:
    """One list now and before.

    Attributes:
        known: Marks of the entries up to the last look; None at the first.
        latest: The newest entry of the last look, as people saw it.
        is_page: Items are lines of a page, in no order that means anything.
    """

    name: str
    entries: Sequence[Entry]
    known: tuple[str, ...] | None
    latest: str | None
    is_page: bool

    @property
    def new(self) -> list[Entry]:
        if self.known is None:
            return []
        known, is_full = set(self.known), self.is_page and len(self.known) >= _MAX_MARKS
        limit = max(known) if is_full else _ABOVE_ALL_MARKS
        return [entry for entry in self.entries if entry.mark not in known and entry.mark < limit]

    def facts(self) -> Iterator[tuple[str, str]]:
        """What to compare with next time."""
        yield f"seen:{self.name}", "".join(self._marks())
        newest = self.new or ([] if self.known is not None else self.entries)
        shown = newest[0].shown() if newest else self.latest
        if shown and not (self.is_page and self.known is None):
            yield _newest_fact(self.name), shown

    def _marks(self) -> list[str]:
        """The marks to remember. What has gone stays known, so that it is never news."""
        known = self.known or ()
        is_new = self.known is None or self.new
        current = [entry.mark for entry in self.entries] if is_new else []
        marks = list(dict.fromkeys([*current, *known]))
        return (sorted(marks) if self.is_page else marks)[:_MAX_MARKS]


def _compared(name: str, entries: Sequence[Entry], previous: Mapping[str, str]) -> _ComparedList:
    kept = previous.get(f"seen:{name}")
    known = None if kept is None else tuple(_MARKS.findall(kept))
    is_page = bool(entries) and not entries[0].link
    return _ComparedList(name, entries, known, previous.get(_newest_fact(name)), is_page)


def _newest_fact(name: str) -> str:
    """The fact that people see."""
    return f"newest on {name.partition('://')[2] or name}"


def _lists(sources: Sequence[SourceDocument]) -> Iterator[tuple[str, Sequence[Entry]]]:
    """The pages that the user named, a list each; otherwise the results of the search as one."""
    ordered = sorted(sources, key=lambda source: source.uri)
    named = [source for source in ordered if source.named]
    for source in named:
        entries = feed_entries(source)
        yield source.uri, _items(source) if entries is None else entries
    if not named:
        yield _SEARCH, [_search_result(source) for source in ordered]


def _items(source: SourceDocument) -> list[Entry]:
    rows = {without_times(row): row for row in reversed(lines(source.text))}
    return [
        Entry(source, row, "", row, mark_of(text)) for text, row in reversed(rows.items()) if text
    ]


def _search_result(source: SourceDocument) -> Entry:
    first = first_line(source)
    title, line = source.title or source.uri, first.text if first else ""
    return Entry(source, title, source.uri, line, mark_of(source.uri))


def _matches(entry: Entry, predicate: Entries) -> bool:
    if is_instruction(entry.line):
        return False
    text = f"{entry.title}\n{entry.line}"
    if predicate.phrase:
        return contains_phrase(fold(text), fold(predicate.phrase))
    return word_set(text).issuperset(predicate.about.words)


def _quote(entry: Entry) -> Quote | None:
    with_title = quote_line(entry.source, entry.line, visible(entry.title)[:40])
    return with_title or quote_line(entry.source, entry.line)


def _something_new(
    quoted: Sequence[tuple[Entry, Quote]], predicate: Entries, facts: Mapping[str, str]
) -> Judgement:
    shown = [entry.shown() for entry, _ in quoted[:_MAX_SHOWN]]
    rest = len(quoted) - len(shown)
    page = name_of(quoted[0][0].source)
    return decided(
        predicate,
        f"New on {page}: {listed([*shown, f'{rest} more'] if rest else shown)}.",
        "It was not there at the last look.",
        (quote for _, quote in quoted[:5]),
        facts,
        is_met=True,
    )


def _nothing_new(
    predicate: Entries,
    facts: Mapping[str, str],
    sources: Sequence[SourceDocument],
    *,
    is_first: bool,
) -> Judgement:
    ordered = sorted(sources, key=lambda source: (not source.named, source.uri))
    quotes = dict.fromkeys(quote for source in ordered if (quote := first_line(source)) is not None)
    if not quotes:
        return unknown(predicate, "Nothing could be read.", "The sources hold no text.")
    answer = "First look: this is the baseline." if is_first else "Nothing new since the last look."
    return decided(predicate, answer, answer, list(quotes)[:_MAX_SHOWN], facts, is_met=False)
