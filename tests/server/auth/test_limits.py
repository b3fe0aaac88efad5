"""Limits as a caller meets them: answers of the rooms, through the edge."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from tests.support.clerk import ClerkStandIn
from tests.support.databases import Templates
from tests.support.fakes import FakeClock
from tests.support.people import BASE_URL, Person, build_app, make_person
from torale.contract.auth import Scope
from torale.server.app import create_app
from torale.server.app.middleware import Edge
from torale.server.auth import api, service
from torale.server.auth.clerk.provider import CLERK, Clerk
from torale.server.auth.dependencies import AdminCaller, Reader
from torale.server.auth.models import User, UserState
from torale.server.database import Sessions, connect, make_sessions
from torale.server.limits import LIMITS, Limits
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.worker import Service

ME = "/auth/me"
BODY = {"detail": "Rate limit exceeded", "retry_after": 60}
TOLD = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit",
    "RateLimit-Policy",
)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2ln"
WRONG = "sk_" + "Zz09" * 8


@pytest.fixture
def settings(database_templates: Templates, tmp_path: Path) -> Iterator[Settings]:
    """SQLite alone: the limits do not meet the database."""
    with database_templates.copy(
        "sqlite", tmp_path, trusted_proxies=(ip_network("10.0.0.0/8"),)
    ) as made:
        yield made


def _odd_router() -> APIRouter:
    router = APIRouter()

    @router.get("/broken")
    async def broken(_: Reader) -> None:
        raise RuntimeError("a bug")

    @router.get("/gone")
    async def gone(_: Reader) -> None:
        raise OperationalError("SELECT 1", {}, Exception("disk full"))

    @router.get("/admin/quiet")
    async def quiet(caller: AdminCaller) -> str:
        return caller.email

    return router


@pytest.fixture
def app(settings: Settings, sessions: Sessions, clock: FakeClock) -> FastAPI:
    app = build_app(settings, sessions, clock, api.router, _odd_router())
    parts_of(app)[LIMITS] = Limits()
    return app


@pytest.fixture
async def person(sessions: Sessions, clock: FakeClock) -> Person:
    return await make_person(sessions, "alice@example.com", clock)


@asynccontextmanager
async def visit(
    app: FastAPI,
    person: Person | str | None = None,
    *,
    address: str = "203.0.113.7",
    **headers: str,
) -> AsyncGenerator[httpx2.AsyncClient]:
    key = person.key if isinstance(person, Person) else person
    headers = {**headers, **({"Authorization": f"Bearer {key}"} if key else {})}
    edge = Edge(app, local_only=False)
    transport = httpx2.ASGITransport(app=edge, raise_app_exceptions=False, client=(address, 4000))
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, headers=headers
    ) as client:
        yield client


@pytest.fixture
async def alice(app: FastAPI, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    async with visit(app, person) as client:
        yield client


async def test_every_authenticated_answer_tells_what_is_left(
    alice: httpx2.AsyncClient, app: FastAPI, sessions: Sessions, clock: FakeClock
) -> None:
    reader = await make_person(sessions, "r@example.com", clock, scopes=[Scope.READ])
    answers = [
        await alice.get(ME),
        await alice.post("/auth/api-keys", json={"name": "More"}),
        await alice.get("/auth/api-keys"),
        await alice.post("/auth/api-keys", json={"name": ""}),
        await alice.delete("/auth/api-keys/nothing"),
        await alice.get("/admin/quiet"),
        await alice.get("/broken"),
        await alice.get("/gone"),
    ]
    async with visit(app, reader) as client:
        answers.append(await client.post("/auth/api-keys", json={"name": "More"}))

    assert [one.status_code for one in answers] == [200, 201, 200, 422, 404, 403, 500, 503, 403]
    for number, answer in enumerate(answers[:-1]):
        assert answer.headers["X-RateLimit-Limit"] == "100"
        assert answer.headers["X-RateLimit-Remaining"] == str(99 - number)
        assert answer.headers["X-RateLimit-Reset"] == str(int(clock().timestamp()) + 60)
        assert answer.headers["RateLimit"].startswith(f'"minute";r={99 - number};t=60, "hour";r=')
        assert answer.headers["RateLimit-Policy"].endswith('"day";q=10000;w=86400')
        assert "Retry-After" not in answer.headers or answer.status_code == 503
    assert answers[-1].headers["X-RateLimit-Remaining"] == "99"


async def test_unauthenticated_answers_tell_nothing(app: FastAPI) -> None:
    async with visit(app) as nobody, visit(app, WRONG) as wrong:
        for answer in (await nobody.get(ME), await wrong.get(ME), await nobody.get("/nowhere")):
            assert answer.status_code in {401, 404}
            assert not [name for name in TOLD if name in answer.headers]


async def test_the_caller_is_known_before_the_body_is_read(
    app: FastAPI, alice: httpx2.AsyncClient
) -> None:
    broken: dict[str, Any] = {
        "content": b'{"name": ',
        "headers": {"Content-Type": "application/json"},
    }
    async with visit(app) as nobody, visit(app, WRONG) as wrong:
        assert (await nobody.post("/auth/api-keys", **broken)).status_code == 401
        statuses = [(await wrong.post("/auth/api-keys", **broken)).status_code for _ in range(31)]
    assert statuses == [401] * 30 + [429]

    told = await alice.post("/auth/api-keys", **broken)
    assert told.status_code == 422
    assert told.headers["X-RateLimit-Remaining"] == "99", "and it is counted once"


async def test_the_hundred_and_first_in_a_minute_is_refused(
    alice: httpx2.AsyncClient, clock: FakeClock
) -> None:
    for _ in range(40):
        assert (await alice.get(ME)).status_code == HTTPStatus.OK
    clock.advance(timedelta(seconds=30, milliseconds=1))
    for _ in range(60):
        assert (await alice.get(ME)).status_code == HTTPStatus.OK

    for _ in range(3):  # those that are refused use up nothing
        refused = await alice.get(ME)
        assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert refused.json() == {"detail": "Rate limit exceeded", "retry_after": 30}
        assert refused.headers["Retry-After"] == "30"
        assert refused.headers["X-RateLimit-Limit"] == "100"
        assert refused.headers["X-RateLimit-Remaining"] == "0"
        ends = int(clock().timestamp() + 30)
        assert refused.headers["X-RateLimit-Reset"] == str(ends)
        assert refused.headers["RateLimit"] == (
            '"minute";r=0;t=30, "hour";r=900;t=3570, "day";r=9900;t=86370'
        )

    clock.advance(timedelta(seconds=29))
    assert (await alice.get(ME)).status_code == HTTPStatus.TOO_MANY_REQUESTS
    clock.advance(timedelta(seconds=1))
    again = [(await alice.get(ME)).status_code for _ in range(41)]
    assert again == [200] * 40 + [429], "it slides: only the first forty are a minute ago"


async def test_together_no_more_pass_than_one_after_the_other(app: FastAPI, person: Person) -> None:
    statuses: list[int] = []

    async def ask(client: httpx2.AsyncClient) -> None:
        statuses.append((await client.get(ME)).status_code)

    async with visit(app, person) as client, anyio.create_task_group() as group:
        for _ in range(150):
            group.start_soon(ask, client)

    assert sorted(statuses) == [200] * 100 + [429] * 50


async def test_each_key_is_counted_by_itself(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> None:
    one, other = [await make_person(sessions, "a@example.com", clock) for _ in range(2)]
    async with visit(app, one) as client:
        for _ in range(100):
            await client.get(ME)
        assert (await client.get(ME)).status_code == HTTPStatus.TOO_MANY_REQUESTS
    async with visit(app, other) as client:
        assert (await client.get(ME)).headers["X-RateLimit-Remaining"] == "99"


async def test_admins_have_a_bucket_of_their_own(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> None:
    admin = await make_person(
        sessions, "admin@example.com", clock, scopes=list(Scope), is_admin=True
    )
    async with visit(app, admin) as client:
        for _ in range(100):
            await client.get(ME)
        operating = [await client.get("/admin/quiet") for _ in range(1_001)]
        elsewhere = await client.get(ME)

    assert {one.status_code for one in operating[:-1]} == {200}
    assert operating[0].headers["X-RateLimit-Limit"] == "1000"
    assert operating[0].headers["RateLimit-Policy"] == '"minute";q=1000;w=60, "hour";q=10000;w=3600'
    assert operating[-1].status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert operating[-1].json() == BODY
    assert elsewhere.status_code == HTTPStatus.TOO_MANY_REQUESTS


async def test_users_without_the_role_get_nothing_out_of_an_admins_path(
    alice: httpx2.AsyncClient,
) -> None:
    refused = await alice.get("/admin/quiet")

    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert refused.headers["X-RateLimit-Limit"] == "100"
    assert (await alice.get(ME)).headers["X-RateLimit-Remaining"] == "98"


async def test_sessions_are_counted_by_user_and_deactivated_users_too(
    database_templates: Templates, tmp_path: Path, clock: FakeClock
) -> None:
    with (
        ClerkStandIn() as stand_in,
        database_templates.copy("sqlite", tmp_path, **stand_in.settings) as settings,
    ):
        stand_in.add_user("user_ada", "ada@example.com")
        engine = connect(settings)
        sessions = make_sessions(engine)
        clerk = Clerk(settings, sessions, clock)
        app = build_app(settings, sessions, clock, api.router)
        parts_of(app)[LIMITS], parts_of(app)[CLERK] = Limits(), clerk
        phone, laptop = (
            stand_in.bearer("user_ada", now=clock(), sid=f"sess_{name}") for name in ("a", "b")
        )
        async with visit(app) as client:
            for _ in range(50):
                for headers in (phone, laptop):
                    assert (await client.get(ME, headers=headers)).status_code == HTTPStatus.OK
            assert (await client.get(ME, headers=phone)).json() == BODY
            clock.advance(timedelta(seconds=61))
            async with sessions.begin() as session:
                await session.execute(update(User).values(state=UserState.INACTIVE))
            later = stand_in.bearer("user_ada", now=clock())
            turned_away = await client.get(ME, headers=later)
        await clerk.aclose()
        await engine.dispose()

    assert turned_away.status_code == HTTPStatus.FORBIDDEN
    assert turned_away.headers["X-RateLimit-Remaining"] == "99"


async def test_failed_credentials_are_counted_by_address(
    app: FastAPI, clock: FakeClock, person: Person
) -> None:
    async with visit(app, WRONG) as guesser:
        for sent in (f"Bearer {WRONG}", "Bearer nonsense", f"bearer {JWT}") * 10:
            answer = await guesser.get(ME, headers={"Authorization": sent})
            assert answer.status_code == HTTPStatus.UNAUTHORIZED
        clock.advance(timedelta(seconds=18, milliseconds=500))
        refused = await guesser.get(ME)
        assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert refused.json() == {"detail": "Rate limit exceeded", "retry_after": 42}
        assert refused.headers["Retry-After"] == "42"
        assert refused.headers["X-RateLimit-Limit"] == "30"
        assert "WWW-Authenticate" not in refused.headers
        missing = await guesser.get(ME, headers={"Authorization": ""})
        assert missing.json() == {"detail": "Authorization header missing"}
        holds = await guesser.get(ME, headers=person.headers)
        assert holds.status_code == HTTPStatus.OK
        assert holds.headers["X-RateLimit-Limit"] == "100"
    async with visit(app, WRONG, address="203.0.113.8") as elsewhere:
        assert (await elsewhere.get(ME)).status_code == HTTPStatus.UNAUTHORIZED
    clock.advance(timedelta(seconds=42))
    async with visit(app, WRONG) as guesser:
        assert (await guesser.get(ME)).status_code == HTTPStatus.UNAUTHORIZED


async def test_asking_without_a_credential_is_no_guess(app: FastAPI) -> None:
    async with visit(app) as nobody:
        statuses = {(await nobody.get(ME)).status_code for _ in range(40)}

    assert statuses == {401}


async def test_a_network_of_ipv6_is_one_client(app: FastAPI) -> None:
    for number in range(30):
        async with visit(app, WRONG, address=f"2001:db8:1:2:{number:x}::1") as guesser:
            assert (await guesser.get(ME)).status_code == HTTPStatus.UNAUTHORIZED

    async with visit(app, WRONG, address="2001:db8:1:2::ffff") as guesser:
        assert (await guesser.get(ME)).status_code == HTTPStatus.TOO_MANY_REQUESTS
    async with visit(app, WRONG, address="2001:db8:1:3::1") as other:
        assert (await other.get(ME)).status_code == HTTPStatus.UNAUTHORIZED


async def test_only_a_trusted_proxy_says_who_its_client_is(app: FastAPI) -> None:
    async def fail(address: str, forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        async with visit(app, WRONG, address=address, **headers) as guesser:
            return (await guesser.get(ME)).status_code

    # The one who connects makes up where he comes from: he is counted all the same.
    assert [await fail("203.0.113.7", f"198.51.100.{n}") for n in range(31)] == [401] * 30 + [429]
    # Behind our proxy clients are told apart, whatever they add to the left.
    assert {await fail("10.0.0.1", f"198.51.100.{n}") for n in range(40)} == {401}
    made_up = [await fail("10.0.0.2", f"1.1.1.{n}, 192.0.2.1") for n in range(31)]
    assert made_up == [401] * 30 + [429]


async def test_an_attacker_with_many_addresses_fills_no_memory(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> None:
    limits = parts_of(app)[LIMITS]
    most = limits.policies.failures.max_subjects
    assert most is not None
    for number in range(most + 500):
        await limits.take(limits.policies.failures, f"198.51.{number}", clock())

    assert limits.subjects(limits.policies.failures) == most


async def test_local_use_without_authentication_is_not_limited(
    database_templates: Templates, tmp_path: Path, clock: FakeClock
) -> None:
    with database_templates.copy("sqlite", tmp_path, noauth="1") as settings:
        engine = connect(settings)
        sessions = make_sessions(engine)
        async with sessions.begin() as session:
            await service.ensure_local_user(session, clock())
        app = build_app(settings, sessions, clock, api.router)
        parts_of(app)[LIMITS] = Limits()
        async with visit(app, address="127.0.0.1") as client:
            answers = [await client.get(ME) for _ in range(105)]
        await engine.dispose()

    assert {one.status_code for one in answers} == {200}
    assert not [name for name in TOLD if name in answers[0].headers]
    assert answers[0].json()["email"] == "dev@localhost"


def test_the_document_tells_of_limits_wherever_somebody_calls(settings: Settings) -> None:
    document = create_app(Service(settings, kind="serve", executes=False)).openapi()
    asked = [
        (path, operation["responses"])
        for path, item in document["paths"].items()
        for operation in item.values()
        if operation.get("security")
    ]

    assert len(asked) > 20
    for path, responses in asked:
        limited = responses["429"]
        assert set(limited["headers"]) == {"Retry-After", *TOLD}, path
        schema = limited["content"]["application/json"]["schema"]
        assert schema == {"$ref": "#/components/schemas/RateLimitedOut"}
        assert "WWW-Authenticate" in responses["401"]["headers"], path
        assert "403" in responses
    shape = document["components"]["schemas"]["RateLimitedOut"]
    assert set(shape["required"]) == {"detail", "retry_after"}
