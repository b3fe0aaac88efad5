from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

import httpx2
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.server.tasks.asking import NOW, PIXEL, TASKS, TOMORROW, create, send
from tests.support.fakes import FakeClock
from tests.support.people import FakeChannelBook, FakeLauncher, Person, browse, make_person
from torale.contract.auth import Scope
from torale.server.database import Sessions
from torale.server.tasks import api
from torale.server.tasks.models import Task

FIELDS = {
    "id",
    "user_id",
    "name",
    "search_query",
    "condition_description",
    "schedule",
    "timezone",
    "notify_behavior",
    "state",
    "sources",
    "notifications",
    "next_run",
    "last_known_state",
    "last_execution_id",
    "last_execution",
    "skipped_ticks",
    "understood",
    "warnings",
    "feedback",
    "state_changed_at",
    "created_at",
    "updated_at",
}
CHANNEL = uuid4()

NONSENSE: list[tuple[list[str | int], dict[str, Any]]] = [
    (["search_query"], {"search_query": "short"}),
    (["search_query"], {"search_query": "x" * 501}),
    (["search_query"], {"search_query": None}),
    (["search_query"], {"search_query": "nul \x00 in the middle"}),
    (["search_query"], {"search_query": "lone \ud800 surrogate"}),
    (["condition_description"], {"condition_description": " short   "}),
    (["schedule"], {"schedule": ""}),
    (["schedule"], {"schedule": "hourly"}),
    (["schedule"], {"schedule": "not a cron at all"}),
    (["schedule"], {"schedule": "0 0 9 * * *"}),
    (["schedule"], {"schedule": "@daily"}),
    (["schedule"], {"schedule": "0 0 30 2 *"}),
    (["schedule"], {"schedule": "0 " * 60}),
    (["timezone"], {"timezone": "Mars/Olympus"}),
    (["timezone"], {"timezone": ""}),
    (["name"], {"name": ""}),
    (["name"], {"name": "x" * 201}),
    (["notify_behavior"], {"notify_behavior": "sometimes"}),
    (["state"], {"state": "running"}),
    (["sources", 1], {"sources": ["https://a.example", "ftp://a.example"]}),
    (["sources", 0], {"sources": ["https://user:pass@a.example"]}),
    (["sources", 0], {"sources": ["https://"]}),
    (["sources"], {"sources": [f"https://a.example/{n}" for n in range(11)]}),
    (["sources"], {"sources": "https://a.example"}),
    (["notifications", 0, "id"], {"notifications": [{"type": "channel", "id": str(uuid4())}]}),
    (["notifications", 0], {"notifications": [{"type": "pigeon"}]}),
    (["notifications", 0], {"notifications": [{"type": "\ud800"}]}),
    (["next_run"], {"next_run": TOMORROW}),
    (["user_id"], {"user_id": str(uuid4())}),
    (["\x1b?"], {"\x1b\ud800": 1}),
]


async def test_a_task_is_made_of_three_fields(alice: httpx2.AsyncClient, person: Person) -> None:
    task = await create(alice)

    UUID(task.pop("id"))
    assert set(task) == FIELDS - {"id"}
    assert task.pop("understood") is not None
    assert task == {
        **PIXEL,
        "user_id": str(person.user_id),
        "name": "Google Pixel 9 price",
        "timezone": "UTC",
        "notify_behavior": "once",
        "state": "active",
        "sources": [],
        "notifications": [],
        "next_run": TOMORROW,
        "last_known_state": None,
        "last_execution_id": None,
        "last_execution": None,
        "skipped_ticks": 0,
        "warnings": [],
        "feedback": {"right": 0, "wrong": 0, "precision": None},
        "state_changed_at": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }


async def test_what_is_wrong_with_a_condition_is_said_and_stops_nothing(
    alice: httpx2.AsyncClient,
) -> None:
    vague = await create(alice, condition_description="Something interesting happens")
    url = f"{TASKS}/{vague['id']}"

    changed = await alice.put(url, json={"condition_description": "the price is below 0 USD"})
    mended = await alice.put(url, json={"condition_description": "the price is below 9 USD"})

    assert len(vague["warnings"]) == 2, "a matter of opinion, and no model to have one"
    assert "matter of opinion" in vague["warnings"][0]
    assert "TORALE_MODEL" in vague["warnings"][1]
    assert changed.json()["warnings"] == ["It is never true: a price is never below 0."]
    assert mended.json()["warnings"] == (await alice.get(url)).json()["warnings"] == []


