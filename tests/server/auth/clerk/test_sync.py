"""From a session token to one of our users."""

import asyncio
import json
from datetime import timedelta
from http import HTTPStatus

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from tests.server.auth.clerk.stored import users
from tests.support.clerk import ClerkStandIn
from tests.support.fakes import FakeClock
from tests.support.people import browse, make_person
from torale.contract.auth import Scope
from torale.server.auth.clerk.provider import CLERK, Clerk
from torale.server.auth.errors import InactiveUserError
from torale.server.auth.models import Role, User, UserState
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import Settings

ADA, ADDRESS = "user_ada", "ada@example.com"
NOBODY = {"detail": "Invalid token"}

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_sync_user_makes_the_user(
    anybody: httpx2.AsyncClient, sessions: Sessions, ada: dict[str, str]
) -> None:
    response = await anybody.post("/auth/sync-user", headers=ada)

    [user] = await users(sessions)
    assert response.status_code == HTTPStatus.OK
    assert response.json() == {
        "id": str(user.id),
        "clerk_user_id": ADA,
        "email": ADDRESS,
        "state": "active",
        "created_at": "2026-11-24T09:00:30Z",
    }
    assert (user.role, user.email_verified) == (Role.USER, True)


async def test_sync_user_updates_the_user(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
) -> None:
    made = (await anybody.post("/auth/sync-user", headers=ada)).json()
    stand_in.change(ADA, email="lovelace@example.com", role="admin")

    updated = (await anybody.post("/auth/sync-user", headers=ada)).json()

    assert updated == {**made, "email": "lovelace@example.com"}
    [user] = await users(sessions)
    assert user.role is Role.ADMIN
    assert (await anybody.get("/only-admins", headers=ada)).json() == "lovelace@example.com"


@sqlite
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        json.dumps({"email": "eve@example.com", "role": "admin", "clerk_user_id": "x"}).encode(),
        b"[" * 1000,
    ],
)
async def test_sync_user_ignores_the_body(
    anybody: httpx2.AsyncClient, sessions: Sessions, ada: dict[str, str], body: bytes
) -> None:
    headers = {**ada, "Content-Type": "application/json"}

    response = await anybody.post("/auth/sync-user", headers=headers, content=body)

    assert response.status_code == HTTPStatus.OK
    [user] = await users(sessions)
    assert (user.email, user.role) == (ADDRESS, Role.USER)


@sqlite
async def test_sync_user_is_for_clerk_only(
    app: FastAPI, sessions: Sessions, clock: FakeClock, stand_in: ClerkStandIn
) -> None:
    person = await make_person(sessions, "alice@example.com", clock, scopes=list(Scope))

    async with browse(app, person) as alice:
        response = await alice.post("/auth/sync-user")

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert response.json() == {"detail": "Session token required"}
    assert stand_in.requests == []


async def test_the_first_request_of_somebody_unknown_syncs_by_itself(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
) -> None:
    first = await anybody.get("/auth/me", headers=ada)
    later = [await anybody.get("/auth/me", headers=ada) for _ in range(3)]

    [user] = await users(sessions)
    assert first.json() == {
        "id": str(user.id),
        "email": ADDRESS,
        "state": "active",
        "created_at": "2026-11-24T09:00:30Z",
    }
    assert {one.text for one in later} == {first.text}
    assert stand_in.asked_for(f"/v1/users/{ADA}") == 1


async def test_concurrent_first_requests_make_one_user(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
) -> None:
    answers = await asyncio.gather(
        *(anybody.get("/auth/me", headers=ada) for _ in range(10)),
        *(anybody.post("/auth/sync-user", headers=ada) for _ in range(5)),
    )

    assert {one.status_code for one in answers} == {HTTPStatus.OK}
    assert len({one.json()["id"] for one in answers}) == 1
    assert len(await users(sessions)) == 1


