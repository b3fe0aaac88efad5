"""What a message says, whichever way it goes. Pure.

Answers, reasonings, titles and quotes are hostile text: they come from pages and models.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from torale.contract.channels import EventType
from torale.server.notifications.messages.links import clean, is_web, one_line, plain, without_links

MAX_BODY_BYTES = 20_000
MAX_SOURCES = 20
ELLIPSIS = "…"

# From generous to what fits whatever the input: (characters of a text, sources).
_SIZES = ((4_000, 20), (2_000, 10), (1_000, 6), (500, 4), (200, 2), (80, 1))

_MOST, _DEEPEST = 50, 4  # of a JSON value that is passed on


@dataclass(frozen=True, slots=True)
class MessageTask:
    """The task that a message speaks of; `url` is its page."""

    id: UUID
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class MessageSource:
    uri: str
    title: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageContent:
    """What an execution found, as far as a message tells it.

    Attributes:
        execution_id: None for a test message.
        sources: The evidence; the only links that a message shows beside our own.
        previous: What was known before, such as `{"answer": …, "facts": …}`.
    """

    execution_id: UUID | None
    verdict: str
    condition_met: bool | None
    confidence: float | None = None
    answer: str = ""
    reasoning: str = ""
    sources: Sequence[MessageSource] = ()
    previous: Mapping[str, Any] | None = None
    change_summary: str | None = None


def event_data(subject: MessageTask, finding: MessageContent) -> dict[str, Any]:
    """Build the `data` of an event: fit to be stored, and for every kind of channel."""
    sources = [one for one in finding.sources if is_web(one.uri)][:MAX_SOURCES]
    known = frozenset({subject.url, *(one.uri for one in sources)})

    def safe(text: str) -> str:
        return without_links(clean(text), known)

    data: dict[str, Any] = {
        "task": {"id": str(subject.id), "name": one_line(subject.name), "url": subject.url},
        "execution_id": str(finding.execution_id) if finding.execution_id else None,
        "verdict": finding.verdict,
        "condition_met": finding.condition_met,
        "confidence": finding.confidence,
        "answer": safe(finding.answer),
        "reasoning": safe(finding.reasoning),
        "sources": [
            {key: value if key == "uri" else safe(value) for key, value in asdict(one).items()}
            for one in sources
        ],
        "previous": _map_texts(finding.previous, safe),
        "change_summary": safe(finding.change_summary) if finding.change_summary else None,
    }
    return _fit(data, MAX_BODY_BYTES - 200)


def trial_data(public_url: str, channel_id: UUID) -> dict[str, Any]:
    """Build what a test message says."""
    subject = MessageTask(channel_id, "Test message", f"{public_url}/")
    finding = MessageContent(
        execution_id=None,
        verdict="unknown",
        condition_met=None,
        answer="This is a test message. The channel works.",
        reasoning="Somebody asked for it, most likely you.",
    )
    return event_data(subject, finding)


def webhook_body(event: EventType, data: Mapping[str, Any], timestamp: datetime) -> bytes:
    """Return the JSON that a webhook gets: less than MAX_BODY_BYTES, whatever `data` holds."""
    body = {
        "type": event.value,
        "timestamp": timestamp.isoformat().replace("+00:00", "Z"),
        "data": _fit(dict(data), MAX_BODY_BYTES - 200),
    }
    return _encode(body)


def headline(event: EventType, data: Mapping[str, Any]) -> str:
    """Say in one line what happened, for subjects and chat: the verdict first."""
    name = plain(shorten(one_line(str(data["task"]["name"])), 120), own_links(data))
    return f"{_WHAT[event]}: {name}"


_WHAT = {
    EventType.CONDITION_MET: "Condition met",
    EventType.STATE_CHANGED: "Changed",
    EventType.FAILING: "Checks are failing",
    EventType.RECOVERED: "Checks work again",
    EventType.TEST: "Torale test",
}


def own_links(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the links that a message with `data` may show."""
    return frozenset({data["task"]["url"], *(one["uri"] for one in data["sources"])})


def chat_text(data: Mapping[str, Any], *, max_length: int = 1_500) -> str:
    """Return the plain text of a chat message, below its headline."""
    known = own_links(data)
    texts = [data["change_summary"], data["answer"], data["reasoning"]]
    lines = [plain(shorten(text, 400), known) for text in texts if text]
    lines += [one["uri"] for one in data["sources"][:3] if len(one["uri"]) <= 200]
    url = data["task"]["url"]
    told = shorten("\n".join(lines), max_length - len(url) - 1)
    return f"{told}\n{url}"


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + ELLIPSIS


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _map_texts(value: Any, change: Callable[[str], str], depth: int = 0) -> Any:
    """Apply `change` to every text in a JSON value, and drop what is too much or too deep."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        items = list(value.items())[:_MOST] if depth < _DEEPEST else []
        return {change(str(key)): _map_texts(one, change, depth + 1) for key, one in items}
    if isinstance(value, Sequence):
        items = list(value)[:_MOST] if depth < _DEEPEST else []
        return [_map_texts(one, change, depth + 1) for one in items]
    return value


def _fit(data: dict[str, Any], max_bytes: int) -> dict[str, Any]:
    """Shorten texts, then drop sources, until the whole is small enough."""
    for length, count in _SIZES:
        if len(_encode(data)) <= max_bytes:
            return data
        data = _shrunk(data, length, count)
    if len(_encode(data)) <= max_bytes:
        return data
    return {**data, "sources": [], "previous": None}


def _shrunk(data: dict[str, Any], length: int, count: int) -> dict[str, Any]:
    known = own_links(data)

    def cut(text: str) -> str:
        return without_links(shorten(text, length), known)  # half a link leads elsewhere

    whole = ("task", "sources", "execution_id", "verdict")
    shrunk = {key: _map_texts(one, cut) for key, one in data.items() if key not in whole}
    task = {**data["task"], "name": cut(data["task"]["name"])}
    sources = [
        {"uri": one["uri"], "title": cut(one["title"]), "quote": cut(one["quote"])}
        for one in data["sources"][:count]
    ]
    kept = {key: data[key] for key in ("execution_id", "verdict")}
    return {"task": task, **kept, **shrunk, "sources": sources}
