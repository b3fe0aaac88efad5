"""Which versions of a program are out, as feeds, labels, change logs and prose tell it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from torale.server.judge.base import Judgement, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.predicates import Operator, Version
from torale.server.judge.builtin.conditions.topics import is_about
from torale.server.judge.builtin.readings.entries import feed_entries
from torale.server.judge.builtin.source_readings import SourceReading, name_of, one_value, unknown
from torale.server.judge.facts import starting_day
from torale.server.judge.text import (
    fold,
    host,
    is_instruction,
    own_lines,
    quote_line,
    rows_with,
    sentences,
    word_set,
    words,
)

FACT = "version"
_FINAL = 9
_STAGES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "canary": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2,
    "milestone": 2, "m": 2, "preview": 3, "pre": 3, "rc": 4,
}  # fmt: skip
_VERSION = re.compile(
    r"(?<![\w.])v?(?P<number>\d{1,6}(?:\.\d{1,6}){0,4})"
    r"(?:[-. _]?(?P<stage>alpha|beta|milestone|preview|snapshot|nightly|canary|pre|dev|rc|"
    r"[abm](?=\d))[-. ]?(?P<step>\d{0,6}))?"
    r"(?:\+[\w.]+)?(?![\w%°€$£]|\.\d|[.,]\d)",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^(?P<label>(?:[\w.\[\] -]{0,60}?[. _-])?(?:version|release|tag[ _]name|stable|latest|"
    r"firmware))\s*[:=]\s*[\"']?"
    r"(?P<value>.{1,60})$",
    re.IGNORECASE,
)
# What may stand in the label of a program's own version, besides its name.
_LABEL_WORDS = frozenset(
    words(
        "version release tag name number latest current stable newest max final production "
        "software "
        "app application firmware program package info data attributes dist tags result item "
        "project our the of crate module plugin extension driver recommended long term lts"
    )
)
_DIGIT = re.compile(r"\d")
_SAYS_OUT = re.compile(
    r"\b(?:released|is\s+out|now\s+out|is\s+(?:now\s+)?(?:generally\s+)?available|"
    r"now\s+available|has\s+(?:arrived|landed)|"
    r"announc\w*\s+(?:the\s+)?(?:release|availability)|erschienen|veröffentlicht|publiée?|"
    r"disponible|rilasciat[oa]|publicad[oa])\b",
    re.IGNORECASE,
)
_OUT_WORDS = (
    *("releas", "out", "available", "arrived", "landed", "announc", "erschienen"),
    *("veröffentlicht", "publi", "disponible", "rilasciat"),
)
# "The latest stable release is Quartz 3.14.2", and the same in de, fr, es, it.
_SAYS_LATEST = re.compile(
    r"\b(?:(?:latest|newest|most\s+recent)\s+(?:(?:stable|official|production|final)\s+)*(?:release|version)|"
    r"(?:aktuelle|neueste)\s+(?:stabile\s+)?version|dernière\s+version(?:\s+stable)?|"
    r"última\s+versión(?:\s+estable)?|ultima\s+versione(?:\s+stabile)?)\b"
    r"(?P<of>[^:.!?\d]{0,40}?)\s*(?:\b(?:is|ist|est|es)\b|è|:)\s*(?:now\s+)?(?P<value>.{1,60})",
    re.IGNORECASE,
)
_LINKING = frozenset(words("of the for von der la le de du del di and now stable"))
_RELEASED_ON = re.compile(
    r"^\W{0,3}(?:(?:released?(?:\s+date)?|published|veröffentlicht|erschienen|erscheinungsdatum|publiée?|"
    r"sortie?|publicad[oa]|lanzad[oa]|rilasciat[oa]|pubblicat[oa])(?:\s+(?:on|am|le|el|il))?\s*:?\s*|vom\s+|du\s+|del\s+)?",
    re.IGNORECASE,
)
_IS_LIST = re.compile(r"^(?:tags|releases)\b|\b(?:tags|releases)\W*$", re.IGNORECASE)
_SAYS_WHEN = re.compile(
    r"\W{0,3}(?:releas|publi|veröff|ersch|sorti|lanzad|rilasc|pubbl)", re.IGNORECASE
)
_IN_THE_MAKING = re.compile(
    r"\b(?:develop\w*|pre-?\s?releases?|alpha|beta|candidate|rc\d*|feature|branch|nightly|preview|"
    r"entwicklung|développement|desarrollo|sviluppo)\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\b(?:will|would|could|might|should|plan\w*|upcoming|expected|soon|not\s+yet|unreleased|"
    r"never|not|if|when|until|before|"
    r"road\s?map|schedul\w*|target\w*|draft|rumou?r\w*|next|(?-i:may))\b|\?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Release:
    """A version as it compares: `1.0-rc2` comes before `1.0`."""

    numbers: tuple[int, ...]
    stage: int = _FINAL
    step: int = 0

    @property
    def is_stable(self) -> bool:
        return self.stage == _FINAL

    def key(self) -> tuple[tuple[int, ...], int, int]:
        padded = self.numbers + (0,) * (5 - len(self.numbers))
        return padded, self.stage, self.step


@dataclass(frozen=True, slots=True)
class _Seen:
    """A release with the line that tells of it."""

    release: Release
    text: str
    line: str


def parse_version(text: str) -> Release | None:
    """The version that a text starts with."""
    found = _VERSION.match(text.strip())
    return None if found is None else _release(found)


def _release(found: re.Match[str]) -> Release:
    numbers = tuple(int(part) for part in found["number"].split("."))
    if found["stage"] is None:
        return Release(numbers)
    return Release(numbers, _STAGES[found["stage"].lower()], int(found["step"] or 0))


def version_in(source: SourceDocument, predicate: Version, now: datetime) -> SourceReading | None:
    """What the source says on a version condition; None when it does not speak of it."""
    wanted = parse_version(predicate.wanted)
    seen = _seen(source, predicate, now)
    counted = [one for one in seen if one.release.is_stable] or seen
    if wanted is None or not counted:
        return None
    if not wanted.is_stable:
        counted = seen
    told = [(_holds(one.release, wanted, predicate.operator), one) for one in counted]
    holding = [one for holds, one in told if holds]
    newest = max(counted, key=lambda one: one.release.key())
    shown = holding[0] if holding else newest
    verdict = None if not holding and any(holds is None for holds, _ in told) else bool(holding)
    if (
        verdict is None
        or _is_disputed(source, told)
        or _is_stale(source, predicate, shown, verdict)
    ):
        return SourceReading(
            source, None, doubt=f"tells of {newest.text}, which does not settle it"
        )
    return SourceReading(source, verdict, newest.text, quote_line(source, shown.line, shown.text))


def _is_disputed(source: SourceDocument, told: Sequence[tuple[bool | None, _Seen]]) -> bool:
    """A page that says two things of what is out. A feed lists old releases beside new ones."""
    if feed_entries(source) is not None:
        return False
    labelled = {
        holds for holds, one in told if _LABEL.match(one.line) or _SAYS_LATEST.search(one.line)
    }
    return bool(labelled) and len(labelled | {holds for holds, _ in told if holds}) > 1


def _is_stale(source: SourceDocument, predicate: Version, shown: _Seen, verdict: bool) -> bool:  # noqa: FBT001
    """A page that calls an older version the latest, and speaks of the wanted one elsewhere."""
    wanted = parse_version(predicate.wanted)
    if verdict or wanted is None or _LABEL.match(shown.line):
        return False
    if not _SAYS_LATEST.search(shown.line):
        return False
    return any(
        _is_it(_release(found), wanted, predicate.operator)
        for row in own_lines(source.text)
        for part in sentences(row)
        if not (_NOT_YET.search(part) or _IN_THE_MAKING.search(part))
        for found in _VERSION.finditer(part)
    )


def _is_it(release: Release, wanted: Release, operator: Operator | None) -> bool:
    """Whether a number is the wanted version, or a later one of its line if that would do."""
    if not release.is_stable:
        return False
    if operator is None:
        return release.numbers[: len(wanted.numbers)] == wanted.numbers
    is_line = len(release.numbers) > 1 and release.numbers[0] == wanted.numbers[0]
    return is_line and _holds(release, wanted, operator) is True


def _holds(release: Release, wanted: Release, operator: Operator | None) -> bool | None:
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


def judge_new_version(
    sources: Sequence[SourceDocument],
    predicate: Version,
    previous: Mapping[str, str] | None,
    now: datetime,
) -> Judgement:
    """A stable version that is newer than at the last look."""
    understood = predicate.describe()
    heard = one_value([seen for one in sources if (seen := _newest(one, predicate, now))])
    if heard is None:
        why = "The sources do not show one version."
        return unknown(understood, "It could not be told for certain.", why)
    before = parse_version((previous or {}).get(FACT, ""))
    found = parse_version(heard[0].value)
    is_new = before is not None and found is not None and found.key() > before.key()
    quotes = tuple(dict.fromkeys(one.quote for one in heard if one.quote))
    was = f" It was {(previous or {}).get(FACT)}." if before else " First look: baseline."
    return Judgement(
        Verdict.MET if is_new else Verdict.NOT_MET,
        f"The newest version is {heard[0].value}.{was}",
        f"Understood as: {understood}. {name_of(heard[0].source)} says “{quotes[0].text}”.",
        0.9,
        quotes[:5],
        {FACT: heard[0].value},
        understood,
    )


def _newest(source: SourceDocument, predicate: Version, now: datetime) -> SourceReading | None:
    stable = [one for one in _seen(source, predicate, now) if one.release.is_stable]
    if not stable:
        return None
    newest = max(stable, key=lambda one: one.release.key())
    quote = quote_line(source, newest.line, newest.text)
    return SourceReading(source, holds=True, value=newest.text.removeprefix("v"), quote=quote)


def _seen(source: SourceDocument, predicate: Version, now: datetime) -> list[_Seen]:
    if not is_about(source, predicate.subject):
        return []
    entries = feed_entries(source)
    if entries is not None:
        home = host(source.uri)
        listed = [one for one in entries if host(one.link) == home] or entries
        titles = ((one.title, one.line) for one in listed if not is_instruction(one.line))
        found = ((_in_title(title, source, predicate), line) for title, line in titles)
        return [_Seen(_release(one), one[0], line) for one, line in found if one is not None]
    rows = own_lines(source.text)
    tags = _listed(source, predicate, rows)
    if tags is not None:
        return tags
    out = set(rows_with(rows, _OUT_WORDS))
    found_in = (
        (
            row,
            _in_line(row, predicate, now, says_out=index in out)
            or _in_heading(row, "".join(rows[index + 1 : index + 2]), predicate, now)
            or (_called_latest(row, predicate) if source.named else None),
        )
        for index, row in enumerate(rows)
        if _DIGIT.search(row)
    )
    return [found for row, found in found_in if found is not None and not is_instruction(row)]


def _listed(source: SourceDocument, predicate: Version, rows: Sequence[str]) -> list[_Seen] | None:
    """The versions of a page that is the program's list of them, one a line; None for others."""
    if not (source.named and _IS_LIST.search(source.title)):
        return None
    named = set(predicate.subject.words or predicate.subject.topic)
    if not named & word_set(source.title):
        return None
    alone = [(found, row) for row in rows if (found := _VERSION.fullmatch(row)) is not None]
    dotted = [(found, row) for found, row in alone if "." in found["number"]]
    return [_Seen(_release(found), row, row) for found, row in dotted] if len(dotted) > 1 else None