async def test_two_processes_make_one_user(
    settings: Settings, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    processes = [Clerk(settings, sessions, clock) for _ in range(5)]
    stand_in.hold.clear()
    started = [asyncio.create_task(one.sync(ADA, now=clock())) for one in processes]
    while stand_in.asked_for(f"/v1/users/{ADA}") < len(started):
        await asyncio.sleep(0.01)
    stand_in.hold.set()
    made = await asyncio.gather(*started)

    assert len({user.id for user in made}) == 1
    for process in processes:
        await process.aclose()


async def test_users_are_never_joined_by_address(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    clock: FakeClock,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
) -> None:
    local = await make_person(sessions, ADDRESS, clock, is_admin=True)
    stand_in.add_user("user_eve", ADDRESS)

    hers = (await anybody.get("/auth/me", headers=ada)).json()
    eves = (await anybody.get("/auth/me", headers=stand_in.bearer("user_eve", now=clock()))).json()

    assert len({str(local.user_id), hers["id"], eves["id"]}) == 3
    assert {user.email for user in await users(sessions)} == {ADDRESS}
    assert (await anybody.get("/only-admins", headers=ada)).status_code == HTTPStatus.FORBIDDEN


async def test_an_inactive_user_is_told_so(
    anybody: httpx2.AsyncClient,
    clerk: Clerk,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    clock: FakeClock,
    ada: dict[str, str],
) -> None:
    await anybody.get("/auth/me", headers=ada)
    async with sessions.begin() as session:
        await session.execute(update(User).values(state=UserState.INACTIVE))
    stand_in.change(ADA, email="new@example.com")

    for response in (
        await anybody.get("/auth/me", headers=ada),
        await anybody.post("/auth/sync-user", headers=ada),
    ):
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert response.json() == {"detail": "User account is inactive"}
    with pytest.raises(InactiveUserError):
        await clerk.sign_in(stand_in.token(ADA, now=clock()), now=clock())
    assert (await clerk.sync(ADA, now=clock())).state is UserState.INACTIVE, "and stays so"


async def test_signing_in_hands_out_the_user_and_the_session(
    clerk: Clerk, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    token = stand_in.token(ADA, now=clock(), sid="sess_7")

    first, session = await clerk.sign_in(token, now=clock())
    again, _ = await clerk.sign_in(token, now=clock())

    assert (first.email, first.id) == (ADDRESS, again.id)
    assert (session.user_id, session.session_id) == (ADA, "sess_7")


@sqlite
async def test_a_session_reaches_as_far_as_the_role(
    anybody: httpx2.AsyncClient, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    stand_in.add_user("user_root", "root@example.com", role="admin")
    ada, root = (stand_in.bearer(one, now=clock()) for one in (ADA, "user_root"))

    plain = await anybody.post("/auth/api-keys", json={"name": "Mine"}, headers=ada)
    wanted = {"name": "Mine", "scopes": ["admin"]}
    refused = await anybody.post("/auth/api-keys", json=wanted, headers=ada)
    granted = await anybody.post("/auth/api-keys", json=wanted, headers=root)

    assert plain.json()["scopes"] == ["read", "write"]
    assert refused.json() == {"detail": "Admin access required"}
    assert granted.json()["scopes"] == ["admin"]


@sqlite
async def test_when_clerk_is_off_no_token_holds(
    app: FastAPI, stand_in: ClerkStandIn, ada: dict[str, str]
) -> None:
    parts_of(app)[CLERK] = None
    async with browse(app) as anybody:
        response = await anybody.get("/auth/me", headers=ada)
        webhook = await stand_in.send(anybody, "user.updated", stand_in.profiles[ADA])

    assert response.json() == NOBODY
    assert webhook.status_code == HTTPStatus.NOT_FOUND


@sqlite
async def test_an_answer_that_is_older_than_what_is_stored_changes_nothing(
    clerk: Clerk, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    stand_in.change(ADA, email="new@example.com")
    await clerk.sync(ADA, now=clock())
    stand_in.change(ADA, email="old@example.com", updated_at=clock() - timedelta(days=3650))

    user = await clerk.sync(ADA, now=clock())

    assert user.email == "new@example.com"
