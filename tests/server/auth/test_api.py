import asyncio
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.fakes import FakeClock
from tests.support.people import Person
from torale.server.auth import service
from torale.server.auth.models import ApiKey, AuditEvent, Role
from torale.server.database import Sessions
from torale.server.errors import InvalidFieldError

FIELDS = {
    "id",
    "key_prefix",
    "name",
    "scopes",
    "state",
    "expires_at",
    "last_used_at",
    "created_at",
}

NONSENSE: list[tuple[list[str | int], Any]] = [
    (["name"], {}),
    (["name"], {"name": ""}),
    (["name"], {"name": "   "}),
    (["name"], {"name": "x" * 101}),
    (["name"], {"name": "two\nlines"}),
    (["name"], {"name": "a\x00b"}),
    (["name"], {"name": "a\u202eb"}),
    (["name"], {"name": None}),
    (["name"], {"name": 7}),
    (["scopes"], {"name": "x", "scopes": []}),
    (["scopes", 0], {"name": "x", "scopes": ["everything"]}),
    (["expires_at"], {"name": "x", "expires_at": "2026-11-24T09:00:30Z"}),
    (["expires_at"], {"name": "x", "expires_at": "2020-01-01"}),
    (["expires_at"], {"name": "x", "expires_at": "soon"}),
    (["expires_at"], {"name": "x", "expires_at": "9999-12-31T23:59:59-12:00"}),
    (["expires_at"], {"name": "x", "expires_at": "0001-01-01T00:00:00+12:00"}),
    (["expires_at"], {"name": "x", "expires_at": 1e300}),
    (["key"], {"name": "x", "key": "sk_mine"}),
    ([], []),
]


async def test_me_is_whose_key_it_is(alice: httpx2.AsyncClient, person: Person) -> None:
    response = await alice.get("/auth/me")

    assert response.json() == {
        "id": str(person.user_id),
        "email": "alice@example.com",
        "state": "active",
        "created_at": "2026-11-24T09:00:30Z",
    }


async def test_a_key_is_told_once(alice: httpx2.AsyncClient) -> None:
    response = await alice.post("/auth/api-keys", json={"name": "  CLI Key "})

    made = response.json()
    assert response.status_code == HTTPStatus.CREATED
    assert response.headers["cache-control"] == "no-store"
    assert set(made) == {*FIELDS, "key"}
    assert made["name"] == "CLI Key"
    assert made["key_prefix"] == "sk_..." + made["key"][-5:]
    assert made["scopes"] == ["read", "write"]
    assert made["state"] == "active"
    listed = (await alice.get("/auth/api-keys")).json()
    assert {key.pop("id") for key in listed} > {made["id"]}
    assert all(set(key) == FIELDS - {"id"} for key in listed)


async def test_keys_are_listed_newest_first(alice: httpx2.AsyncClient, clock: FakeClock) -> None:
    for name in ("second", "third"):
        clock.advance(timedelta(seconds=1))
        made = (await alice.post("/auth/api-keys", json={"name": name})).json()
    await alice.delete(f"/auth/api-keys/{made['id']}")

    listed = (await alice.get("/auth/api-keys")).json()

    assert [(key["name"], key["state"]) for key in listed] == [
        ("third", "revoked"),
        ("second", "active"),
        ("Test", "active"),
    ]


async def test_a_key_that_makes_no_sense_is_refused(alice: httpx2.AsyncClient) -> None:
    for loc, body in NONSENSE:
        response = await alice.post("/auth/api-keys", json=body)

        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, body
        [problem] = response.json()["detail"]
        assert set(problem) == {"loc", "msg", "type"}
        assert problem["loc"] == ["body", *loc], body


async def test_a_name_may_be_of_any_script(alice: httpx2.AsyncClient) -> None:
    for name in ("Ключ № 1", "👩‍💻", "x", "x" * 100):
        response = await alice.post("/auth/api-keys", json={"name": name})
        assert response.json()["name"] == name