async def test_a_task_may_say_more(
    alice: httpx2.AsyncClient, book: FakeChannelBook, launcher: FakeLauncher
) -> None:
    book.channels.add(CHANNEL)
    asked = {
        "name": "Pixel",
        "timezone": "Europe/Berlin",
        "notify_behavior": "track_state",
        "state": "paused",
        "sources": ["https://a.example/x", "https://b.example", "https://a.example/x"],
    }
    targets = [
        {"type": "email", "address": "a@example.com"},
        {"type": "webhook", "url": "https://hook.example/x"},
        {"type": "channel", "id": str(CHANNEL)},
    ]

    task = await create(alice, **asked, notifications=targets)

    shown = {field: task[field] for field in asked}
    assert shown == {**asked, "sources": asked["sources"][:2]}
    assert task["next_run"] is None
    assert [target["type"] for target in task["notifications"]] == ["email", "webhook", "channel"]
    assert task["notifications"][2]["channel_id"] == str(CHANNEL)
    assert launcher.in_flight == {}
    assert (await alice.get(f"{TASKS}/{task['id']}")).json() == task


async def test_a_task_may_be_executed_at_once(
    alice: httpx2.AsyncClient, launcher: FakeLauncher
) -> None:
    task = await create(alice, run_immediately=True)

    assert launcher.in_flight == {UUID(task["id"]): UUID(task["last_execution_id"])}
    assert task["last_execution"]["status"] == "pending"
    assert task["next_run"] == TOMORROW


