from datetime import UTC, datetime

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read, read_part, sign_in
from torale.contract.tasks import TaskState
from torale.server.dashboard.tasks import schedules
from torale.server.database import Sessions
from torale.server.evidence.source import Source
from torale.server.tasks.models import Task
from torale.server.tasks.templates import TEMPLATES

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FORM = {
    "search_query": "price of the ThinkPad X1",
    "condition_description": "the price is below 350 USD",
    "notify_behavior": "track_state",
    "kind": "weekly",
    "day": ["Mon", "Thu"],
    "time": "08:30",
    "timezone": "Europe/Berlin",
    "sources": "https://shop.example/x1\nhttps://other.example/feed.xml",
    "emails": "alice@example.com",
    "webhooks": "",
    "name": "",
}


async def only_task(sessions: Sessions) -> Task:
    async with sessions() as session:
        return (await session.scalars(select(Task))).one()


async def test_a_task_is_made_and_checked_at_once(
    alice: httpx2.AsyncClient, sessions: Sessions
) -> None:
    answer = await alice.post("/new", data=FORM)
    task = await only_task(sessions)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tasks/{task.id}")
    assert (task.schedule, task.timezone) == ("30 8 * * 1,4", "Europe/Berlin")
    assert task.sources == (
        Source("https://shop.example/x1"),
        Source("https://other.example/feed.xml"),
    )
    page = read(await alice.get(f"/tasks/{task.id}"))
    assert page.one("h1").text() == "price of the ThinkPad X1"
    assert page.one(".detail-head .status").text() == "Checking"
    assert "alice@example.com" in page.one(".facts").text()


@pytest.mark.parametrize(
    "field, value, sentence",
    [
        ("search_query", "short", "Write at least 10 characters."),
        ("condition_description", "", "Write at least 10 characters."),
        ("sources", "ftp://nowhere", "http"),
    ],
)
async def test_a_mistake_is_told_and_what_was_typed_stays(
    alice: httpx2.AsyncClient, sessions: Sessions, field: str, value: str, sentence: str
) -> None:
    answer = await alice.post("/new", data={**FORM, field: value})
    assert answer.status_code == 422
    page = read(answer)
    assert sentence in page.one(".err").text()
    assert page.one("#s-time")["value"] == "08:30"
    async with sessions() as session:
        assert (await session.scalars(select(Task))).all() == []


async def test_an_impossible_schedule_is_told(alice: httpx2.AsyncClient) -> None:
    answer = await alice.post("/new", data={**FORM, "kind": "cron", "cron": "61 * * * *"})
    assert answer.status_code == 422
    assert "five fields" in read(answer).one("#s-err").text()


async def test_the_next_five_runs_are_shown(alice: httpx2.AsyncClient) -> None:
    part = read_part(await alice.post("/new/schedule", data=FORM))
    assert part.one("h3 code").text() == "30 8 * * 1,4"
    assert len(part.all(".next5 li")) == 5


async def test_a_template_fills_the_form(alice: httpx2.AsyncClient) -> None:
    page = read(await alice.get("/new?template=price-below"))
    assert page.one("[name=search_query]").text() == "price of Sony WH-1000XM6"
    gallery = read(await alice.get("/templates"))
    assert len(gallery.all(".tpl-grid li")) == len(TEMPLATES)


async def test_editing_keeps_what_is_not_changed(
    alice: httpx2.AsyncClient, sessions: Sessions
) -> None:
    await alice.post("/new", data=FORM)
    task = await only_task(sessions)
    page = read(await alice.get(f"/tasks/{task.id}/edit"))
    assert page.one("#kind-weekly").has("checked")
    await alice.post(f"/tasks/{task.id}/edit", data={**FORM, "name": "Cheap laptop"})
    changed = await only_task(sessions)
    assert (changed.name, changed.schedule) == ("Cheap laptop", task.schedule)
    assert changed.state is TaskState.ACTIVE
    copy = read(await alice.get(f"/new?from={task.id}"))
    assert copy.one("[name=search_query]").text() == FORM["search_query"]


@pytest.mark.parametrize("path", ["", "/edit", "/live"])
async def test_a_strangers_task_has_no_page(
    app: FastAPI, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock, path: str
) -> None:
    await alice.post("/new", data=FORM)
    task = await only_task(sessions)
    async with open_browser(app) as mallory:
        await sign_in(mallory, sessions, "mallory@example.com", clock)
        assert (await mallory.get(f"/tasks/{task.id}{path}")).status_code == 404
        assert (await mallory.post(f"/tasks/{task.id}/edit", data=FORM)).status_code == 404


@pytest.mark.parametrize(
    "cron, kind, words",
    [
        ("*/15 * * * *", "interval", "Every 15 minutes"),
        ("0 */4 * * *", "interval", "Every 4 hours"),
        ("30 8 * * *", "daily", "Every day at 08:30"),
        ("0 9 * * 1,2,3,4,5", "weekly", "Weekdays at 09:00"),
        ("0 9 1 * *", "cron", "Custom schedule"),
    ],
)
def test_a_schedule_is_told_in_the_words_that_fit(cron: str, kind: str, words: str) -> None:
    plan = schedules.of_cron(cron, "UTC", NOW)
    assert (plan.cron, plan.kind, plan.words) == (cron, kind, words)
    assert len(plan.runs) == 5


def test_a_change_of_the_clocks_is_told() -> None:
    before = datetime(2026, 10, 23, 12, tzinfo=UTC)
    plan = schedules.of_cron("0 9 * * *", "Europe/Berlin", before)
    assert plan.note
    assert {run.hour for run in plan.runs} == {9}
