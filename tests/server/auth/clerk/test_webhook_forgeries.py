"""Events that Clerk did not send, or cannot have meant."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx2
import pytest
from fastapi import FastAPI

from tests.server.auth.clerk.stored import users
from tests.support.clerk import WEBHOOK_SECRET, ClerkStandIn
from tests.support.databases import make_settings
from tests.support.fakes import FakeClock
from tests.support.people import browse
from torale.server.auth.clerk.provider import CLERK, Clerk
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import Settings

ADA = "user_ada"
PATH = "/webhooks/clerk"

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@sqlite
async def test_either_name_of_the_headers_will_do(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    body = stand_in.event("user.created", stand_in.profiles[ADA])
    headers = {
        name.replace("svix-", "webhook-"): value for name, value in stand_in.signed(body).items()
    }

    response = await anybody.post(PATH, content=body, headers=headers)

    assert response.status_code == HTTPStatus.NO_CONTENT
    assert len(await users(sessions)) == 1


Spoil = Callable[[dict[str, str]], None]

UNSIGNED: dict[str, Spoil] = {
    "no headers": lambda h: h.clear(),
    "no id": lambda h: h.update({"svix-id": ""}),
    "no time": lambda h: h.update({"svix-timestamp": ""}),
    "no signature": lambda h: h.update({"svix-signature": ""}),
    "another id": lambda h: h.update({"svix-id": "msg_other"}),
    "another time": lambda h: h.update({"svix-timestamp": str(int(h["svix-timestamp"]) + 1)}),
    "a time in words": lambda h: h.update({"svix-timestamp": "now"}),
    "a time that is NaN": lambda h: h.update({"svix-timestamp": "nan"}),
    "a time beyond all": lambda h: h.update({"svix-timestamp": "9" * 400}),
    "another version": lambda h: h.update({"svix-signature": "v2" + h["svix-signature"][2:]}),
    "no version": lambda h: h.update({"svix-signature": h["svix-signature"][3:]}),
    "half a signature": lambda h: h.update({"svix-signature": h["svix-signature"][:20]}),
    "no base64": lambda h: h.update({"svix-signature": "v1,%%%"}),
    "an empty signature": lambda h: h.update({"svix-signature": "v1,"}),
    "commas": lambda h: h.update({"svix-signature": ",,, ,"}),
    "a signature of zeros": lambda h: h.update({"svix-signature": "v1," + "A" * 43 + "="}),
    "a session token": lambda h: h.update({"svix-signature": "", "authorization": "Bearer a.b.c"}),
}


@sqlite
@pytest.mark.parametrize("fault", UNSIGNED)
async def test_what_is_not_rightly_signed_is_refused(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    fault: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    body = stand_in.event("user.created", stand_in.profiles[ADA])
    headers = stand_in.signed(body)
    UNSIGNED[fault](headers)

    response = await anybody.post(PATH, content=body, headers=headers)

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json() == {"detail": "The signature does not hold"}
    assert await users(sessions) == []
    assert WEBHOOK_SECRET not in "".join(capfd.readouterr())


@sqlite
async def test_a_changed_body_is_refused(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn
) -> None:
    body = stand_in.event("user.created", stand_in.profiles[ADA])
    headers = stand_in.signed(body)

    for other in (body + b" ", body.replace(b'"role": "admin"', b'"role": "admim"'), b"", b"\xff"):
        response = await anybody.post(PATH, content=other, headers=headers)
        assert response.status_code == HTTPStatus.BAD_REQUEST, other
    assert await users(sessions) == []


@sqlite
@pytest.mark.parametrize("minutes", [-6, 6])
async def test_old_and_future_events_are_refused(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, minutes: int
) -> None:
    body = stand_in.event("user.created", stand_in.profiles[ADA])
    headers = stand_in.signed(body, at=datetime.now(UTC) + timedelta(minutes=minutes))

    response = await anybody.post(PATH, content=body, headers=headers)

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert await users(sessions) == []


SENSELESS: list[object] = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"[" * 50_000,
    {"type": "user.created"},
    {"type": "user.created", "data": None},
    {"type": "user.created", "data": {"id": "org_1"}},
    {"type": "user.updated", "data": {"id": "user_\0"}},
    {"type": "user.updated", "data": {"id": "user_x", "updated_at": "now"}},
    {"type": "user.updated", "data": {"id": "user_x"}, "timestamp": "now"},
    {"type": "user.deleted", "data": {}},
    {"type": "user.deleted", "data": {"id": 5}},
    {"type": "user.deleted", "data": []},
    {"type": "session.ended", "data": {}},
    {"type": "session.ended", "data": {"id": "sess_\0"}},
]


@sqlite
@pytest.mark.parametrize("event", SENSELESS, ids=lambda one: str(one)[:60])
async def test_what_clerk_cannot_mean_is_refused_in_words(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, event: object
) -> None:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()

    response = await anybody.post(PATH, content=body, headers=stand_in.signed(body))

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json() == {"detail": "The event makes no sense"}
    assert await users(sessions) == []


@sqlite
async def test_without_a_secret_no_event_is_taken(
    app: FastAPI,
    settings: Settings,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    clock: FakeClock,
) -> None:
    given = {**stand_in.settings, "clerk_webhook_secret": None}
    clerk = Clerk(make_settings(settings.data_dir, **given), sessions, clock)
    parts_of(app)[CLERK] = clerk

    async with browse(app) as anybody:
        response = await stand_in.send(anybody, "user.created", stand_in.profiles[ADA])

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert response.json() == {"detail": "CLERK_WEBHOOK_SECRET is not set"}
    await clerk.aclose()
