"""Every message that was sent: what became of it, by state, by task, page by page."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.server.dashboard.watched import HOSTILE, Watched
from torale.contract.channels import DeliveryStatus
from torale.server.notifications.models import Delivery

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
PATH = "/settings/notifications/deliveries"


async def told(watched: Watched, times: int) -> str:
    """Return the path of a task that has told a channel so many times."""
    path = await watched.watch(notify_behavior="always", webhooks="https://hooks.example/torale")
    for number in range(times):
        await watched.says(path, f"Aurora lamp\nPrice: {310 - number}.00 USD")
    return path


async def change(watched: Watched, status: DeliveryStatus, error: str) -> None:
    """Let the newest message have gone wrong."""
    async with watched.service.sessions.begin() as session:
        query = select(Delivery).order_by(Delivery.created_at.desc()).limit(1)
        one = (await session.scalars(query)).one()
        one.status, one.last_error, one.attempts = status, error, 3
        one.delivered_at = None
        one.next_attempt_at = watched.clock() + timedelta(minutes=30)


async def test_messages_are_listed_with_what_became_of_them(watched: Watched) -> None:
    path = await told(watched, 2)
    await change(watched, DeliveryStatus.RETRYING, HOSTILE)
    page = await watched.page(PATH)
    newest, older = page.all(".sent tbody tr")
    assert newest.one("small").text() == HOSTILE
    assert "Tried again" in newest.text()
    assert "3 attempts" in newest.text()
    assert "Next in 30 min" in newest.text()
    assert "Delivered" in older.text()
    assert older.one(".wide a")["href"] == path
    assert "/executions/" in str(older.one("td[data-label=Why] a")["href"])


async def test_they_are_filtered_by_state_and_by_task(watched: Watched) -> None:
    path = await told(watched, 2)
    await change(watched, DeliveryStatus.FAILED, "It answered 500.")
    failed = await watched.page(f"{PATH}?status=failed")
    assert len(failed.all(".sent tbody tr")) == 1
    assert failed.one(".seg [aria-current]").text() == "Failed"
    page = await watched.page(path)
    of_task = next(one for one in page.all(".links a") if one.text() == "All messages")
    assert len((await watched.page(str(of_task["href"]))).all(".sent tbody tr")) == 2
    assert (await watched.page(f"{PATH}?task={UUID(int=1)}")).all(".sent") == []
    assert len((await watched.page(f"{PATH}?status=x&task=x")).all(".sent tbody tr")) == 2


@SQLITE
async def test_they_come_page_by_page(watched: Watched) -> None:
    await told(watched, 27)
    first = await watched.page(f"{PATH}?status=delivered")
    assert len(first.all(".sent tbody tr")) == 25
    following = await watched.page(str(first.one("a[rel=next]")["href"]))
    assert len(following.all(".sent tbody tr")) == 2
    assert following.one(".seg [aria-current]").text() == "Delivered"


@SQLITE
async def test_strangers_see_none_of_them(watched: Watched) -> None:
    path = await told(watched, 1)
    answer = await watched.mallory.get(f"{PATH}?task={path.rpartition('/')[2]}")
    assert answer.status_code == 200
    assert "Aurora" not in answer.text