async def test_nobody_makes_an_admins_key_by_asking(alice: httpx2.AsyncClient) -> None:
    response = await alice.post("/auth/api-keys", json={"name": "x", "scopes": ["admin"]})

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert response.json() == {"detail": "Admin access required"}


async def test_a_key_is_revoked_once(alice: httpx2.AsyncClient) -> None:
    made = (await alice.post("/auth/api-keys", json={"name": "x"})).json()
    url = f"/auth/api-keys/{made['id']}"

    first, second = await alice.delete(url), await alice.delete(url)

    assert first.status_code == HTTPStatus.OK
    assert first.json() == {"message": "API key revoked successfully"}
    assert second.status_code == HTTPStatus.NOT_FOUND
    assert second.json() == {"detail": "API key not found"}


async def test_a_strangers_key_looks_missing(
    alice: httpx2.AsyncClient, mallory: httpx2.AsyncClient, person: Person
) -> None:
    for named in (person.key_id, uuid4(), "no-uuid", "1", f"{{{person.key_id}}}", "%00"):
        response = await mallory.delete(f"/auth/api-keys/{named}")
        assert response.status_code == HTTPStatus.NOT_FOUND
        assert response.json() == {"detail": "API key not found"}
    assert (await alice.get("/auth/me")).status_code == HTTPStatus.OK
    assert str(person.key_id) not in (await mallory.get("/auth/api-keys")).text


async def test_a_user_has_at_most_fifty_active_keys(
    sessions: Sessions, alice: httpx2.AsyncClient, person: Person, clock: FakeClock
) -> None:
    async with sessions.begin() as session:
        expiry = clock() + timedelta(minutes=1)
        for _ in range(47):
            await service.create_key(session, person.user_id, "x", [], None, clock())
        await service.create_key(session, person.user_id, "old", [], expiry, clock())

    answers = await asyncio.gather(
        *(alice.post("/auth/api-keys", json={"name": "x"}) for _ in range(3))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    clock.advance(timedelta(minutes=1))
    again = await alice.post("/auth/api-keys", json={"name": "x"})
    assert again.status_code == HTTPStatus.CREATED, "expired keys do not count"


async def test_what_becomes_of_keys_is_audited(
    alice: httpx2.AsyncClient, session: AsyncSession, person: Person
) -> None:
    made = (await alice.post("/auth/api-keys", json={"name": "x"})).json()
    await alice.delete(f"/auth/api-keys/{made['id']}")

    events = (await session.scalars(select(AuditEvent))).all()

    mine = [event for event in events if event.detail.get("key_id") == made["id"]]
    assert sorted(event.action for event in mine) == ["api_key.created", "api_key.revoked"]
    assert {event.actor_id for event in mine} == {person.user_id}
    assert not any(made["key"] in str(event.detail) for event in events)


async def test_the_operator_finds_or_makes_a_user(session: AsyncSession, clock: FakeClock) -> None:
    made = await service.find_or_make_user(session, "Bob@example.com", now=clock())
    found = await service.find_or_make_user(session, "bob@EXAMPLE.com", is_admin=True, now=clock())

    assert found.id == made.id
    assert found.role is Role.ADMIN
    assert found.email_verified
    for wrong in ("", "bob", "bob@", "a b@c", "x" * 251 + "@a.b"):
        with pytest.raises(InvalidFieldError):
            await service.find_or_make_user(session, wrong, now=clock())


async def test_two_commands_at_once_make_one_user(sessions: Sessions, clock: FakeClock) -> None:
    async def make() -> object:
        async with sessions.begin() as session:
            user = await service.find_or_make_user(session, "bob@example.com", now=clock())
            return user.id

    assert len(set(await asyncio.gather(*(make() for _ in range(4))))) == 1


async def test_a_key_that_would_have_expired_is_refused(
    session: AsyncSession, person: Person, clock: FakeClock
) -> None:
    with pytest.raises(InvalidFieldError):
        await service.create_key(session, person.user_id, "x", [], clock(), clock())
    assert len((await session.scalars(select(ApiKey))).all()) == 1
