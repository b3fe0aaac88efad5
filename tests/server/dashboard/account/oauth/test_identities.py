"""Whose account it is that Google or GitHub speak of."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from tests.server.dashboard.account.oauth.stand_in import (
    CLIENT,
    StandIn,
    come_back,
    leave,
    what_was_told,
)
from tests.server.dashboard.account.signing_up import EMAIL, FORM, KEYS, is_signed_in, sign_up
from tests.support.databases import make_settings
from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read
from tests.support.post import Post
from tests.support.web import Web
from torale.server.auth import service
from torale.server.auth.accounts.oauth import providers
from torale.server.auth.accounts.own_accounts import Accounts
from torale.server.auth.models import Identity
from torale.server.database import Sessions
from torale.server.errors import SettingsError
from torale.server.settings.loading import load


async def test_an_address_alone_joins_nobody(
    visitor: httpx2.AsyncClient, app: FastAPI, stand_in: StandIn, post: Post, sessions: Sessions
) -> None:
    await sign_up(visitor, post)
    async with open_browser(app) as stranger:
        claimed: list[dict[str, Any]] = [
            {"email": EMAIL},
            {"email": EMAIL.upper()},
            {"email_verified": False},
        ]
        for claims in claimed:
            asked = await leave(stranger, "google")
            stand_in.google(asked["nonce"], **claims)
            await come_back(stranger, "google", asked["state"])
            assert not await is_signed_in(stranger), claims
    async with sessions() as session:
        assert (await session.scalars(select(Identity))).all() == []


async def test_a_signed_in_user_connects_an_account_of_any_address(
    visitor: httpx2.AsyncClient, app: FastAPI, stand_in: StandIn, post: Post
) -> None:
    await sign_up(visitor, post)
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])
    done = await come_back(visitor, "google", asked["state"])
    assert done.headers["location"] == "/settings/account"

    async with open_browser(app) as other:
        asked = await leave(other, "google")
        stand_in.google(asked["nonce"])
        await come_back(other, "google", asked["state"])
        assert EMAIL in (await other.get(KEYS)).text


async def test_connecting_ends_where_it_began(
    visitor: httpx2.AsyncClient,
    app: FastAPI,
    stand_in: StandIn,
    post: Post,
    sessions: Sessions,
) -> None:
    await sign_up(visitor, post)
    asked = await leave(visitor, "google")
    await visitor.post("/sign-out")
    stand_in.google(asked["nonce"])

    await come_back(visitor, "google", asked["state"])

    assert not await is_signed_in(visitor)
    async with sessions() as session:
        assert (await session.scalars(select(Identity))).all() == []


async def test_an_account_elsewhere_is_one_users(
    visitor: httpx2.AsyncClient, app: FastAPI, stand_in: StandIn, post: Post
) -> None:
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])
    await come_back(visitor, "google", asked["state"])
    async with open_browser(app) as bob:
        await sign_up(bob, post)
        asked = await leave(bob, "google")
        stand_in.google(asked["nonce"])
        await come_back(bob, "google", asked["state"])

        toast = read(await bob.get(KEYS)).one("#toasts").text()
    assert "connected to another user" in toast


async def test_github_is_known_by_its_number_and_its_verified_address(
    visitor: httpx2.AsyncClient, stand_in: StandIn, web: Web, sessions: Sessions
) -> None:
    asked = await leave(visitor, "github")
    assert "nonce" not in asked
    stand_in.github(
        {"id": 17, "login": "ada", "email": "public@example.com"},
        [
            {"email": "first@example.com", "verified": True, "primary": False},
            {"email": "ada@example.com", "verified": True, "primary": True},
        ],
    )

    await come_back(visitor, "github", asked["state"])

    assert "ada@example.com" in (await visitor.get(KEYS)).text
    assert web.requests("/user")[0].headers["authorization"] == "Bearer gho_x"
    async with sessions() as session:
        identity = (await session.scalars(select(Identity))).one()
    assert (identity.provider, identity.subject) == ("github", "17")


@pytest.mark.parametrize(
    "user, emails",
    [
        ({"login": "ada"}, []),
        ({"id": True}, []),
        ({"id": "17"}, []),
        ([], []),
        ({"id": 17}, []),
        ({"id": 17}, {"message": "no"}),
        ({"id": 17}, [{"email": "a@example.com", "verified": False, "primary": True}]),
        ({"id": 17}, [{"email": "a@example.com", "verified": "yes", "primary": True}]),
        ({"id": 17}, [{"email": 5, "verified": True, "primary": True}]),
        ({"id": 17}, ["a@example.com"]),
    ],
)
async def test_github_without_a_number_or_an_address_signs_nobody_in(
    visitor: httpx2.AsyncClient, stand_in: StandIn, user: object, emails: object
) -> None:
    asked = await leave(visitor, "github")
    stand_in.github(user, emails)

    done = await come_back(visitor, "github", asked["state"])

    assert done.headers["location"] == "/sign-in"
    assert not await is_signed_in(visitor)


async def test_a_user_of_the_operator_is_not_claimed_through_a_provider(
    visitor: httpx2.AsyncClient, stand_in: StandIn, sessions: Sessions, clock: FakeClock
) -> None:
    async with sessions.begin() as session:
        await service.find_or_make_user(session, "ada@example.com", is_admin=True, now=clock())
    asked = await leave(visitor, "google")
    stand_in.google(asked["nonce"])

    await come_back(visitor, "google", asked["state"])

    assert not await is_signed_in(visitor)
    assert "account with this address" in await what_was_told(visitor)


async def test_what_is_not_set_is_not_offered(
    visitor: httpx2.AsyncClient, accounts: Accounts
) -> None:
    assert "Continue with" not in (await visitor.get("/sign-in")).text
    for path in ("/sign-in/google", "/sign-in/google/callback", "/sign-in/facebook"):
        assert (await visitor.get(path)).status_code == 404
    assert (await visitor.post("/sign-in", data=FORM)).status_code == 422


def test_half_a_client_stops_the_start(tmp_path: Path) -> None:
    assert providers(make_settings(tmp_path, **CLIENT)).keys() == {"google"}
    with pytest.raises(SettingsError, match="GITHUB_CLIENT_SECRET: set it too"):
        load(TORALE_DATA_DIR=tmp_path, GITHUB_CLIENT_ID="client-2")
