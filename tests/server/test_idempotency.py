"""A request with an `Idempotency-Key` is carried out once, whatever becomes of its answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import Message, Receive, Scope, Send

from tests.support.databases import Templates
from tests.support.fakes import FakeClock, FakeQueue
from tests.support.people import (
    BASE_URL,
    FakeChannelBook,
    FakeLauncher,
    Person,
    browse,
    build_app,
    make_person,
)
from torale.contract.auth import Scope as Scopes
from torale.server.auth import api as auth_api
from torale.server.auth.keys import KEYS, Keys
from torale.server.auth.models import ApiKey
from torale.server.crypto import VAULT, Vault
from torale.server.database import Sessions, connect, connect_reader, make_sessions
from torale.server.engine.base import JOB_QUEUE
from torale.server.idempotency import InFlightLocks, forget
from torale.server.idempotency.in_flight import IN_FLIGHT_LOCKS
from torale.server.idempotency.models import AnsweredRequest
from torale.server.notifications import api as notifications_api
from torale.server.notifications.channels.registry import SENDERS, make_senders
from torale.server.outbound import Outbound
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks import api as tasks_api
from torale.server.tasks.models import Task
from torale.server.tasks.ports import CHANNEL_BOOK, LAUNCHER

SPEC = {
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "schedule": "0 9 * * *",
}
KEY = {"Idempotency-Key": "order-1"}
RUNNING = "A request with this Idempotency-Key is still running; ask again shortly"


@dataclass
class SlowLauncher(FakeLauncher):
    """Launches only when it is told to; says when somebody waits for it."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def launch(self, session: AsyncSession, task: Task, *, now: datetime) -> UUID:
        self.reached.set()
        await self.open.wait()
        return await super().launch(session, task, now=now)


@pytest.fixture
def launcher() -> SlowLauncher:
    made = SlowLauncher()
    made.open.set()
    return made


def build(
    settings: Settings, sessions: Sessions, clock: FakeClock, launcher: FakeLauncher
) -> FastAPI:
    routers = (tasks_api.router, auth_api.router, notifications_api.router)
    app = build_app(settings, sessions, clock, *routers)
    parts = parts_of(app)
    parts[CHANNEL_BOOK] = FakeChannelBook()
    parts[LAUNCHER] = launcher
    parts[VAULT] = Vault("a secret key of this test")
    parts[IN_FLIGHT_LOCKS] = InFlightLocks()
    parts[JOB_QUEUE] = FakeQueue(clock)
    parts[SENDERS] = make_senders(settings, Outbound([]))
    return app


@pytest.fixture
async def app(
    settings: Settings, sessions: Sessions, clock: FakeClock, launcher: SlowLauncher
) -> AsyncIterator[FastAPI]:
    app = build(settings, sessions, clock, launcher)
    # Callers are found beside the one connection of SQLite, which a request holds to its end.
    parts_of(app)[KEYS] = Keys(connect_reader(settings))
    yield app
    await parts_of(app)[KEYS].aclose()


@pytest.fixture
async def person(sessions: Sessions, clock: FakeClock) -> Person:
    return await make_person(sessions, "alice@example.com", clock)


@pytest.fixture
async def alice(app: FastAPI, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app, person) as client:
        yield client


async def count(session: AsyncSession, kind: Any) -> int:
    return await session.scalar(select(func.count()).select_from(kind)) or 0


