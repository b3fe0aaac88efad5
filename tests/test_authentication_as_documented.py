"""The public page on authentication, statement by statement, over HTTP."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from tests.support.clerk import APP, ClerkStandIn
from tests.support.databases import Templates
from tests.support.fakes import FakeClock
from tests.support.people import Person, browse, make_person
from torale.server.app import create_app
from torale.server.auth.models import ApiKey
from torale.server.clock import utc_now
from torale.server.settings.base import Settings
from torale.server.worker import Service

ADA = "user_2abc"
KEY = re.compile(r"sk_[A-Za-z0-9]{32}")
TASK = {
    "name": "iPhone Release Monitor",
    "search_query": "When is the next iPhone release?",
    "condition_description": "A specific date has been announced",
    "schedule": "0 9 * * *",
}


@pytest.fixture
def clerk() -> Iterator[ClerkStandIn]:
    with ClerkStandIn() as stand_in:
        stand_in.add_user(ADA, "user@example.com")
        yield stand_in


@pytest.fixture
def settings(
    database_templates: Templates, tmp_path: Path, clerk: ClerkStandIn
) -> Iterator[Settings]:
    """SQLite alone: what a caller is told does not depend on the database."""
    more = {**clerk.settings, "clerk_authorized_parties": (APP,)}
    with database_templates.copy("sqlite", tmp_path, **more) as made:
        yield made


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    """The whole server, its real limits included, without its engine."""
    service = Service(settings, kind="serve", executes=False)
    yield service
    await service.stop()


@pytest.fixture
def app(service: Service) -> FastAPI:
    return create_app(service)


@pytest.fixture
async def person(service: Service) -> Person:
    return await make_person(service.sessions, "user@example.com", FakeClock(utc_now()))


@pytest.fixture
async def with_key(app: FastAPI, person: Person) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app, person) as client:
        yield client


@pytest.fixture
async def with_token(app: FastAPI, clerk: ClerkStandIn) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app) as client:
        client.headers.update(clerk.bearer(ADA, now=utc_now()))
        yield client


@pytest.fixture
async def with_nothing(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app) as client:
        yield client


async def make_key(client: httpx2.AsyncClient, name: str = "CLI Key") -> dict[str, Any]:
    response = await client.post("/auth/api-keys", json={"name": name})
    assert response.status_code == HTTPStatus.CREATED, response.text
    made: dict[str, Any] = response.json()
    return made


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


# Two methods.


async def test_both_methods_reach_every_endpoint_of_users_and_keys(
    with_key: httpx2.AsyncClient, with_token: httpx2.AsyncClient
) -> None:
    for client in (with_key, with_token):
        made = await make_key(client)
        assert (await client.get("/auth/me")).status_code == HTTPStatus.OK
        assert made["id"] in [one["id"] for one in (await client.get("/auth/api-keys")).json()]
        gone = await client.delete(f"/auth/api-keys/{made['id']}")
        assert gone.status_code == HTTPStatus.OK


async def test_the_token_that_clerk_issues_is_verified_and_lists_tasks(
    with_token: httpx2.AsyncClient,
) -> None:
    assert (await with_token.get("/api/v1/tasks")).json()["tasks"] == []


# The key.


async def test_a_key_is_sk_and_32_random_characters(with_key: httpx2.AsyncClient) -> None:
    keys = {(await make_key(with_key))["key"] for _ in range(20)}

    assert len(keys) == 20
    assert all(KEY.fullmatch(key) for key in keys)


async def test_keys_are_sha256_hashed_before_storage(
    with_key: httpx2.AsyncClient, service: Service, settings: Settings
) -> None:
    made = await make_key(with_key)

    async with service.sessions() as session:
        hashes = set(await session.scalars(select(ApiKey.key_hash)))
    assert hashlib.sha256(made["key"].encode()).hexdigest() in hashes
    files = settings.data_dir.glob("torale.db*")
    assert not any(made["key"].encode() in one.read_bytes() for one in files)


async def test_a_key_is_only_shown_once_during_creation(with_key: httpx2.AsyncClient) -> None:
    made = await make_key(with_key)
    listed = await with_key.get("/auth/api-keys")

    assert made["key"] not in listed.text
    assert all("key" not in one for one in listed.json())


async def test_keys_are_managed_per_user(
    app: FastAPI, service: Service, with_key: httpx2.AsyncClient
) -> None:
    made = await make_key(with_key)
    other = await make_person(service.sessions, "eve@example.com", FakeClock(utc_now()))

    async with browse(app, other) as eve:
        assert made["id"] not in (await eve.get("/auth/api-keys")).text
        refused = await eve.delete(f"/auth/api-keys/{made['id']}")

    assert refused.status_code == HTTPStatus.NOT_FOUND
    assert (await with_key.get("/auth/me", headers=bearer(made["key"]))).is_success


async def test_a_user_sees_when_each_key_was_last_used(
    service: Service, with_key: httpx2.AsyncClient
) -> None:
    made = await make_key(with_key, "Production Script")
    await with_key.get("/auth/me", headers=bearer(made["key"]))
    await service.key_uses.write(service.sessions, now=utc_now())

    listed = {one["name"]: one for one in (await with_key.get("/auth/api-keys")).json()}

    used = datetime.fromisoformat(listed["Production Script"]["last_used_at"])
    assert abs((datetime.now(UTC) - used).total_seconds()) < 90


async def test_a_revoked_key_is_out_immediately_and_for_good(with_key: httpx2.AsyncClient) -> None:
    made = await make_key(with_key)
    url = f"/auth/api-keys/{made['id']}"
    assert (await with_key.delete(url)).json() == {"message": "API key revoked successfully"}

    for _ in range(2):
        refused = await with_key.get("/auth/me", headers=bearer(made["key"]))
        assert refused.json() == {"detail": "Invalid API key"}
    assert (await with_key.delete(url)).status_code == HTTPStatus.NOT_FOUND


# Requests over HTTP.


async def test_the_shown_curl_commands_list_and_make_tasks(with_key: httpx2.AsyncClient) -> None:
    made = await with_key.post("/api/v1/tasks", json=TASK)

    assert made.status_code == HTTPStatus.CREATED, made.text
    listed = (await with_key.get("/api/v1/tasks")).json()["tasks"]
    assert [one["name"] for one in listed] == ["iPhone Release Monitor"]


# Endpoints.


async def test_sync_user_answers_the_user_of_clerk(with_token: httpx2.AsyncClient) -> None:
    response = await with_token.post("/auth/sync-user")

    body = response.json()
    assert response.status_code == HTTPStatus.OK
    assert list(body) == ["id", "clerk_user_id", "email", "state", "created_at"]
    assert (body["clerk_user_id"], body["email"], body["state"]) == (
        ADA,
        "user@example.com",
        "active",
    )
    assert body == (await with_token.post("/auth/sync-user")).json()


async def test_me_answers_id_address_state_and_time(with_key: httpx2.AsyncClient) -> None:
    body = (await with_key.get("/auth/me")).json()

    assert list(body) == ["id", "email", "state", "created_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["created_at"])


async def test_a_new_key_is_answered_with_its_id_key_prefix_name_and_time(
    with_key: httpx2.AsyncClient,
) -> None:
    made = await make_key(with_key)

    assert {"id", "key", "key_prefix", "name", "created_at"} <= set(made)
    assert made["name"] == "CLI Key"
    assert made["key_prefix"] == "sk_..." + made["key"][-5:]


async def test_the_list_of_keys_is_bare_and_redacted(with_key: httpx2.AsyncClient) -> None:
    await make_key(with_key)
    listed = (await with_key.get("/auth/api-keys")).json()

    assert isinstance(listed, list)
    for key in listed:
        assert {"id", "key_prefix", "name", "created_at", "last_used_at", "state"} <= set(key)
        assert re.fullmatch(r"sk_\.\.\.[A-Za-z0-9]{5}", key["key_prefix"])
        assert key["state"] == "active"


async def test_rotation_old_and_new_key_work_until_the_old_one_is_revoked(
    with_key: httpx2.AsyncClient, person: Person
) -> None:
    new = bearer((await make_key(with_key, "New"))["key"])
    for headers in (new, person.headers):
        assert (await with_key.get("/auth/me", headers=headers)).is_success

    await with_key.delete(f"/auth/api-keys/{person.key_id}", headers=new)

    assert (await with_key.get("/auth/me", headers=new)).is_success
    assert (await with_key.get("/auth/me")).status_code == HTTPStatus.UNAUTHORIZED


# Limits.


async def test_a_key_has_100_requests_a_minute_1000_an_hour_10000_a_day(
    with_key: httpx2.AsyncClient,
) -> None:
    headers = (await with_key.get("/auth/me")).headers

    assert headers["RateLimit-Policy"] == (
        '"minute";q=100;w=60, "hour";q=1000;w=3600, "day";q=10000;w=86400'
    )
    assert headers["X-RateLimit-Limit"] == "100"
    assert headers["X-RateLimit-Remaining"] == "99"
    ahead = int(headers["X-RateLimit-Reset"]) - utc_now().timestamp()
    assert 55 < ahead < 65, "seconds since the epoch"


async def test_beyond_the_limit_429_tells_the_wait_in_the_body_and_in_retry_after(
    with_key: httpx2.AsyncClient,
) -> None:
    answers = await asyncio.gather(*(with_key.get("/auth/me") for _ in range(101)))

    [refused] = [one for one in answers if not one.is_success]
    body = refused.json()
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert body == {"detail": "Rate limit exceeded", "retry_after": body["retry_after"]}
    assert 1 <= body["retry_after"] <= 60
    assert refused.headers["Retry-After"] == str(body["retry_after"])
    assert refused.headers["X-RateLimit-Limit"] == "100"
    assert refused.headers["X-RateLimit-Remaining"] == "0"


# Errors.


async def test_an_invalid_key_does_not_exist_or_was_revoked_or_has_another_format(
    with_key: httpx2.AsyncClient,
) -> None:
    revoked = await make_key(with_key)
    await with_key.delete(f"/auth/api-keys/{revoked['id']}")

    for key in ("sk_" + "0" * 32, revoked["key"], "sk_short", "abc"):
        refused = await with_key.get("/auth/me", headers=bearer(key))
        assert refused.status_code == HTTPStatus.UNAUTHORIZED
        assert refused.json() == {"detail": "Invalid API key"}


async def test_a_missing_header_and_one_without_bearer_are_told_so(
    with_nothing: httpx2.AsyncClient, person: Person
) -> None:
    for headers in ({}, {"Authorization": person.key}, {"Authorization": f"Token {person.key}"}):
        refused = await with_nothing.get("/auth/me", headers=headers)
        assert refused.status_code == HTTPStatus.UNAUTHORIZED
        assert refused.json() == {"detail": "Authorization header missing"}


async def test_an_expired_token_of_clerk_is_told_so(
    with_nothing: httpx2.AsyncClient, clerk: ClerkStandIn
) -> None:
    late = clerk.bearer(ADA, now=datetime.fromtimestamp(utc_now().timestamp() - 600, UTC))

    refused = await with_nothing.get("/auth/me", headers=late)

    assert refused.status_code == HTTPStatus.UNAUTHORIZED
    assert refused.json() == {"detail": "Token has expired"}