def _in_title(title: str, source: SourceDocument, predicate: Version) -> re.Match[str] | None:
    """The version of a feed's entry, whose title or whose feed names the program."""
    if _NOT_YET.search(title):
        return None
    named = word_set(f"{source.title} {source.uri} {title}")
    if not named.issuperset(word for word in predicate.subject.words if word.isalpha()):
        return None
    return _VERSION.search(title)


def _in_line(row: str, predicate: Version, now: datetime, *, says_out: bool) -> _Seen | None:
    label = _LABEL.match(row) if ":" in row or "=" in row else None
    if label is not None:
        is_own = _is_own(label["label"], predicate)
        return _told(_after_name(label["value"], predicate) if is_own else None, row)
    start = row.lstrip("#[ ")
    heading = _VERSION.match(start)
    if heading is not None and _is_past(start[heading.end() :], now):
        return _told(heading, row)
    if says_out and _SAYS_OUT.search(row) and not _NOT_YET.search(row):
        return _told(_in_prose(row, predicate), row)
    return None


def _in_heading(row: str, below: str, predicate: Version, now: datetime) -> _Seen | None:
    """A line of nothing but the program's name and a version, dated there or right below."""
    start = row.lstrip("#[ ")
    found = _after_name(start, predicate)
    if found is None or "." not in found["number"]:
        return None
    rest = start[found.end() :].strip("])* ")
    is_out = _is_past(rest, now) if rest else _SAYS_WHEN.match(below) and _is_past(below, now)
    return _told(found, row) if is_out else None


