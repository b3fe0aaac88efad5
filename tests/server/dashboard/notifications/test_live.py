"""Open pages: what they are told, whom they are not told of, and when they end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, update
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.server.dashboard.tasks.stored_tasks import add_task
from tests.support.fakes import FakeClock
from tests.support.pages import BASE_URL, BROWSER, HTMX, open_browser, read, read_part, sign_in
from torale.contract.channels import ChannelState, ChannelType, EventType
from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.auth.models import UserSession
from torale.server.dashboard.notifications.live_feed import LIVE_FEED, MAX_OF_USER, LiveFeed, Stream
from torale.server.database import Sessions
from torale.server.executions.history.live_changes import ObservedExecution, changed_tasks
from torale.server.executions.models import Execution
from torale.server.limits.errors import RateLimitedError
from torale.server.notifications.models import Channel, UnreadEvent
from torale.server.parts import parts_of

SOON = 10.0


@pytest.fixture
async def hub(app: FastAPI, sessions: Sessions, clock: FakeClock) -> AsyncIterator[LiveFeed]:
    made = parts_of(app)[LIVE_FEED] = LiveFeed(sessions, clock, every=0.02, heartbeat=0.05)
    yield made
    made.close()
    await made.closed()


@pytest.fixture
async def owner(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[tuple[httpx2.AsyncClient, UUID]]:
    async with open_browser(app) as browser:
        yield browser, await sign_in(browser, sessions, "alice@example.com", clock)


async def add_execution(sessions: Sessions, task_id: UUID, clock: FakeClock) -> UUID:
    execution = Execution(
        task_id=task_id,
        trigger=Trigger.MANUAL,
        job_id=str(uuid4()),
        status=ExecutionStatus.RUNNING,
        grounding_sources=[],
        started_at=clock(),
        created_at=clock(),
    )
    async with sessions.begin() as session:
        session.add(execution)
    return execution.id


async def add_unread(
    sessions: Sessions,
    user_id: UUID,
    task_id: UUID,
    clock: FakeClock,
    execution_id: UUID | None = None,
) -> UUID:
    event = UnreadEvent(
        user_id=user_id,
        execution_id=execution_id or uuid4(),
        task_id=task_id,
        event=EventType.CONDITION_MET,
        created_at=clock(),
    )
    async with sessions.begin() as session:
        session.add(event)
    return event.execution_id


async def next_changes(stream: Stream) -> dict[UUID, bool]:
    async with asyncio.timeout(SOON):
        while not (found := await stream.wait(SOON)):
            pass
    return found


async def test_a_stream_is_told_of_its_users_executions_alone(
    hub: LiveFeed, owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    _, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Lamp")
    mine, strangers = hub.open(user_id), hub.open(uuid4())
    execution_id = await add_execution(sessions, task_id, clock)
    assert await next_changes(mine) == {task_id: True}
    async with sessions.begin() as session:
        await session.execute(
            update(Execution)
            .where(Execution.id == execution_id)
            .values(status=ExecutionStatus.FAILED, completed_at=clock())
        )
    assert await next_changes(mine) == {task_id: False}
    assert await strangers.wait(0.05) == {}


async def test_the_watch_ends_with_the_last_page(hub: LiveFeed) -> None:
    stream = hub.open(uuid4())
    watching = next(one for one in asyncio.all_tasks() if one.get_name() == "live")
    hub.leave(stream)
    await asyncio.wait_for(watching, SOON)


async def test_streams_are_bounded(hub: LiveFeed) -> None:
    user_id = uuid4()
    for _ in range(MAX_OF_USER):
        hub.open(user_id)
    with pytest.raises(RateLimitedError):
        hub.open(user_id)
    hub.open(uuid4())


class Tap:
    """Hears what an application sends while it still sends: the transport of tests waits."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.heard = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            self.heard += message.get("body", b"")
            await send(message)

        await self.app(scope, receive, tell)

    async def hear(self, part: str) -> None:
        async with asyncio.timeout(SOON):
            while part.encode() not in self.heard:
                await asyncio.sleep(0.01)


async def read_stream(tap: Tap, browser: httpx2.AsyncClient) -> httpx2.Response:
    """Read a stream to its end."""
    transport = httpx2.ASGITransport(app=tap)
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, headers=BROWSER, cookies=browser.cookies
    ) as client:
        return await asyncio.wait_for(client.get("/events"), SOON)


