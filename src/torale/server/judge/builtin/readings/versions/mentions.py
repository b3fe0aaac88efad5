"""Release mentions: the lines of feeds, lists, change logs and prose that name what is out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Topic
from torale.server.judge.builtin.conditions.topics import is_about
from torale.server.judge.builtin.readings.entries.feed import Entry, feed_entries
from torale.server.judge.builtin.readings.versions.numbers import VERSION, Release, release_of
from torale.server.judge.builtin.readings.versions.vocabulary import (
    CALLED_LATEST,
    DATE_LABEL,
    IN_THE_MAKING,
    LABEL_WORDS,
    LINKING_WORDS,
    LIST_TITLE,
    NOT_YET,
    RELEASE_WORDS,
    RELEASED,
    RELEASED_ON,
    VERSION_LABEL,
)
from torale.server.judge.facts import starting_day
from torale.server.judge.text.folding import fold
from torale.server.judge.text.instructions import is_instruction
from torale.server.judge.text.lines import own_lines, rows_with, sentences
from torale.server.judge.text.links import host
from torale.server.judge.text.words import word_set, words

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class ReleaseMention:
    """A release with the line that names it.

    Attributes:
        text: The version as it is written there.
    """

    release: Release
    text: str
    line: str

    @property
    def is_labelled(self) -> bool:
        """Whether the line states the version by a label: "Version: 1.2"."""
        return VERSION_LABEL.match(self.line) is not None

    @property
    def is_called_latest(self) -> bool:
        return CALLED_LATEST.search(self.line) is not None


def release_mentions(source: SourceDocument, program: Topic, now: datetime) -> list[ReleaseMention]:
    """The releases of a program that a source calls published by now."""
    if not is_about(source, program):
        return []
    entries = feed_entries(source)
    if entries is not None:
        return list(_in_feed(source, entries, program))
    rows = own_lines(source.text)
    if _is_list_of(source, program):
        listed = _listed(rows)
        if len(listed) > 1:
            return listed
    return list(_in_page(source, rows, program, now))


def stable_of(mentions: Sequence[ReleaseMention]) -> list[ReleaseMention]:
    return [mention for mention in mentions if mention.release.is_stable]


def newest_of(mentions: Sequence[ReleaseMention]) -> ReleaseMention:
    return max(mentions, key=lambda mention: mention.release.key())


def _mention(match: re.Match[str], line: str) -> ReleaseMention:
    return ReleaseMention(release_of(match), match[0], line)


def _in_feed(
    source: SourceDocument, entries: Sequence[Entry], program: Topic
) -> Iterator[ReleaseMention]:
    home = host(source.uri)
    for entry in [entry for entry in entries if host(entry.link) == home] or entries:
        match = _in_title(entry.title, source, program)
        if match is not None and not is_instruction(entry.line):
            yield _mention(match, entry.line)


def _in_title(title: str, source: SourceDocument, program: Topic) -> re.Match[str] | None:
    """The version in the title of an entry, where the title or the feed names the program."""
    if NOT_YET.search(title):
        return None
    named = word_set(f"{source.title} {source.uri} {title}")
    if not named.issuperset(word for word in program.words if word.isalpha()):
        return None
    return VERSION.search(title)


def _is_list_of(source: SourceDocument, program: Topic) -> bool:
    """Whether a page is the program's own list of versions."""
    if not (source.named and LIST_TITLE.search(source.title)):
        return False
    return not word_set(source.title).isdisjoint(program.words or program.topic)


def _listed(rows: Sequence[str]) -> list[ReleaseMention]:
    """The versions that are a line of their own."""
    matches = ((VERSION.fullmatch(row), row) for row in rows)
    return [_mention(match, row) for match, row in matches if match and "." in match["number"]]


def _in_page(
    source: SourceDocument, rows: Sequence[str], program: Topic, now: datetime
) -> Iterator[ReleaseMention]:
    about_releases = set(rows_with(rows, RELEASE_WORDS))
    for index, row in enumerate(rows):
        if _DIGIT.search(row) is None:
            continue
        match = (
            _in_line(row, program, now, may_announce=index in about_releases)
            or _in_heading(row, "".join(rows[index + 1 : index + 2]), program, now)
            or (_called_latest(row, program) if source.named else None)
        )
        if match is not None and not is_instruction(row):
            yield _mention(match, row)


def _in_line(
    row: str, program: Topic, now: datetime, *, may_announce: bool
) -> re.Match[str] | None:
    """The version of a label, of a dated heading, or of a sentence that says that it is out."""
    label = VERSION_LABEL.match(row) if ":" in row or "=" in row else None
    if label is not None:
        is_own = _is_label_of(label["label"], program)
        return _after_name(label["value"], program) if is_own else None
    start = row.lstrip("#[ ")
    heading = VERSION.match(start)
    if heading is not None and _is_past(start[heading.end() :], now):
        return heading
    if may_announce and RELEASED.search(row) and not NOT_YET.search(row):
        return _in_prose(row, program)
    return None


def _in_heading(row: str, below: str, program: Topic, now: datetime) -> re.Match[str] | None:
    """A line of nothing but the program's name and a version, dated there or right below."""
    start = row.lstrip("#[ ")
    match = _after_name(start, program)
    if match is None or "." not in match["number"]:
        return None
    rest = start[match.end() :].strip("])* ")
    is_out = _is_past(rest, now) if rest else DATE_LABEL.match(below) and _is_past(below, now)
    return match if is_out else None


def _called_latest(row: str, program: Topic) -> re.Match[str] | None:
    """A sentence that calls a version the latest, of this program and of no other."""
    known = {*program.words, *program.topic, *LINKING_WORDS}
    for sentence in sentences(row):
        latest = CALLED_LATEST.search(sentence)
        if (
            latest is not None
            and not NOT_YET.search(sentence)
            and set(words(latest["of"])) <= known
        ):
            return _after_name(latest["value"], program)
    return None


def _is_label_of(label: str, program: Topic) -> bool:
    """Whether a label names the program or nothing: "Quartz version", "latest stable"."""
    known = LABEL_WORDS | {*program.words, *program.topic}
    return all(word in known or word.isdigit() for word in words(label.replace("_", " ")))


def _after_name(value: str, program: Topic) -> re.Match[str] | None:
    """The version that a value starts with, the program's name before it left out."""
    match = VERSION.search(value)
    if match is None:
        return None
    known = {*program.words, *program.topic, "version", "release", "v"}
    is_candidate = IN_THE_MAKING.search(value, match.end())
    return match if set(words(value[: match.start()])) <= known and not is_candidate else None


def _in_prose(row: str, program: Topic) -> re.Match[str] | None:
    """The version right behind the program's name."""
    name = program.words
    for match in VERSION.finditer(row):
        before = words(row[: match.start()])
        if name and before[-len(name) :] == name:
            return match
        is_version = fold(row[: match.start()]).rstrip().endswith("version")
        if is_version and set(name) <= set(before):
            return match
    return None


def _is_past(rest: str, now: datetime) -> bool:
    """Whether a line goes on with a date that has come."""
    plain = rest.lstrip("]) ")
    day = starting_day(RELEASED_ON.sub("", plain, count=1).lstrip("(-–—,: "))
    return day is not None and day <= now.date()
