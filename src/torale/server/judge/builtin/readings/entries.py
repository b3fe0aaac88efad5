"""What is new since the last look: entries of a feed, items of a page, results of a search."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from torale.server.judge.base import Judgement, Quote, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.predicates import Entries
from torale.server.judge.builtin.source_readings import join, name_of, unknown
from torale.server.judge.text import (
    contains_phrase,
    first_line,
    fold,
    host,
    is_instruction,
    lines,
    quote_line,
    steady,
    visible,
    word_set,
)

NO_ENTRIES = "The feed has no entries."
_DATE = re.compile(r"\d{4}-\d\d-\d\d ")
_IS_FEED = 0.6  # share of a text's lines that read as entries
# 200 marks of 8 hex digits are 1.6 kB a source. Longer pages keep the lowest marks: an item
# below the highest kept one was surely not there before.
_MARK = 8
_MAX_MARKS = 200
_MAX_SHOWN = 3
_MAX_TITLE = 200
_SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a list that grows.

    Attributes:
        link: Its address; empty when it has none.
        line: Verbatim in the source.
        mark: Names the entry. Its text may be edited and its date moved: it is the same entry.
    """

    source: SourceDocument
    title: str
    link: str
    line: str
    mark: str

    def shown(self) -> str:
        """Title and address. An address elsewhere stays out: its page was never read."""
        title = visible(self.title)[:_MAX_TITLE]
        is_near = host(self.link) == host(self.source.uri)
        return f"“{title}” {self.link}".rstrip() if is_near else f"“{title}”"


def feed_entries(source: SourceDocument) -> list[Entry] | None:
    """The entries of a feed as the feed reader writes them; None when the source is no feed."""
    if " <http" not in source.text and NO_ENTRIES not in source.text:
        return None
    rows = lines(source.text)
    found = [entry for row in rows if (entry := _entry(source, row)) is not None]
    if NO_ENTRIES in rows[:2]:
        return []
    return found if found and len(found) >= _IS_FEED * (len(rows) - 1) else None


def _entry(source: SourceDocument, row: str) -> Entry | None:
    said, opens, link = row.rpartition(" <")
    if not opens or not link.startswith(("http://", "https://")) or not link.endswith(">"):
        return None
    date = _DATE.match(said)
    title, _, _ = said[date.end() if date else 0 :].partition(" — ")
    return Entry(source, title, link[:-1], row, _mark(link[:-1]))


def _mark(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:_MARK]


def judge_entries(
    sources: Sequence[SourceDocument], predicate: Entries, previous: Mapping[str, str] | None
) -> Judgement:
    looks = [_look(name, listed, previous or {}) for name, listed in _lists(sources)]
    fresh = [entry for one in looks for entry in one.new]
    matching = [entry for entry in fresh if _matches(entry, predicate)]
    facts = {name: fact for one in looks for name, fact in one.facts()}
    quoted = [(entry, quote) for entry in matching if (quote := _quote(entry)) is not None]
    if quoted:
        return _found(quoted, predicate, facts)
    if matching or (fresh and predicate.about.words):
        why = "There is something new, and whether it is meant takes a reader."
        return unknown(predicate.describe(), "It could not be told for certain.", why)
    return _nothing(looks, predicate, facts, sources)


@dataclass(frozen=True, slots=True)
class _Look:
    """One list now and before.

    Attributes:
        known: Marks of what was seen before; None at the first look.
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
        limit = max(known) if is_full else "g"
        return [one for one in self.entries if one.mark not in known and one.mark < limit]

    def facts(self) -> Iterator[tuple[str, str]]:
        """What to compare with next time. What has gone stays known, so that it is never news."""
        marks = dict.fromkeys([*(one.mark for one in self.entries), *(self.known or ())])
        if self.known is not None and not self.new:
            marks = dict.fromkeys(self.known)
        kept = (sorted(marks) if self.is_page else list(marks))[:_MAX_MARKS]
        yield f"seen:{self.name}", "".join(kept)
        newest = self.new or ([] if self.known is not None else self.entries)
        shown = newest[0].shown() if newest else self.latest
        if shown and not (self.is_page and self.known is None):
            yield _newest(self.name), shown


def _look(name: str, entries: Sequence[Entry], previous: Mapping[str, str]) -> _Look:
    kept = previous.get(f"seen:{name}")
    known = None if kept is None else tuple(re.findall(f".{{{_MARK}}}", kept))
    is_page = bool(entries) and not entries[0].link
    return _Look(name, entries, known, previous.get(_newest(name)), is_page)


def _newest(name: str) -> str:
    """The fact that people see."""
    return f"newest on {name.partition('://')[2] or name}"


def _lists(sources: Sequence[SourceDocument]) -> Iterator[tuple[str, Sequence[Entry]]]:
    """What the user named, a list each; otherwise what the search found, as one list."""
    named = sorted((one for one in sources if one.named), key=lambda one: one.uri)
    for source in named:
        entries = feed_entries(source)
        yield source.uri, _items(source) if entries is None else entries
    if not named:
        yield _SEARCH, [_result(one) for one in sorted(sources, key=lambda one: one.uri)]


def _items(source: SourceDocument) -> list[Entry]:
    rows = {steady(row): row for row in reversed(lines(source.text))}
    return [
        Entry(source, row, "", row, _mark(text)) for text, row in reversed(rows.items()) if text
    ]


def _result(source: SourceDocument) -> Entry:
    read = first_line(source)
    return Entry(
        source, source.title or source.uri, source.uri, read.text if read else "", _mark(source.uri)
    )


def _matches(entry: Entry, predicate: Entries) -> bool:
    text = f"{entry.title}\n{entry.line}"
    if is_instruction(entry.line):
        return False
    if predicate.phrase:
        return contains_phrase(fold(text), fold(predicate.phrase))
    return word_set(text).issuperset(predicate.about.words)


def _quote(entry: Entry) -> Quote | None:
    return quote_line(entry.source, entry.line, visible(entry.title)[:40]) or quote_line(
        entry.source, entry.line
    )


def _found(
    quoted: Sequence[tuple[Entry, Quote]], predicate: Entries, facts: Mapping[str, str]
) -> Judgement:
    shown = [entry.shown() for entry, _ in quoted[:_MAX_SHOWN]]
    rest = len(quoted) - len(shown)
    listed = [*shown, f"{rest} more"] if rest else shown
    quotes = dict.fromkeys(quote for _, quote in quoted[:5])
    first = quoted[0][0].source
    return Judgement(
        Verdict.MET,
        f"New on {name_of(first)}: {join(listed)}.",
        f"Understood as: {predicate.describe()}. It was not there at the last look.",
        0.9,
        tuple(quotes),
        facts,
        predicate.describe(),
    )


def _nothing(
    looks: Sequence[_Look],
    predicate: Entries,
    facts: Mapping[str, str],
    sources: Sequence[SourceDocument],
) -> Judgement:
    is_first = all(one.known is None for one in looks)
    answer = "First look: this is the baseline." if is_first else "Nothing new since the last look."
    read = sorted(sources, key=lambda one: (not one.named, one.uri))
    quotes = dict.fromkeys(quote for one in read if (quote := first_line(one)) is not None)
    if not quotes:
        return unknown(predicate.describe(), "Nothing could be read.", "The sources hold no text.")
    return Judgement(
        Verdict.NOT_MET,
        answer,
        f"Understood as: {predicate.describe()}. {answer}",
        0.9,
        tuple(quotes)[:3],
        facts,
        predicate.describe(),
    )