def _called_latest(row: str, predicate: Version) -> _Seen | None:
    """A sentence that calls a version the latest, of this program and of no other."""
    known = {*predicate.subject.words, *predicate.subject.topic, *_LINKING}
    for part in sentences(row):
        found = _SAYS_LATEST.search(part)
        if found is not None and not _NOT_YET.search(part) and set(words(found["of"])) <= known:
            return _told(_after_name(found["value"], predicate), row)
    return None


def _told(found: re.Match[str] | None, row: str) -> _Seen | None:
    return None if found is None else _Seen(_release(found), found[0], row)


def _is_own(label: str, predicate: Version) -> bool:
    known = _LABEL_WORDS | {*predicate.subject.words, *predicate.subject.topic}
    return all(word in known or word.isdigit() for word in words(label.replace("_", " ")))


def _after_name(value: str, predicate: Version) -> re.Match[str] | None:
    """The version that a value starts with, the program's name before it left out."""
    found = _VERSION.search(value)
    if found is None:
        return None
    known = {*predicate.subject.words, *predicate.subject.topic, "version", "release", "v"}
    is_candidate = _IN_THE_MAKING.search(value, found.end())
    return found if set(words(value[: found.start()])) <= known and not is_candidate else None


def _is_past(rest: str, now: datetime) -> bool:
    plain = rest.lstrip("]) ")
    day = starting_day(_RELEASED_ON.sub("", plain, count=1).lstrip("(-–—,: "))
    return day is not None and day <= now.date()


def _in_prose(row: str, predicate: Version) -> re.Match[str] | None:
    """The version right behind the program's name, in a line that says that it is out."""
    for found in _VERSION.finditer(row):
        before = words(row[: found.start()])
        name = predicate.subject.words
        if name and before[-len(name) :] == name:
            return found
        if fold(row[: found.start()]).rstrip().endswith("version") and set(name) <= set(before):
            return found
    return None
