"""Version reading: the answer of one source to "is this version out?"."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Operator, Version
from torale.server.judge.builtin.judgements import listed
from torale.server.judge.builtin.readings.entries.feed import feed_entries
from torale.server.judge.builtin.readings.versions.mentions import (
    ReleaseMention,
    newest_of,
    release_mentions,
    stable_of,
)
from torale.server.judge.builtin.readings.versions.numbers import (
    VERSION,
    Release,
    parse_version,
    release_of,
)
from torale.server.judge.builtin.readings.versions.vocabulary import IN_THE_MAKING, NOT_YET
from torale.server.judge.builtin.source_readings import SourceReading, StateJudge, Wording
from torale.server.judge.text.lines import own_lines, sentences
from torale.server.judge.text.quotes import quote_line

FACT = "version"


def version_judge(predicate: Version) -> StateJudge:
    def answer(values: Sequence[str]) -> str:
        return f"The newest version{predicate.subject.of()} is {listed(values)}."

    wording = Wording(FACT, answer, "The sources do not say which version is out.")
    return StateJudge(predicate, partial(_read, predicate), wording)


@dataclass(frozen=True, slots=True)
class _ComparedMention:
    """A mention, and whether its release meets the condition; None when it cannot be told."""

    mention: ReleaseMention
    is_met: bool | None


def _read(predicate: Version, source: SourceDocument, now: datetime) -> SourceReading | None:
    wanted = parse_version(predicate.wanted)
    mentions = release_mentions(source, predicate.subject, now)
    if wanted is None or not mentions:
        return None
    counted = stable_of(mentions) or mentions if wanted.is_stable else mentions
    compared = [
        _ComparedMention(mention, _is_met(mention.release, wanted, predicate.operator))
        for mention in counted
    ]
    newest = newest_of(counted)
    meeting = next((found.mention for found in compared if found.is_met), None)
    is_open = meeting is None and (
        any(found.is_met is None for found in compared)
        or _is_outdated(newest, source, wanted, predicate.operator)
    )
    if is_open or _is_disputed(source, compared):
        return SourceReading(source, doubt=f"tells of {newest.text}, which does not settle it")
    shown = meeting or newest
    quote = quote_line(source, shown.line, shown.text)
    return SourceReading(source, newest.text, quote, is_met=meeting is not None)


def _is_met(release: Release, wanted: Release, operator: Operator | None) -> bool | None:
    """Whether a release that is out meets what is wanted; None when it cannot be told."""
    if not release.is_stable and wanted.is_stable:
        # A candidate of something later says nothing of what came out before it.
        return None if release.key() > wanted.key() else False
    if operator is Operator.MORE:
        return release.key() > wanted.key()
    if operator is Operator.AT_LEAST or release.key() <= wanted.key():
        return release.key() >= wanted.key()
    # A later line is out: whether this patch of an older one ever was, nobody says.
    is_line = len(wanted.numbers) < 3 or release.numbers[:2] == wanted.numbers[:2]
    return True if is_line else None


def _is_disputed(source: SourceDocument, compared: Sequence[_ComparedMention]) -> bool:
    """A page that says two things of what is out. A feed lists old releases beside new ones."""
    if feed_entries(source) is not None:
        return False
    stated = {
        found.is_met
        for found in compared
        if found.mention.is_labelled or found.mention.is_called_latest
    }
    return bool(stated) and len(stated | {True for found in compared if found.is_met}) > 1


def _is_outdated(
    newest: ReleaseMention, source: SourceDocument, wanted: Release, operator: Operator | None
) -> bool:
    """A page that calls an older version the latest, and speaks of the wanted one elsewhere."""
    if newest.is_labelled or not newest.is_called_latest:
        return False
    return any(
        _would_do(release_of(match), wanted, operator)
        for row in own_lines(source.text)
        for sentence in sentences(row)
        if not (NOT_YET.search(sentence) or IN_THE_MAKING.search(sentence))
        for match in VERSION.finditer(sentence)
    )


def _would_do(release: Release, wanted: Release, operator: Operator | None) -> bool:
    """Whether a number is the wanted version, or a later one of its line if that would do."""
    if not release.is_stable:
        return False
    if operator is None:
        return release.numbers[: len(wanted.numbers)] == wanted.numbers
    is_line = len(release.numbers) > 1 and release.numbers[0] == wanted.numbers[0]
    return is_line and _is_met(release, wanted, operator) is True
