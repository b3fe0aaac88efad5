import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.contract.channels import EventType
from torale.server.notifications.messages.content import (
    MAX_BODY_BYTES,
    MessageContent,
    MessageSource,
    MessageTask,
    PreviousAnswer,
    chat_text,
    event_data,
    headline,
    webhook_body,
)
from torale.server.notifications.messages.links import REMOVED, plain, without_links

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
TASK = MessageTask(UUID(int=1), "Launch", "https://torale.example/tasks/1")
SOURCE = MessageSource("https://news.example/a?b=1", "News", "It is on 5 May")
CONTENT = MessageContent(
    execution_id=UUID(int=2),
    verdict="met",
    condition_met=True,
    confidence=0.9,
    answer="On 5 May.",
    reasoning="The page says so.",
    sources=[SOURCE],
    previous=PreviousAnswer(answer="Nothing yet.", timestamp="2026-04-30T09:00:00Z"),
    change_summary="date: none → 5 May",
)


def repeated(text: str, times: int) -> str:
    return text * times


texts = st.one_of(
    st.text(max_size=200),
    st.builds(repeated, st.text(max_size=30), st.integers(0, 2_000)),
)
sources = st.lists(
    st.builds(
        MessageSource,
        st.one_of(
            texts, st.text("aé😀", max_size=1_900).map(lambda path: f"https://a.example/{path}")
        ),
        texts,
        texts,
    ),
    max_size=30,
)


def test_the_body_has_the_shape_of_the_wire() -> None:
    body = json.loads(webhook_body(EventType.CONDITION_MET, event_data(TASK, CONTENT), NOW))

    assert body == {
        "type": "task.condition_met",
        "timestamp": "2026-05-01T09:00:00Z",
        "data": {
            "task": {"id": str(UUID(int=1)), "name": "Launch", "url": TASK.url},
            "execution_id": str(UUID(int=2)),
            "verdict": "met",
            "condition_met": True,
            "confidence": 0.9,
            "answer": "On 5 May.",
            "reasoning": "The page says so.",
            "sources": [{"uri": SOURCE.uri, "title": "News", "quote": "It is on 5 May"}],
            "previous": {"answer": "Nothing yet.", "timestamp": "2026-04-30T09:00:00Z"},
            "change_summary": "date: none → 5 May",
        },
    }


@given(name=texts, answer=texts, found=sources, previous=texts)
def test_a_body_is_small_and_valid_whatever_it_tells(
    name: str, answer: str, found: list[MessageSource], previous: str
) -> None:
    content = replace(
        CONTENT,
        answer=answer,
        reasoning=answer,
        sources=found,
        previous={"answer": previous, "timestamp": "2026-04-30T09:00:00Z"},
    )
    data = event_data(replace(TASK, name=name), content)

    body = webhook_body(EventType.STATE_CHANGED, data, NOW)

    assert len(body) < MAX_BODY_BYTES
    assert set(json.loads(body)["data"]) == set(event_data(TASK, CONTENT))
    assert "\n" not in headline(EventType.STATE_CHANGED, data)
    assert len(chat_text(data)) <= 1_500


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/login",
        "HTTP://evil.example",
        "www.evil.example",
        "evil.example/login",
        "javascript:alert(1)",
        "mailto:a@evil.example",
        "data:text/html,x",
        "https://news.example/a?b=1&next=evil",
        "[click](https://evil.example)",
        "ftp://evil.example/x",
        "tg://resolve?domain=evil",
    ],
)
def test_a_link_that_is_not_evidence_never_appears(link: str) -> None:
    data = event_data(TASK, replace(CONTENT, answer=f"Read {link} now."))

    assert "evil" not in data["answer"]
    assert REMOVED in data["answer"]
    assert "evil" not in chat_text(data)


def test_a_link_of_the_evidence_stays_as_it_is() -> None:
    text = f"See {SOURCE.uri}, ({TASK.url})."

    assert plain(text, {SOURCE.uri, TASK.url}) == text


def test_a_bare_name_stays_readable_and_is_no_link() -> None:
    assert plain("Node.js and evil.com", ()) == "Node.\u2060js and evil.\u2060com"


@pytest.mark.parametrize(
    "text", ["The data: 42 and/or 3.5 mm, e.g. this. Next one", "Ratio 1:2. Version 3.11.7"]
)
def test_prose_is_left_alone(text: str) -> None:
    assert without_links(text, ()) == text
    assert plain(text, ()) == text


@pytest.mark.parametrize(
    "uri",
    ["javascript:alert(1)", "https://a.example/ b", 'https://a.example/"x', "ftp://a.example"],
)
def test_a_source_that_is_no_web_page_is_left_out(uri: str) -> None:
    assert event_data(TASK, replace(CONTENT, sources=[MessageSource(uri)]))["sources"] == []


def test_long_texts_are_cut_before_sources_are_dropped() -> None:
    content = replace(CONTENT, answer="word " * 10_000, sources=[SOURCE] * 5)

    data = event_data(TASK, content)

    assert len(data["sources"]) == 5
    assert data["answer"].endswith("…")
    assert len(data["answer"]) == pytest.approx(4_000, abs=5)
