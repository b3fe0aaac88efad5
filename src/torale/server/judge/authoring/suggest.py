"""Suggestion of a task from one sentence, by rules: query, condition, schedule, behaviour."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torale.server.judge.authoring.schedules import find_schedule
from torale.server.judge.text.folding import visible

DEFAULT_SCHEDULE = "0 9 * * *"
_MIN, _MAX, _MAX_NAME = 10, 500, 200
_EDGES = " ,;:.!?"

_URGENT = re.compile(
    r"\b(?:as\s+soon\s+as|immediately|right\s+away|the\s+moment|asap)\b", re.IGNORECASE
)
_ASKING = re.compile(
    r"^(?:(?:please|hey|hi|can\s+you|could\s+you|i\s+want\s+(?:you\s+)?to|i'd\s+like\s+(?:you\s+)?to)\b[\s,]*)*"
    r"(?:(?:tell|notify|alert|email|message|ping|inform|update|text|warn|remind)\s+me|"
    r"let\s+me\s+know|send\s+me\s+(?:an?\s+)?(?:alert|email|message|notification)|keep\s+me\s+(?:posted|updated|informed)|"
    r"(?:keep\s+an\s+eye\s+on|watch(?:\s+for)?|monitor|track|check|look\s+out\s+for|know))\b[\s,:]*",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:(?:when|if)ever|when|if|once|as\s+soon\s+as|the\s+moment|every\s*time|each\s+time|about|on|that|"
    r"immediately|right\s+away|asap|and|for)\b[\s,]*)+",
    re.IGNORECASE,
)
_AND_TELL = re.compile(
    r"[\s,;.]*\b(?:and|then|,)?\s*(?:(?:tell|notify|alert|email|message|ping|inform|update)\s+me|"
    r"let\s+me\s+know|keep\s+me\s+(?:posted|updated|informed))\b[\s,:]*",
    re.IGNORECASE,
)
_ALWAYS = re.compile(r"\b(?:every\s*time|each\s+time|whenever|always)\b", re.IGNORECASE)
_TRACK = re.compile(
    r"\b(?:changes?|changed|updates?|keep\s+me\s+(?:posted|updated|informed)|track|keep\s+an\s+eye)\b",
    re.IGNORECASE,
)
_ONCE = re.compile(r"\b(?:once|just\s+one\s+time|only\s+the\s+first\s+time)\b", re.IGNORECASE)
_NOISE = re.compile(
    r"\b(?:is|are|was|has|have|been|be|gets?|becomes?|drops?|falls?|goes|rises?|below|under|above|over|"
    r"less\s+than|more\s+than|at\s+(?:most|least)|the|a|an|will|someone|again)\b",
    re.IGNORECASE,
)
_NEW_CONDITION = re.compile(
    r"\b(?:when|if|once|whenever|as\s+soon\s+as|every\s*time|each\s+time|tell\s+me|notify\s+me|alert\s+me|"
    r"let\s+me\s+know|watch|monitor|track|keep\s+me)\b\s+\w+",
    re.IGNORECASE,
)
_CHANGE_WORDS = re.compile(
    r"^(?:please|instead|but|rather|only|just|now|make|set|change|switch|it|run|do|this|that|to|the|"
    r"schedule|check|me|tell|notify|be|of|and|look|notification|notifications|send|alert|,|\.|!|\s)*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    name: str
    search_query: str
    condition_description: str
    schedule: str
    notify_behavior: str


def suggest(prompt: str, current: Mapping[str, str | None] | None = None) -> Suggestion:
    """A draft of the task that `prompt` describes.

    Fields of `current` that the prompt does not speak of are kept.
    """
    text = visible(prompt)
    found = find_schedule(text)
    schedule = found.cron if found else "*/30 * * * *" if _URGENT.search(text) else None
    behavior = _behavior(text)
    matter = _matter(found.rest if found else text)
    kept = dict(current or {})
    if kept and not _names_a_matter(matter, text):
        return _revised(kept, matter or text, schedule, behavior)
    condition = _sized(_capital(matter), "The condition is: ")
    query = _sized(_query(matter), "latest news about ")
    return Suggestion(
        name=_cut(_capital(matter) or condition, _MAX_NAME if len(matter) <= 80 else 80),
        search_query=query,
        condition_description=condition,
        schedule=schedule or kept.get("schedule") or DEFAULT_SCHEDULE,
        notify_behavior=behavior or kept.get("notify_behavior") or "once",
    )


def _revised(
    kept: Mapping[str, str | None], matter: str, schedule: str | None, behavior: str | None
) -> Suggestion:
    """The current task with a new rhythm or a new way to tell, and nothing else."""
    query = kept.get("search_query") or _query(matter)
    condition = kept.get("condition_description") or _capital(matter)
    return Suggestion(
        name=_cut(kept.get("name") or query, _MAX_NAME),
        search_query=_sized(query, "latest news about "),
        condition_description=_sized(condition, "The condition is: "),
        schedule=schedule or kept.get("schedule") or DEFAULT_SCHEDULE,
        notify_behavior=behavior or kept.get("notify_behavior") or "once",
    )


def _names_a_matter(matter: str, text: str) -> bool:
    """Whether the prompt says what to watch, not only how often to look or to tell."""
    if _CHANGE_WORDS.match(_ALWAYS.sub("", _ONCE.sub("", _TRACK.sub("", matter)))):
        return False
    return _NEW_CONDITION.search(text) is not None or len(matter.split()) >= 4


def _behavior(text: str) -> str | None:
    if _ALWAYS.search(text):
        return "always"
    if _TRACK.search(text):
        return "track_state"
    return "once" if _ONCE.search(text) else None


def _matter(text: str) -> str:
    """What is to happen: the prompt without its asking and its schedule."""
    matter, previous = text.strip(_EDGES), None
    while previous != matter:
        previous = matter
        matter = _LEAD.sub("", _ASKING.sub("", matter, count=1)).strip(_EDGES)
    # "check the shop and tell me when it opens": the last wish says what is to happen.
    wishes = [_LEAD.sub("", wish).strip(_EDGES) for wish in _AND_TELL.split(matter)]
    matter = next((wish for wish in reversed(wishes) if wish), "")
    return " ".join(re.sub(r"\s+(?:when|if)$", "", matter).split())


def _query(matter: str) -> str:
    """The words worth searching for."""
    return " ".join(_NOISE.sub(" ", matter).split()) or matter


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sized(text: str, lead: str) -> str:
    """`text` within the limits of the wire, led in when it is too short."""
    return _cut(text if len(text) >= _MIN else f"{lead}{text or 'this topic'}", _MAX)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip() + "…"