async def test_a_task_that_makes_no_sense_is_refused(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    for loc, wrong in NONSENSE:
        response = await send(alice, "POST", TASKS, {**PIXEL, **wrong})

        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, wrong
        [problem] = response.json()["detail"]
        assert set(problem) == {"loc", "msg", "type"}
        if loc != ["\x1b?"]:
            assert problem["loc"][: len(loc) + 1] == ["body", *loc], wrong
        if loc == ["schedule"] and len(wrong["schedule"]) < 100:
            assert problem["msg"] == "Invalid cron expression"
            assert problem["type"] == "value_error"
    assert await session.scalar(select(func.count()).select_from(Task)) == 0


async def test_a_change_that_makes_no_sense_is_refused(alice: httpx2.AsyncClient) -> None:
    task = await create(alice)
    url = f"{TASKS}/{task['id']}"

    for _, wrong in [*NONSENSE, ([], {"run_immediately": True}), ([], {"name": None})]:
        response = await send(alice, "PUT", url, wrong)
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, wrong

    assert (await alice.get(url)).json() == task


async def test_a_body_that_is_no_object_is_refused(alice: httpx2.AsyncClient) -> None:
    json_type = {"Content-Type": "application/json"}
    for body in (b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a": NaN}'):
        response = await alice.post(TASKS, content=body, headers=json_type)

        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, body[:10]
        assert all(set(one) == {"loc", "msg", "type"} for one in response.json()["detail"])


async def test_a_strangers_task_looks_missing(
    alice: httpx2.AsyncClient, mallory: httpx2.AsyncClient, launcher: FakeLauncher
) -> None:
    task = await create(alice)
    missing = {"detail": "Task not found"}
    shouted = task["id"].upper()

    for named in (task["id"], uuid4(), "nothing", "suggest", "1", "%00", task["id"][:-1]):
        url = f"{TASKS}/{named}"
        for response in (
            await mallory.get(url),
            await mallory.put(url, json={"name": "mine"}),
            await mallory.delete(url),
            await mallory.post(f"{url}/execute"),
        ):
            assert response.status_code == HTTPStatus.NOT_FOUND, named
            assert response.json() == missing

    assert (await alice.get(f"{TASKS}/{shouted}")).json() == task
    assert (await mallory.get(TASKS)).json()["total"] == 0
    assert launcher.in_flight == {}


async def test_nobody_gets_in_without_a_key(app: FastAPI) -> None:
    async with browse(app) as nobody:
        for method, path in (
            ("GET", ""),
            ("POST", ""),
            ("GET", "/x"),
            ("PUT", "/x"),
            ("DELETE", "/x"),
            ("POST", "/x/execute"),
            ("POST", "/suggest"),
        ):
            response = await nobody.request(method, TASKS + path)
            assert response.status_code == HTTPStatus.UNAUTHORIZED, (method, path)


async def test_a_reader_changes_nothing(
    app: FastAPI, sessions: Sessions, clock: FakeClock, alice: httpx2.AsyncClient
) -> None:
    task = await create(alice)
    reader = await make_person(sessions, "alice@example.com", clock, scopes=[Scope.READ])
    url = f"{TASKS}/{task['id']}"

    async with browse(app, reader) as client:
        assert (await client.get(url)).json() == task
        for response in (
            await client.post(TASKS, json=PIXEL),
            await client.put(url, json={"name": "x"}),
            await client.delete(url),
            await client.post(f"{url}/execute"),
        ):
            assert response.status_code == HTTPStatus.FORBIDDEN
            assert response.json() == {"detail": "API key lacks the required scope"}


async def test_tasks_are_listed_newest_first_in_pages(
    alice: httpx2.AsyncClient, clock: FakeClock
) -> None:
    ids: list[str] = []
    for number in range(5):
        state = "paused" if number % 2 else "active"
        ids.insert(0, (await create(alice, state=state))["id"])
        clock.advance(timedelta(seconds=1))
    await alice.put(f"{TASKS}/{ids[4]}", json={"state": "completed"})

    async def listed(**query: Any) -> tuple[list[str], int]:
        answer = (await alice.get(TASKS, params=query)).json()
        assert answer["page"] == query.get("page", 1)
        assert answer["limit"] == query.get("limit", 20)
        return [task["id"] for task in answer["tasks"]], answer["total"]

    assert await listed() == (ids, 5)
    assert await listed(limit=2, page=2) == (ids[2:4], 5)
    assert await listed(limit=2, page=3) == (ids[4:], 5)
    assert await listed(page=1_000_000, limit=100) == ([], 5)
    assert await listed(state="paused") == ([ids[1], ids[3]], 2)
    assert await listed(active=True) == ([ids[0], ids[2]], 2)
    assert await listed(active=False) == ([ids[1], ids[3], ids[4]], 3)
    assert await listed(active=False, state="completed", limit=1) == ([ids[4]], 1)
    assert await listed(active=True, state="paused") == ([], 0)


async def test_a_page_that_makes_no_sense_is_refused(alice: httpx2.AsyncClient) -> None:
    for name, value in (
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "many"),
        ("page", "0"),
        ("page", "1000001"),
        ("page", "9" * 30),
        ("page", "9" * 5000),
        ("page", "1.5"),
        ("state", "running"),
        ("active", "maybe"),
    ):
        response = await alice.get(TASKS, params={name: value})
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, (name, value)
        [problem] = response.json()["detail"]
        assert problem["loc"] == ["query", name]


async def test_a_task_is_executed_by_hand_one_at_a_time(
    alice: httpx2.AsyncClient, launcher: FakeLauncher
) -> None:
    for state in ("active", "paused"):
        task = await create(alice, state=state)
        url = f"{TASKS}/{task['id']}/execute"

        first, second = await alice.post(url), await alice.post(url)

        assert first.status_code == HTTPStatus.ACCEPTED
        assert first.json() == {
            "message": "Task execution initiated",
            "execution_id": str(launcher.in_flight[UUID(task["id"])]),
        }
        assert second.status_code == HTTPStatus.CONFLICT
        assert isinstance(second.json()["detail"], str)


async def test_a_wish_becomes_a_draft(alice: httpx2.AsyncClient) -> None:
    prompt = "Tell me every morning when the price of the Pixel 9 falls below 350 USD"

    draft = (await alice.post(f"{TASKS}/suggest", json={"prompt": prompt})).json()

    assert set(draft) == {
        "name",
        "search_query",
        "condition_description",
        "schedule",
        "notify_behavior",
    }
    await create(alice, **draft)
    change = {"prompt": "check every hour instead", "current_task": draft}
    changed = (await alice.post(f"{TASKS}/suggest", json=change)).json()
    assert changed["search_query"] == draft["search_query"]
    assert (await alice.get(TASKS)).json()["total"] == 1
    for wrong in ({}, {"prompt": "x"}, {"prompt": prompt, "more": 1}, {"prompt": "a\x00bcd"}):
        refused = await alice.post(f"{TASKS}/suggest", json=wrong)
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_understood_is_null_where_a_model_is_needed(alice: httpx2.AsyncClient) -> None:
    task = await create(alice, condition_description="the mood of the critics has turned sour")

    assert task["understood"] is None


def test_every_answer_is_documented() -> None:
    app = FastAPI()
    app.include_router(api.router)
    paths = app.openapi()["paths"]

    for path, operations in paths.items():
        for method, operation in operations.items():
            statuses = set(operation["responses"])
            assert statuses >= {"401", "403", "503"}, (method, path)
            assert ("404" in statuses) == ("{task_id}" in path), (method, path)
            assert "HTTPValidationError" not in str(operation), (method, path)
            assert operation["security"] == [{"Bearer": []}]
