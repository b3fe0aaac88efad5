"""Conditions on versions of programs: "Quartz 2.0 is released", "version is newer than 3.4"."""

import re

from torale.server.judge.builtin.conditions.predicates import Operator, Version
from torale.server.judge.builtin.conditions.topics import topic_of

_NUMBER = (
    r"\d+(?:\.\d+){0,4}(?:[-. ]?(?:alpha|beta|rc|preview|pre|dev|snapshot|nightly|a|b)[-. ]?\d*)?"
)
_OUT = (
    r"(?:(?:is|are|was|has\s+been|have\s+been|gets|becomes)\s+)?(?:(?:now|finally|officially)\s+)?"
    r"(?P<out>released|out|published|available|launched|shipped|ships|comes\s+out|lands|appears)"
    r"(?:\s+(?:now|for\s+download))?"
)
_KIND = r"(?:stable|final|production|ga|official|general)"
_RELEASED = re.compile(
    rf"^(?:(?:a|an|the)\s+)?(?:new\s+)?(?:{_KIND}\s+)?(?:(?P<word>version|release|build)\s+(?:of\s+)?)?(?P<subject>.*?)"
    rf"\s*(?P<second>\b(?:version|release|v\.?)\s*)?(?<![\d.])v?(?P<version>{_NUMBER})(?P<stable>\s+{_KIND})?"
    rf"(?P<or>\s+or\s+(?:later|newer|higher|above|greater))?(?:\s+(?:of|for|the)\s+(?P<of>.+?))?\s+{_OUT}$",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"^(?:the\s+)?(?P<subject>.*?)\s*(?:(?:latest|current|newest|stable|released)\s+)*(?:version|release)(?:\s+number)?"
    r"(?:\s+of\s+(?P<of>.*?))?\s+(?:(?:is|becomes|reaches|hits|goes|gets|rises)\s+)?"
    r"(?:(?P<least>at\s+least|>=|≥)|(?P<more>(?:newer|later|greater|higher|more)\s+than|above|beyond|exceeds|>)|(?P<to>to|reaches)?)\s*"
    rf"v?(?P<version>{_NUMBER})(?P<or>\s+or\s+(?:later|newer|higher|above|greater))?$",
    re.IGNORECASE,
)
_NEW = re.compile(
    rf"^(?:there(?:\s+is|'s)\s+)?(?:an?\s+|any\s+)?new(?:er)?\s+(?:{_KIND}\s+)?(?P<kind>firmware\s+|software\s+)?"
    rf"(?:version|release)(?:\s+(?:of|for)\s+(?P<subject>.*?))?(?:\s+{_OUT})?$"
    rf"|^(?P<owner>.*?)\s+(?:has|gets|releases|publishes|ships)\s+an?\s+new\s+(?:{_KIND}\s+)?(?:version|release)$",
    re.IGNORECASE,
)
_NEWER = re.compile(
    rf"^(?:there(?:\s+is|'s)\s+)?(?:(?:an?|any|the)\s+)?(?:{_KIND}\s+)?(?:"
    rf"(?:version|release)\s+(?:(?:of|for)\s+(?P<of>.+?)\s+)?(?:that\s+is\s+)?(?:newer|later|higher|greater)\s+than"
    rf"|(?:newer|later)\s+(?:version|release)\s+(?:(?:of|for)\s+(?P<second>.+?)\s+)?than)\s+(?:version\s+)?"
    rf"v?(?P<version>{_NUMBER})(?:\s+(?:of|for|the)\s+(?P<subject>.+?))?(?:\s+{_OUT})?$"
    r"|^(?:an?\s+)?(?P<owner>.+?)\s+(?:is\s+)?newer\s+than\s+(?:version\s+)?"
    rf"v?(?P<than>{_NUMBER})(?:\s+{_OUT.replace('?P<out>', '?:')})?$",
    re.IGNORECASE,
)
_LATEST = re.compile(r"\b(?:latest|newest|stable|released?)\b", re.IGNORECASE)


def compile_version(text: str, query: str) -> Version | None:
    """A version that is out; None for anything else."""
    return _new(text, query) or _newer(text, query) or _bound(text, query) or _released(text, query)


def _new(text: str, query: str) -> Version | None:
    found = _NEW.match(text)
    if found is None:
        return None
    subject = topic_of(found["subject"] or found["owner"] or "", query)
    return None if subject is None else Version(subject)


def _newer(text: str, query: str) -> Version | None:
    found = _NEWER.match(text)
    if found is None:
        return None
    owner = re.sub(r"\s+version$", "", found["owner"] or "", flags=re.IGNORECASE)
    named = found["of"] or found["second"] or found["subject"] or owner
    subject = topic_of(_LATEST.sub(" ", named), query)
    wanted = found["version"] or found["than"]
    return None if subject is None else Version(subject, wanted, Operator.MORE)


def _bound(text: str, query: str) -> Version | None:
    found = _BOUND.match(text)
    if found is None:
        return None
    subject = topic_of(_LATEST.sub(" ", found["of"] or found["subject"]), query)
    if subject is None:
        return None
    is_least = found["least"] or found["or"] or found["to"]
    operator = Operator.AT_LEAST if is_least else Operator.MORE if found["more"] else None
    return Version(subject, found["version"], operator)


def _released(text: str, query: str) -> Version | None:
    found = _RELEASED.match(text)
    if found is None:
        return None
    says_version = found["word"] or found["second"] or "." in found["version"]
    # "The Vista 15 is available" speaks of a shop.
    if not says_version and found["out"].lower() not in {
        "released",
        "published",
        "out",
        "launched",
    }:
        return None
    if found["subject"] and found["of"]:
        return None
    subject = topic_of(found["subject"] or found["of"] or "", query)
    operator = Operator.AT_LEAST if found["or"] else None
    return None if subject is None else Version(subject, found["version"], operator)
