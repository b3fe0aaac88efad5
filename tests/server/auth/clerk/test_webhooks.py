"""What Clerk tells by itself: signed, in any order, more than once."""

import asyncio
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import permutations
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from tests.server.auth.clerk.stored import users
from tests.support.clerk import ClerkStandIn
from tests.support.fakes import FakeClock
from torale.contract.auth import Scope
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth import service
from torale.server.auth.models import (
    ApiKey,
    AuditEvent,
    KeyState,
    Role,
    User,
    UserSession,
    UserState,
)
from torale.server.database import Sessions
from torale.server.tasks.models import Task

ADA, ADDRESS = "user_ada", "ada@example.com"
DELETED = {"id": ADA, "object": "user", "deleted": True}
INACTIVE = {"detail": "User account is inactive"}

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_a_created_user_is_there_before_their_first_request(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    response = await stand_in.send(anybody, "user.created", stand_in.profiles[ADA])

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert response.content == b""
    [user] = await users(sessions)
    assert (user.clerk_user_id, user.email, user.role) == (ADA, ADDRESS, Role.USER)
    headers = stand_in.bearer(ADA, now=clock())
    assert (await anybody.get("/auth/me", headers=headers)).json()["id"] == str(user.id)
    assert stand_in.asked_for(f"/v1/users/{ADA}") == 0


async def test_an_updated_user_is_updated(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    await stand_in.send(anybody, "user.created", stand_in.profiles[ADA])
    changed = stand_in.change(ADA, email="new@example.com", role="admin")

    await stand_in.send(anybody, "user.updated", changed)

    [user] = await users(sessions)
    assert (user.email, user.role) == ("new@example.com", Role.ADMIN)


async def give_belongings(sessions: Sessions, user_id: Any, now: datetime) -> None:
    """Give a user a key, a browser and two tasks, one of them active."""
    async with sessions.begin() as session:
        await service.create_key(session, user_id, "Test", [Scope.READ], None, now)
        session.add(
            UserSession(
                user_id=user_id,
                token_hash="0" * 64,
                method="clerk",
                provider_session="sess_2StandIn",
                address="127.0.0.1",
                agent="Firefox",
                created_at=now,
                last_seen_at=now,
                ends_at=now + timedelta(days=90),
            )
        )
        for state in (TaskState.ACTIVE, TaskState.COMPLETED):
            session.add(
                Task(
                    user_id=user_id,
                    name="Lamp",
                    search_query="Price of the lamp",
                    condition_description="It is below 350 USD",
                    schedule="0 9 * * *",
                    timezone="UTC",
                    notify_behavior=NotifyBehavior.ALWAYS,
                    state=state,
                    sources=[],
                    next_run_at=now if state is TaskState.ACTIVE else None,
                    state_changed_at=now,
                    created_at=now,
                    updated_at=now,
                )
            )


async def test_a_deleted_user_is_shut_out_and_nothing_is_deleted(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    headers = stand_in.bearer(ADA, now=clock())
    me = (await anybody.get("/auth/me", headers=headers)).json()
    await give_belongings(sessions, (await users(sessions))[0].id, clock())

    for _ in range(2):
        response = await stand_in.send(anybody, "user.deleted", DELETED)
        assert response.status_code == HTTPStatus.NO_CONTENT

    async with sessions() as session:
        [user] = await session.scalars(select(User))
        [key] = await session.scalars(select(ApiKey))
        tasks = (await session.scalars(select(Task).order_by(Task.state))).all()
        assert (await session.scalars(select(UserSession))).all() == []
        audited = (await session.scalars(select(AuditEvent))).all()
    assert (str(user.id), user.state) == (me["id"], UserState.INACTIVE)
    assert (key.state, key.revoked_at) == (KeyState.REVOKED, clock())
    assert [(task.state, task.next_run_at) for task in tasks] == [
        (TaskState.COMPLETED, None),
        (TaskState.PAUSED, None),
    ]
    actions = sorted(event.action for event in audited)
    assert actions == ["api_key.created", "user.deactivated", "user.deleted_in_clerk"]
    assert (await anybody.get("/auth/me", headers=headers)).json() == INACTIVE


async def test_a_deletion_is_final(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    headers = stand_in.bearer(ADA, now=clock())
    await stand_in.send(anybody, "user.deleted", DELETED)  # of somebody whom we never met
    await stand_in.send(anybody, "user.created", stand_in.profiles[ADA])
    await stand_in.send(anybody, "user.updated", stand_in.change(ADA, role="admin"))

    assert await users(sessions) == []
    refused = await anybody.get("/auth/me", headers=headers)
    assert refused.status_code == HTTPStatus.UNAUTHORIZED
    assert refused.json() == {"detail": "Invalid token"}, "even while Clerk still knows them"
    assert await users(sessions) == []


def story(stand_in: ClerkStandIn) -> list[tuple[str, dict[str, Any]]]:
    return [
        ("user.created", stand_in.profiles[ADA]),
        ("user.updated", stand_in.change(ADA, email="second@example.com", role="admin")),
        ("user.updated", stand_in.change(ADA, email="third@example.com")),
    ]


@sqlite
async def test_the_newest_state_wins_in_whatever_order_it_comes(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    for number, order in enumerate(permutations(story(stand_in))):
        for kind, data in order:
            for _ in range(2):  # every one of them comes twice
                await stand_in.send(anybody, kind, {**data, "id": f"user_{number}"})

    found = await users(sessions)
    assert len(found) == 6
    assert {(user.email, user.role) for user in found} == {("third@example.com", Role.USER)}


@sqlite
async def test_nothing_revives_a_deleted_user_in_whatever_order_it_comes(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    events = [*story(stand_in), ("user.deleted", DELETED)]
    for number, order in enumerate(permutations(events)):
        for kind, data in order:
            await stand_in.send(anybody, kind, {**data, "id": f"user_{number}"})

    assert {user.state for user in await users(sessions)} == {UserState.INACTIVE}


async def test_events_and_requests_at_once_make_one_user(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    created = stand_in.profiles[ADA]
    updated = stand_in.change(ADA, email="new@example.com")
    headers = stand_in.bearer(ADA, now=clock())

    answers = await asyncio.gather(
        *(stand_in.send(anybody, "user.created", created) for _ in range(3)),
        *(stand_in.send(anybody, "user.updated", updated) for _ in range(3)),
        *(anybody.get("/auth/me", headers=headers) for _ in range(3)),
    )

    assert {one.status_code for one in answers} == {HTTPStatus.OK, HTTPStatus.NO_CONTENT}
    assert [user.email for user in await users(sessions)] == ["new@example.com"]


@sqlite
async def test_without_a_verified_address_nobody_is_made_and_nobody_stays_admin(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    stand_in.add_user("user_eve", "eve@example.com", verified=False)
    made = await stand_in.send(anybody, "user.created", stand_in.profiles["user_eve"])
    assert made.status_code == HTTPStatus.NO_CONTENT, "trying again would not help"
    assert await users(sessions) == []

    await stand_in.send(anybody, "user.updated", stand_in.change(ADA, role="admin"))
    await stand_in.send(anybody, "user.updated", stand_in.change(ADA, verified=False))

    [user] = await users(sessions)
    assert (user.email, user.email_verified, user.role) == (ADDRESS, False, Role.USER)


@sqlite
async def test_an_event_without_a_time_of_change_is_as_new_as_itself(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    def told(email: str) -> dict[str, Any]:
        return {**stand_in.change(ADA, email=email), "updated_at": None}

    moment = 1_790_000_000_000
    for email, timestamp in (("b@example.com", moment + 1), ("a@example.com", moment)):
        await stand_in.send(anybody, "user.updated", told(email), timestamp=timestamp)
    assert [user.email for user in await users(sessions)] == ["b@example.com"]

    await stand_in.send(anybody, "user.updated", told("c@example.com"))  # signed now
    assert [user.email for user in await users(sessions)] == ["c@example.com"]


@sqlite
@pytest.mark.parametrize("kind", ["session.ended", "session.removed", "session.revoked"])
async def test_a_session_that_is_over_signs_the_browser_out(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    clock: FakeClock,
    kind: str,
) -> None:
    await stand_in.send(anybody, "user.created", stand_in.profiles[ADA])
    await give_belongings(sessions, (await users(sessions))[0].id, clock())

    for session_id, left in (("sess_other", 1), ("sess_2StandIn", 0)):
        data = {"id": session_id, "object": "session", "user_id": ADA}
        assert (await stand_in.send(anybody, kind, data)).status_code == HTTPStatus.NO_CONTENT
        async with sessions() as session:
            assert len((await session.scalars(select(UserSession))).all()) == left


@sqlite
@pytest.mark.parametrize(
    "kind", ["session.created", "organization.created", "email.created", "user.exploded", "", None]
)
async def test_other_events_are_taken_and_ignored(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, kind: Any
) -> None:
    response = await stand_in.send(anybody, kind, stand_in.profiles[ADA])

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert await users(sessions) == []
