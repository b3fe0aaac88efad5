"""Signing in through Google and GitHub, against stand-ins of both on 127.0.0.1."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from tests.server.dashboard.account.oauth.stand_in import StandIn, come_back, leave, what_was_told
from tests.server.dashboard.account.signing_up import KEYS, is_signed_in
from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read
from tests.support.web import Web
from torale.server.auth.accounts.oauth import FLOW_LIVES
from torale.server.auth.models import Identity, Role, User
from torale.server.database import Sessions


async def test_google_signs_in_whoever_it_says(
    visitor: httpx2.AsyncClient, stand_in: StandIn, web: Web, sessions: Sessions
) -> None:
    page = read(await visitor.get("/sign-in?next=/new"))
    assert "Continue with Google" in page.one('a[href="/sign-in/google?next=/new"]').text()
    asked = await leave(visitor, "google", next="/new")
    stand_in.google(asked["nonce"])

    done = await come_back(visitor, "google", asked["state"])

    assert done.headers["location"] == "/new"
    assert await is_signed_in(visitor)
    (exchange,) = web.requests("/token")
    form = {name: values[0] for name, values in parse_qs(exchange.body.decode()).items()}
    challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(challenge).decode().rstrip("=")
    assert asked["code_challenge_method"] == "S256"
    assert form["redirect_uri"] == asked["redirect_uri"]
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/google/callback"
    assert (form["client_id"], form["client_secret"]) == ("client-1", "secret-1")
    async with sessions() as session:
        user = (await session.scalars(select(User))).one()
        identity = (await session.scalars(select(Identity))).one()
    assert (user.email, user.email_verified, user.role) == ("ada@example.com", True, Role.USER)
    assert (identity.provider, identity.subject) == ("google", "1089")


async def test_a_subject_stays_the_user_whatever_their_address_becomes(
    visitor: httpx2.AsyncClient, app: FastAPI, stand_in: StandIn, sessions: Sessions
) -> None:
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])
    await come_back(visitor, "google", asked["state"])
    async with open_browser(app) as later:
        asked = await leave(later, "google")
        stand_in.google(asked["nonce"], email="new@example.com")
        await come_back(later, "google", asked["state"])

        assert "ada@example.com" in (await later.get(KEYS)).text
    async with sessions() as session:
        assert len((await session.scalars(select(User))).all()) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "somebody-else"},
        {"aud": ["client-1", "another"], "azp": "another"},
        {"iss": "https://accounts.evil.example"},
        {"nonce": "of another flow"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000, "exp": 4_000_003_600},
        {"sub": ""},
        {"sub": 17},
        {"sub": "x" * 256},
    ],
    ids=str,
)
async def test_a_token_that_does_not_hold_signs_nobody_in(
    visitor: httpx2.AsyncClient, stand_in: StandIn, claims: dict[str, Any]
) -> None:
    asked = await leave(visitor, "google")
    told: dict[str, Any] = {"nonce": asked["nonce"], **claims}
    stand_in.google(**told)

    done = await come_back(visitor, "google", asked["state"])

    assert done.headers["location"] == "/sign-in"
    assert "did not confirm who you are" in await what_was_told(visitor)
    assert not await is_signed_in(visitor)


async def test_a_token_of_another_key_signs_nobody_in(
    visitor: httpx2.AsyncClient, stand_in: StandIn
) -> None:
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"], key=1)

    await come_back(visitor, "google", asked["state"])

    assert not await is_signed_in(visitor)


@pytest.mark.parametrize(
    "answer",
    [b"", b"no json", b"[]", b"{}", b'{"id_token": "a.b.c"}', b'{"id_token": 5}', b"[" * 2000],
)
async def test_nonsense_of_the_provider_signs_nobody_in(
    visitor: httpx2.AsyncClient, stand_in: StandIn, web: Web, answer: bytes
) -> None:
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])
    web.page("/token", answer)

    done = await come_back(visitor, "google", asked["state"])

    assert done.headers["location"] == "/sign-in"
    assert not await is_signed_in(visitor)


async def test_only_the_browser_that_began_it_can_finish(
    visitor: httpx2.AsyncClient, app: FastAPI, stand_in: StandIn
) -> None:
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])
    async with open_browser(app) as victim:
        done = await come_back(victim, "google", asked["state"])

        assert done.headers["location"] == "/sign-in"
        assert not await is_signed_in(victim)
    for state in ("", "another", asked["state"][:-1]):
        await come_back(visitor, "google", state)
        assert not await is_signed_in(visitor)
    await come_back(visitor, "github", asked["state"])
    assert not await is_signed_in(visitor), "another provider's"


async def test_a_flow_ends_once_and_after_ten_minutes(
    visitor: httpx2.AsyncClient, app: FastAPI, stand_in: StandIn, clock: FakeClock
) -> None:
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])
    await come_back(visitor, "google", asked["state"])
    await visitor.post("/sign-out")
    again = await come_back(visitor, "google", asked["state"])
    assert again.headers["location"] == "/sign-in"

    late = await leave(visitor, "google")
    clock.advance(FLOW_LIVES + timedelta(seconds=1))
    stand_in.google(late["nonce"])
    await come_back(visitor, "google", late["state"])
    assert not await is_signed_in(visitor)


async def test_two_tabs_do_not_disturb_each_other(
    visitor: httpx2.AsyncClient, stand_in: StandIn
) -> None:
    first = await leave(visitor, "google", next="/new")
    await leave(visitor, "google", next="/inbox")
    stand_in.google(first["nonce"])

    done = await come_back(visitor, "google", first["state"])

    assert done.headers["location"] == "/new"
    assert await is_signed_in(visitor)


async def test_refusing_at_the_provider_leads_back(
    visitor: httpx2.AsyncClient, stand_in: StandIn, web: Web
) -> None:
    asked = await leave(visitor, "google")

    done = await visitor.get(
        "/sign-in/google/callback", params={"state": asked["state"], "error": "access_denied"}
    )

    assert done.headers["location"] == "/sign-in"
    assert "was not completed" in await what_was_told(visitor)
    assert web.requests("/token") == []