async def test_a_stream_tells_rows_and_ends_with_its_session(
    app: FastAPI,
    hub: LiveFeed,
    owner: tuple[httpx2.AsyncClient, UUID],
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    browser, user_id = owner
    hostile = "<script>alert(1)</script>\nevent: gone"
    task_id = await add_task(sessions, user_id, clock, hostile)
    await add_unread(sessions, user_id, task_id, clock)
    await add_execution(sessions, task_id, clock)
    reading = asyncio.create_task(read_stream(tap := Tap(app), browser))
    await tap.hear(f'data: {{"id": "{task_id}", "running": true}}')
    async with sessions.begin() as session:
        await session.execute(delete(UserSession).where(UserSession.user_id == user_id))
    answer = await reading
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    assert 'event: unread\ndata: {"count": 1, "told": "1"}\n\n' in answer.text
    assert f'data: <tr id="row-{task_id}"' in answer.text
    assert "<script" not in answer.text
    assert "\nevent: gone" not in answer.text
    assert hub.open_pages == 0


async def test_another_page_of_the_same_user_starts_with_the_present(
    hub: LiveFeed, owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    task_id = await add_task(sessions, owner[1], clock, "Lamp")
    await add_execution(sessions, task_id, clock)
    for _ in range(2):
        assert await next_changes(hub.open(owner[1])) == {task_id: True}


async def test_a_stream_ends_when_the_server_stops(
    app: FastAPI, hub: LiveFeed, owner: tuple[httpx2.AsyncClient, UUID]
) -> None:
    reading = asyncio.create_task(read_stream(tap := Tap(app), owner[0]))
    await tap.hear("event: unread")
    hub.close()
    assert (await reading).status_code == 200
    assert (await owner[0].get("/events")).status_code == 429


async def test_a_stream_whose_client_has_gone_before_its_answer_is_left(
    app: FastAPI, hub: LiveFeed, owner: tuple[httpx2.AsyncClient, UUID]
) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        await asyncio.sleep(0)  # as where a connection takes nothing more

    request = owner[0].build_request("GET", "/events")
    headers = [(name.lower(), value) for name, value in request.headers.raw]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},  # what uvicorn says
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/events",
        "raw_path": b"/events",
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    for _ in range(MAX_OF_USER + 1):
        await asyncio.wait_for(app({**scope, "state": {}}, gone, send), SOON)
    assert hub.open_pages == 0


async def test_rows_are_told_of_all_that_change_at_once(
    app: FastAPI,
    hub: LiveFeed,
    owner: tuple[httpx2.AsyncClient, UUID],
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    browser, user_id = owner
    tasks = [await add_task(sessions, user_id, clock, f"Lamp {number}") for number in range(30)]
    for task_id in tasks:
        await add_execution(sessions, task_id, clock)
    reading = asyncio.create_task(read_stream(tap := Tap(app), browser))
    for task_id in tasks:
        await tap.hear(f'data: {{"id": "{task_id}", "running": true}}')
    hub.close()
    told = (await reading).text
    assert all(f'id="row-{task_id}"' in told for task_id in tasks)


async def test_nobody_listens_without_signing_in(
    hub: LiveFeed, visitor: httpx2.AsyncClient
) -> None:
    assert (await visitor.get("/events")).status_code in {303, 401}


async def test_what_is_unread_stands_in_the_frame_until_it_is_read(
    owner: tuple[httpx2.AsyncClient, UUID],
    mallory: httpx2.AsyncClient,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    browser, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Lamp")
    first = await add_unread(sessions, user_id, task_id, clock)
    await add_unread(sessions, user_id, task_id, clock)
    page = read(await browser.get("/inbox"))
    assert page.one("title").text() == "(2) Inbox · Torale"
    assert "favicon-unread" in page.one("link[rel=icon]")["href"]
    assert page.one("[data-bell]")["aria-label"] == "Inbox, 2 unread"
    assert (await mallory.post(f"/inbox/{first}/read")).status_code == 303
    assert (await browser.post(f"/inbox/{first}/read")).status_code == 303
    assert read(await browser.get("/tasks")).one("title").text().startswith("(1) ")
    assert (await browser.post("/inbox/read")).status_code == 303
    assert read(await browser.get("/inbox")).one("title").text() == "Inbox · Torale"
    crossed = await browser.post("/inbox/read", headers={"Sec-Fetch-Site": "cross-site"})
    assert crossed.status_code == 403


async def test_what_is_unread_says_what_was_found(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    task_id = await add_task(sessions, user_id, clock, "Lamp")
    found: dict[str, dict[str, object]] = {
        "answer": {"result": {"answer": "<i>429 EUR</i>"}},
        "change": {"result": {"answer": "429 EUR"}, "change_summary": "price was 449, is 429"},
        "error": {"error_message": "Nobody answered."},
    }
    for values in found.values():
        execution_id = await add_execution(sessions, task_id, clock)
        await add_unread(sessions, user_id, task_id, clock, execution_id)
        async with sessions.begin() as session:
            row = await session.get_one(Execution, execution_id)
            row.status, row.completed_at = ExecutionStatus.SUCCESS, clock()
            for name, value in values.items():
                setattr(row, name, value)

    said = {one.text() for one in read(await browser.get("/inbox")).all("article p")}
    in_bell = {
        mark.text()
        for mark in read_part(await browser.get("/inbox/newest", headers=HTMX)).all("em")
    }

    words = ("<i>429 EUR</i>", "price was 449, is 429", "Nobody answered.")
    assert said == {f"Condition met: {one}" for one in words}
    assert in_bell == {f"Unread: Condition met: {one}" for one in words}


async def test_a_hundred_are_as_many_as_are_told_and_a_broken_channel_waits_too(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    channel = Channel(
        user_id=user_id,
        type=ChannelType.WEBHOOK,
        name="Ops <b>hook</b>",
        target_sealed="x",
        target_digest="x",
        state=ChannelState.DISABLED,
        last_error="HTTP 410",
        created_at=clock(),
    )
    async with sessions.begin() as session:
        session.add(channel)
    page = read(await browser.get("/inbox"))
    assert page.one("title").text().startswith("(1) ")
    assert "Ops <b>hook</b>" in page.one(".s-failed").text()
    task_id = await add_task(sessions, user_id, clock, "Lamp")
    for _ in range(100):
        await add_unread(sessions, user_id, task_id, clock)
    assert read(await browser.get("/inbox")).one("title").text().startswith("(99+) ")


async def test_the_unread_alone_are_shown_in_pages(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    empty = read(await browser.get("/inbox", params={"show": "unread"}))
    assert empty.one(".empty h2").text() == "All read"
    task_id = await add_task(sessions, user_id, clock, "<b>Lamp</b>")
    for _ in range(26):
        await add_unread(sessions, user_id, task_id, clock)
    first = read(await browser.get("/inbox", params={"show": "unread"}))
    assert first.one(".seg [aria-current]").text() == "Unread26"
    assert len(first.all(".tl .ev")) == 25
    second = read(await browser.get(first.one(".pager [rel=next]")["href"]))
    assert len(second.all(".tl .ev")) == 1
    assert second.one(".ev h3").text() == "<b>Lamp</b>"
    read_one = await browser.post(
        second.one(".ev form")["action"], headers={"Referer": f"{BASE_URL}/inbox?show=unread"}
    )
    assert read_one.headers["location"] == "/inbox?show=unread", "one stays where one reads"
    refused = await browser.get("/inbox", params={"show": "read"})
    assert refused.status_code == 422


async def test_the_bell_shows_the_last_eight_and_reads_none(
    owner: tuple[httpx2.AsyncClient, UUID], sessions: Sessions, clock: FakeClock
) -> None:
    browser, user_id = owner
    assert "Nothing yet" in (await browser.get("/inbox/newest", headers=HTMX)).text
    task_id = await add_task(sessions, user_id, clock, "<b>Lamp</b>")
    met = await add_execution(sessions, task_id, clock)
    async with sessions.begin() as session:
        ended = {"condition_met": True, "status": ExecutionStatus.SUCCESS, "completed_at": clock()}
        await session.execute(update(Execution).where(Execution.id == met).values(**ended))
    clock.advance(timedelta(minutes=1))
    await add_unread(sessions, user_id, task_id, clock)
    two = read_part(await browser.get("/inbox/newest", headers=HTMX))
    assert [one.has("class") for one in two.all("li")] == [True, False]
    assert [one.text() for one in two.all("b")] == ["<b>Lamp</b>"] * 2
    for _ in range(9):
        await add_unread(sessions, user_id, task_id, clock)
    eight = read_part(await browser.get("/inbox/newest", headers=HTMX))
    assert len(eight.all("li.unread")) == 8
    page = read(await browser.get("/tasks"))
    assert page.one("[data-bell]")["popovertarget"] == page.one("[popover].bell-pop")["id"]
    assert page.one(".bell-pop a")["href"] == "/inbox", "without scripts"
    assert page.one("[data-bell]")["aria-label"] == "Inbox, 10 unread", "a look reads nothing"


def test_what_vanishes_in_flight_has_ended_and_what_ages_is_no_news() -> None:
    user, task, one = uuid4(), uuid4(), uuid4()
    running = ObservedExecution(user, task, ExecutionStatus.RUNNING)
    ended = ObservedExecution(user, task, ExecutionStatus.SUCCESS)
    assert changed_tasks({}, {one: running}) == {user: {task: True}}
    assert changed_tasks({one: running}, {one: running}) == {}
    assert changed_tasks({one: running}, {}) == {user: {task: False}}
    assert changed_tasks({one: ended}, {}) == {}
    assert changed_tasks({one: running}, {one: ended, uuid4(): running}) == {user: {task: True}}
