import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from tests.support.databases import make_settings
from tests.support.fakes import FakeClock
from tests.support.people import browse
from torale.server.auth import service
from torale.server.auth.models import User
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import SETTINGS, Settings

STRANGE = [
    {"Host": "torale.example"},
    {"Host": "127.0.0.1.evil.example"},
    {"Forwarded": "for=1.2.3.4"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"X-Real-IP": "127.0.0.1"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
]


@pytest.fixture
async def anybody(
    app: FastAPI, settings: Settings, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    parts_of(app)[SETTINGS] = make_settings(settings.data_dir, settings.database_url, noauth="1")
    async with sessions.begin() as session:
        await service.ensure_local_user(session, clock())
    async with browse(app) as client:
        yield client


async def test_nobody_needs_a_credential(anybody: httpx2.AsyncClient) -> None:
    me = await anybody.get("/auth/me")

    assert me.status_code == HTTPStatus.OK
    assert me.json()["email"] == "dev@localhost"
    assert (await anybody.get("/only-admins")).json() == "dev@localhost"


async def test_a_credential_is_ignored(anybody: httpx2.AsyncClient) -> None:
    for header in ("Bearer sk_wrong", "Basic x", "Bearer a.b.c", ""):
        response = await anybody.get("/auth/me", headers={"Authorization": header})

        assert response.status_code == HTTPStatus.OK


async def test_the_local_user_makes_keys(anybody: httpx2.AsyncClient) -> None:
    spec = {"name": "x", "scopes": ["admin", "read"]}

    made = await anybody.post(
        "/auth/api-keys", json=spec, headers={"Origin": "http://127.0.0.1:8000"}
    )

    assert made.json()["scopes"] == ["read", "admin"]


async def test_strangers_are_refused(anybody: httpx2.AsyncClient) -> None:
    for headers in STRANGE:
        response = await anybody.get("/auth/me", headers=headers)

        assert response.status_code == HTTPStatus.FORBIDDEN, headers
        assert response.json()["detail"].startswith("TORALE_NOAUTH=1")


async def test_two_starts_at_once_make_one_user(sessions: Sessions, clock: FakeClock) -> None:
    async def start() -> None:
        async with sessions.begin() as session:
            await service.ensure_local_user(session, clock())

    await asyncio.gather(*(start() for _ in range(4)))

    async with sessions() as session:
        [user] = (await session.scalars(select(User))).all()
    assert (user.email, user.role, user.state) == ("dev@localhost", "admin", "active")