async def test_the_same_request_gets_the_same_answer(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    first = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    again = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    other = await alice.post("/api/v1/tasks", json=SPEC, headers={"Idempotency-Key": "order-2"})

    assert first.status_code == again.status_code == other.status_code == 201
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert other.json()["id"] != first.json()["id"]
    assert await count(session, Task) == 2


async def test_a_request_without_a_key_is_what_it_was(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    for _ in range(2):
        assert (await alice.post("/api/v1/tasks", json=SPEC)).status_code == 201

    assert await count(session, Task) == 2
    assert await count(session, AnsweredRequest) == 0


async def test_a_key_belongs_to_one_request(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    task = (await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)).json()

    other_body = await alice.post("/api/v1/tasks", json={**SPEC, "name": "L"}, headers=KEY)
    other_path = await alice.post(f"/api/v1/tasks/{task['id']}/execute", json=SPEC, headers=KEY)

    for refused in (other_body, other_path):
        assert refused.status_code == 422
        (problem,) = refused.json()["detail"]
        assert problem["loc"] == ["header", "Idempotency-Key"]
        assert "another request" in problem["msg"]
    assert await count(session, Task) == 1


async def test_somebody_elses_key_is_another_key(
    app: FastAPI, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    mine = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    async with browse(app, await make_person(sessions, "mallory@example.com", clock)) as mallory:
        theirs = await mallory.post("/api/v1/tasks", json=SPEC, headers=KEY)

    assert theirs.status_code == 201
    assert theirs.json()["id"] != mine.json()["id"]


async def test_another_api_key_of_the_same_user_is_the_same_caller(
    app: FastAPI, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    mine = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    async with browse(app, await make_person(sessions, "alice@example.com", clock)) as second:
        again = await second.post("/api/v1/tasks", json=SPEC, headers=KEY)

    assert again.content == mine.content


async def test_a_key_that_may_only_read_is_not_told_what_was_written(
    app: FastAPI, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    reader = await make_person(sessions, "alice@example.com", clock, scopes=[Scopes.READ])
    async with browse(app, reader) as reading:
        refused = await reading.post("/api/v1/tasks", json=SPEC, headers=KEY)
        drafted = await reading.post("/api/v1/tasks/suggest", json={"prompt": "a lamp, daily"})

    assert refused.status_code == 403
    assert drafted.status_code == 200


async def test_after_a_day_the_key_is_free_and_the_answer_forgotten(
    alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    first = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    again = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    clock.advance(timedelta(seconds=1))
    later = await alice.post("/api/v1/tasks", json={**SPEC, "name": "L"}, headers=KEY)

    assert again.content == first.content
    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]

    clock.advance(timedelta(hours=24))
    async with sessions.begin() as session:
        assert await forget(session, now=clock() - timedelta(seconds=1)) == 0
        assert await forget(session, now=clock()) == 1
        assert await forget(session, now=clock()) == 0
        assert await count(session, AnsweredRequest) == 0


async def test_what_failed_may_be_sent_again(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    wrong = await alice.post("/api/v1/tasks", json={**SPEC, "schedule": "never"}, headers=KEY)
    assert wrong.status_code == 422
    right = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    assert right.status_code == 201
    path = f"/api/v1/tasks/{right.json()['id']}/execute"
    await alice.post(path)
    busy = await alice.post(path, headers={"Idempotency-Key": "now"})
    assert busy.status_code == 409
    assert await count(session, AnsweredRequest) == 1


async def test_while_the_first_is_running_the_second_is_refused(
    alice: httpx2.AsyncClient, launcher: SlowLauncher, session: AsyncSession
) -> None:
    task = (await alice.post("/api/v1/tasks", json=SPEC)).json()
    path = f"/api/v1/tasks/{task['id']}/execute"
    launcher.open.clear()

    running = asyncio.create_task(alice.post(path, headers=KEY))
    await launcher.reached.wait()
    beside = await alice.post(path, headers=KEY)
    launcher.open.set()
    first = await running
    after = await alice.post(path, headers=KEY)

    assert (beside.status_code, beside.json()) == (409, {"detail": RUNNING})
    assert first.status_code == 202
    assert after.content == first.content
    assert len(launcher.in_flight) == 1


async def test_while_another_process_carries_it_out_it_is_refused(
    database_templates: Templates, tmp_path: Path, clock: FakeClock, launcher: SlowLauncher
) -> None:
    if database_templates.postgres is None:
        pytest.skip("needs PostgreSQL")
    with database_templates.copy("postgresql", tmp_path) as settings:
        engine = connect(settings)
        sessions = make_sessions(engine)
        person = await make_person(sessions, "alice@example.com", clock)
        here, there = (build(settings, sessions, clock, launcher) for _ in range(2))
        async with browse(here, person) as first, browse(there, person) as second:
            task = (await first.post("/api/v1/tasks", json=SPEC)).json()
            path = f"/api/v1/tasks/{task['id']}/execute"
            launcher.open.clear()
            running = asyncio.create_task(first.post(path, headers=KEY))
            await launcher.reached.wait()
            beside = await second.post(path, headers=KEY)
            launcher.open.set()
            answered = await running
            after = await second.post(path, headers=KEY)
        await engine.dispose()

    assert (beside.status_code, beside.json()) == (409, {"detail": RUNNING})
    assert after.content == answered.content


async def test_many_at_once_are_one(alice: httpx2.AsyncClient, session: AsyncSession) -> None:
    answers = await asyncio.gather(
        *(alice.post("/api/v1/tasks", json=SPEC, headers=KEY) for _ in range(12))
    )

    assert {one.status_code for one in answers} <= {201, 409}
    assert len({one.content for one in answers if one.status_code == 201}) == 1
    assert await count(session, Task) == 1


class CutOff(Exception):  # noqa: N818
    """The process is gone before it could answer."""


async def test_an_answer_that_was_lost_is_told_again(
    app: FastAPI, alice: httpx2.AsyncClient, person: Person, session: AsyncSession
) -> None:
    async def dies(scope: Scope, receive: Receive, send: Send) -> None:
        async def cut(message: Message) -> None:
            raise CutOff

        await app(scope, receive, cut)

    transport = httpx2.ASGITransport(app=dies)
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, headers=person.headers
    ) as unlucky:
        with pytest.raises(CutOff):
            await unlucky.post("/api/v1/tasks", json=SPEC, headers=KEY)
    again = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)

    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(session, Task) == 1


async def test_what_was_not_committed_was_not_answered(
    alice: httpx2.AsyncClient, sessions: Sessions, session: AsyncSession
) -> None:
    broken = True

    def fail(_: object) -> None:
        if broken:
            raise OperationalError("COMMIT", None, Exception("the disk is full"))

    event.listen(sessions.class_.sync_session_class, "before_commit", fail)
    try:
        lost = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
        broken = False
        again = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    finally:
        event.remove(sessions.class_.sync_session_class, "before_commit", fail)

    assert lost.status_code == 503
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert await count(session, Task) == 1


async def test_the_text_of_an_api_key_is_told_once_and_kept_nowhere(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    body = {"name": "Script"}
    made = await alice.post("/auth/api-keys", json=body, headers=KEY)
    again = await alice.post("/auth/api-keys", json=body, headers=KEY)
    other = await alice.post("/auth/api-keys", json={"name": "Other"}, headers=KEY)

    assert made.status_code == 201
    assert again.status_code == 409
    assert again.json()["detail"].startswith("The API key of this Idempotency-Key was made")
    assert other.status_code == 422
    assert await count(session, ApiKey) == 2  # with the one that Alice came with
    kept = (await session.execute(text("SELECT * FROM answered_requests"))).one()
    assert made.json()["key"] not in repr(kept)
    assert kept.body is None


async def test_what_is_kept_is_sealed(alice: httpx2.AsyncClient, session: AsyncSession) -> None:
    body = {"type": "webhook", "target": "https://hooks.example/secret-path"}
    made = await alice.post("/api/v1/channels", json=body, headers=KEY)
    again = await alice.post("/api/v1/channels", json=body, headers=KEY)

    assert made.status_code == 201
    assert again.json()["secret"].startswith("whsec_")
    assert again.content == made.content
    kept = (await session.execute(text("SELECT * FROM answered_requests"))).one()
    assert "whsec_" not in repr(kept)
    assert "secret-path" not in repr(kept)


async def test_an_answer_sealed_with_another_secret_key_is_not_carried_out_again(
    app: FastAPI, alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)
    parts_of(app)[VAULT] = Vault("another secret key")

    again = await alice.post("/api/v1/tasks", json=SPEC, headers=KEY)

    assert again.status_code in {409, 422}
    assert await count(session, Task) == 1


async def test_an_endpoint_without_a_transaction_answers_the_same(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    body = {"prompt": "Tell me every morning when the Aurora lamp is below 350 USD"}
    first = await alice.post("/api/v1/tasks/suggest", json=body, headers=KEY)
    again = await alice.post("/api/v1/tasks/suggest", json=body, headers=KEY)

    assert first.status_code == 200
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert await count(session, AnsweredRequest) == 1


@pytest.mark.parametrize("key", ["", " ", "two words", "a" * 256, "naïve", "tab\tbed"])
async def test_a_key_is_short_and_plain(
    alice: httpx2.AsyncClient, session: AsyncSession, key: str
) -> None:
    headers = {b"Idempotency-Key": key.encode("latin-1")}
    response = await alice.post("/api/v1/tasks", json=SPEC, headers=headers)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert await count(session, Task) == 0
