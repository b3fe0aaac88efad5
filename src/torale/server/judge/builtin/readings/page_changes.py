"""What is new on a page since the last look, told from a few hashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from torale.server.judge.base import Judgement, Quote, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.predicates import Changed, Topic, Watched
from torale.server.judge.builtin.readings.prices import price_now
from torale.server.judge.builtin.readings.stock import stock_now
from torale.server.judge.builtin.source_readings import SourceReading, name_of, one_value, unknown
from torale.server.judge.text import first_line, lines, quote_line, steady, visible

# 300 marks of 4 hex digits are 1.2 kB a source. Longer pages keep the lowest marks: a line
# below the highest kept one was surely not there before.
_MAX_MARKS = 300
_MAX_SOURCES = 10
_MAX_QUOTES = 5
_EXCERPT = 120


def judge_change(
    sources: Sequence[SourceDocument], predicate: Changed, previous: Mapping[str, str] | None
) -> Judgement:
    if predicate.watched in {Watched.PRICE, Watched.STOCK}:
        return _value_change(sources, predicate, previous)
    named = [one for one in sources if one.named]
    watched = named or list(sources)
    if not named and len(watched) > 1:
        return unknown(
            predicate.describe(),
            "It could not be told for certain.",
            "Name the page to watch in the task's sources: search results change all the time.",
        )
    looks = [_look(one, previous or {}) for one in sorted(watched, key=lambda one: one.uri)]
    return _page_change(looks, predicate, previous or {})


@dataclass(frozen=True, slots=True)
class _Look:
    """One page now and before.

    Attributes:
        before: Hash of the text at the last look; None at the first.
        new: Lines that were not there.
    """

    source: SourceDocument
    digest: str
    marks: tuple[str, ...]
    before: str | None
    new: tuple[str, ...]

    @property
    def changed(self) -> bool:
        return self.before is not None and self.before != self.digest


def _look(source: SourceDocument, previous: Mapping[str, str]) -> _Look:
    rows = [(steady(row), row) for row in lines(source.text)]
    digest = sha256("\n".join(text for text, _ in rows).encode()).hexdigest()
    by_mark = {_mark(text): row for text, row in reversed(rows) if text}
    by_mark = dict(reversed(by_mark.items()))
    marks = tuple(sorted(by_mark)[:_MAX_MARKS])
    kept = previous.get(f"lines:{source.uri}", "")
    known = {kept[start : start + 4] for start in range(0, len(kept), 4)}
    limit = max(known, default="") if len(known) >= _MAX_MARKS else "g"
    new = tuple(row for mark, row in by_mark.items() if mark not in known and mark < limit)
    return _Look(source, digest, marks, previous.get(f"text:{source.uri}"), new)


def _mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:4]


def _page_change(
    looks: Sequence[_Look], predicate: Changed, previous: Mapping[str, str]
) -> Judgement:
    facts = _facts(looks, previous)
    changed = [one for one in looks if one.changed]
    if not changed:
        return _nothing_new(looks, predicate, facts)
    quotes = [quote for one in changed for quote in _quotes(one)]
    if not quotes:
        return unknown(
            predicate.describe(),
            "It could not be told for certain.",
            "The text changed, but nothing of it can be quoted.",
        )
    first = changed[0]
    found = f"New on {name_of(first.source)}: “{visible(quotes[0].text)}”."
    gone = f"The text of {name_of(first.source)} changed; lines were removed or reordered."
    return Judgement(
        Verdict.MET,
        found if first.new else gone,
        f"Understood as: {predicate.describe()}. The text differs from the last look.",
        0.9,
        tuple(dict.fromkeys(quotes))[:_MAX_QUOTES],
        facts,
        predicate.describe(),
    )


def _quotes(look: _Look) -> list[Quote]:
    new = [quote for row in look.new if (quote := quote_line(look.source, row)) is not None]
    if new:
        return new[:_MAX_QUOTES]
    read = first_line(look.source)
    return [read] if read else []


def _nothing_new(looks: Sequence[_Look], predicate: Changed, facts: dict[str, str]) -> Judgement:
    is_first = all(one.before is None for one in looks)
    answer = (
        "First look: this is the baseline." if is_first else "Nothing changed since the last look."
    )
    read = [quote for one in looks if (quote := first_line(one.source)) is not None]
    if not read:
        return unknown(predicate.describe(), "Nothing could be read.", "The pages hold no text.")
    why = "First look: baseline, nothing to compare with." if is_first else "The text is the same."
    return Judgement(
        Verdict.NOT_MET,
        answer,
        f"Understood as: {predicate.describe()}. {why}",
        0.9,
        tuple(read)[:_MAX_QUOTES],
        facts,
        predicate.describe(),
    )


def _facts(looks: Sequence[_Look], previous: Mapping[str, str]) -> dict[str, str]:
    """What to compare with next time. A page that is missing today keeps what was known of it."""
    facts: dict[str, str] = {}
    for one in looks:
        facts[f"text:{one.source.uri}"] = one.digest
        facts[f"excerpt:{one.source.uri}"] = visible(one.source.text)[:_EXCERPT]
        facts[f"lines:{one.source.uri}"] = "".join(one.marks)
    missing = [name for name in previous if name.startswith("text:") and name not in facts]
    for name in sorted(missing)[: max(0, _MAX_SOURCES - len(looks))]:
        uri = name.removeprefix("text:")
        for key in (name, f"excerpt:{uri}", f"lines:{uri}"):
            if key in previous:
                facts[key] = previous[key]
    return facts


def _value_change(
    sources: Sequence[SourceDocument], predicate: Changed, previous: Mapping[str, str] | None
) -> Judgement:
    """A price or a state compared with the last one that could be told."""
    findings = [found for one in sources if (found := _now(one, predicate)) is not None]
    heard = one_value(findings)
    understood = predicate.describe()
    if heard is None:
        return unknown(
            understood, "It could not be told for certain.", "The sources do not show one value."
        )
    value = heard[0].value
    before = (previous or {}).get(str(predicate.watched))
    is_new = before is not None and before != value
    quotes = dict.fromkeys(one.quote for one in heard if one.quote)
    since = f" It was {before}." if is_new else " First look: baseline." if before is None else ""
    said = next(iter(quotes)).text
    return Judgement(
        Verdict.MET if is_new else Verdict.NOT_MET,
        f"The {predicate.watched} is {value}.{since}",
        f"Understood as: {understood}. {name_of(heard[0].source)} says “{said}”.",
        0.9,
        tuple(quotes)[:_MAX_QUOTES],
        {str(predicate.watched): value},
        understood,
    )


def _now(source: SourceDocument, predicate: Changed) -> SourceReading | None:
    subject: Topic = predicate.subject
    watched = predicate.watched
    return price_now(source, subject) if watched is Watched.PRICE else stock_now(source, subject)
