"""Content of messages: an event as it is stored, sent to webhooks and put into words. Pure.

Answers, reasonings, titles and quotes are hostile text: they come from pages and models.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from torale.contract.channels import EventType
from torale.server.notifications.messages.links import clean, is_web, one_line, plain, without_links

MAX_BODY_BYTES = 20_000
MAX_SOURCES = 20
ELLIPSIS = "…"

# From generous to what fits whatever the input: (characters of a text, sources).
_SIZES = ((4_000, 20), (2_000, 10), (1_000, 6), (500, 4), (200, 2), (80, 1))


class PreviousAnswer(TypedDict):
    """What was known before."""

    answer: str
    timestamp: str


class TaskData(TypedDict):
    id: str
    name: str
    url: str


class SourceData(TypedDict):
    uri: str
    title: str
    quote: str


class EventData(TypedDict):
    """An event as it is stored and as webhooks get it."""

    task: TaskData
    execution_id: str | None
    verdict: str
    condition_met: bool | None
    confidence: float | None
    answer: str
    reasoning: str
    sources: list[SourceData]
    previous: PreviousAnswer | None
    change_summary: str | None


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
    """

    execution_id: UUID | None
    verdict: str
    condition_met: bool | None
    confidence: float | None = None
    answer: str = ""
    reasoning: str = ""
    sources: Sequence[MessageSource] = ()
    previous: PreviousAnswer | None = None
    change_summary: str | None = None


def event_data(task: MessageTask, content: MessageContent) -> EventData:
    """Build the `data` of an event: fit to be stored, and for every kind of channel."""
    sources = [source for source in content.sources if is_web(source.uri)][:MAX_SOURCES]
    data: EventData = {
        "task": {"id": str(task.id), "name": one_line(task.name), "url": task.url},
        "execution_id": str(content.execution_id) if content.execution_id else None,
        "verdict": content.verdict,
        "condition_met": content.condition_met,
        "confidence": content.confidence,
        "answer": content.answer,
        "reasoning": content.reasoning,
        "sources": [
            {"uri": source.uri, "title": source.title, "quote": source.quote} for source in sources
        ],
        "previous": content.previous,
        "change_summary": content.change_summary or None,
    }
    known = own_links(data)
    data = _map_texts(data, lambda text: without_links(clean(text), known))
    return _fit(data, MAX_BODY_BYTES - 200)


def trial_data(public_url: str, channel_id: UUID) -> EventData:
    """Build what a test message says."""
    task = MessageTask(channel_id, "Test message", f"{public_url}/")
    content = MessageContent(
        execution_id=None,
        verdict="unknown",
        condition_met=None,
        answer="This is a test message. The channel works.",
        reasoning="Somebody asked for it, most likely you.",
    )
    return event_data(task, content)


def webhook_body(event: EventType, data: EventData, timestamp: datetime) -> bytes:
    """Return the JSON that a webhook gets: less than MAX_BODY_BYTES, whatever `data` holds."""
    body = {
        "type": event.value,
        "timestamp": timestamp.isoformat().replace("+00:00", "Z"),
        "data": _fit(data, MAX_BODY_BYTES - 200),
    }
    return _encode(body)


def headline(event: EventType, data: EventData) -> str:
    """Return in one line what happened, for subjects and chat: the verdict first."""
    name = plain(shorten(one_line(data["task"]["name"]), 120), own_links(data))
    return f"{_HEADLINES[event]}: {name}"


_HEADLINES = {
    EventType.CONDITION_MET: "Condition met",
    EventType.STATE_CHANGED: "Changed",
    EventType.FAILING: "Checks are failing",
    EventType.RECOVERED: "Checks work again",
    EventType.TEST: "Torale test",
}


def own_links(data: EventData) -> frozenset[str]:
    """Return the links that a message with `data` may show."""
    return frozenset({data["task"]["url"], *(source["uri"] for source in data["sources"])})


def chat_text(data: EventData, *, max_length: int = 1_500) -> str:
    """Return the plain text of a chat message, below its headline."""
    known = own_links(data)
    texts = [data["change_summary"], data["answer"], data["reasoning"]]
    lines = [plain(shorten(text, 400), known) for text in texts if text]
    lines += [source["uri"] for source in data["sources"][:3] if len(source["uri"]) <= 200]
    url = data["task"]["url"]
    text = shorten("\n".join(lines), max_length - len(url) - 1)
    return f"{text}\n{url}"


def shorten(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + ELLIPSIS


def _encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _map_texts(data: EventData, change: Callable[[str], str]) -> EventData:
    """Apply `change` to every text that comes from a page or a model."""
    previous, summary = data["previous"], data["change_summary"]
    if previous is not None:
        previous = PreviousAnswer(
            answer=change(previous["answer"]), timestamp=previous["timestamp"]
        )
    return {
        **data,
        "answer": change(data["answer"]),
        "reasoning": change(data["reasoning"]),
        "sources": [
            {
                "uri": source["uri"],
                "title": change(source["title"]),
                "quote": change(source["quote"]),
            }
            for source in data["sources"]
        ],
        "previous": previous,
        "change_summary": None if summary is None else change(summary),
    }


def _fit(data: EventData, max_bytes: int) -> EventData:
    """Shorten texts, then drop sources, until the whole is small enough."""
    for length, count in _SIZES:
        if len(_encode(data)) <= max_bytes:
            return data
        data = _shrunk(data, length, count)
    if len(_encode(data)) <= max_bytes:
        return data
    return {**data, "sources": [], "previous": None}


def _shrunk(data: EventData, length: int, count: int) -> EventData:
    known = own_links(data)

    def cut(text: str) -> str:
        return without_links(shorten(text, length), known)  # half a link leads elsewhere

    shrunk = _map_texts({**data, "sources": data["sources"][:count]}, cut)
    task = shrunk["task"]
    return {**shrunk, "task": {**task, "name": cut(task["name"])}}
