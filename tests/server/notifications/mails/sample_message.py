"""A message as it is sent when a condition is met."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tests.server.notifications.conftest import PUBLIC_URL
from tests.support.fakes import START
from torale.contract.channels import EventType
from torale.server.notifications.channels.base import Message
from torale.server.notifications.messages.content import (
    MessageContent,
    MessageSource,
    MessageTask,
    event_data,
)

SOURCE = MessageSource("https://news.example/launch?a=1&b=2", "The news", "it is on 5 May")
STOP = f"{PUBLIC_URL}/api/v1/unsubscribe/token"


def message(
    target: str, *, now: datetime = START, name: str = "Launch", answer: str = "", **more: Any
) -> Message:
    content = MessageContent(
        execution_id=UUID(int=2),
        verdict="met",
        condition_met=True,
        answer=answer or "The launch is on 5 May.",
        reasoning="The page says so.",
        sources=[SOURCE],
    )
    task = MessageTask(UUID(int=1), name, f"{PUBLIC_URL}/tasks/1")
    return Message(
        id=UUID(int=3),
        target=target,
        event=EventType.CONDITION_MET,
        data=event_data(task, content),
        happened_at=now,
        now=now,
        unsubscribe_url=STOP,
        **more,
    )
