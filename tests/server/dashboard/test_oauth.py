"""Signing in through Google and GitHub, against stand-ins of both on 127.0.0.1."""

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import select

from tests.clerk import private_key
from tests.databases import ENGINES, Templates, make_settings
from tests.fakes import FakeClock
from tests.pages import open_browser, read
from tests.post import Post
from tests.server.dashboard.accounts import EMAIL, FORM, KEYS, is_signed_in, sign_up
from tests.web import Web
from torale.server.auth import service
from torale.server.auth.accounts import Accounts
from torale.server.auth.models import Identity, Role, User
from torale.server.auth.oauth import FLOW_LIVES, OAuthClient, providers
from torale.server.config import Settings, load
from torale.server.database import Sessions
from torale.server.errors import SettingsError

GOOGLE = "https://accounts.google.com"
CLIENT = {"google_client_id": "client-1", "google_client_secret": "secret-1"}
CLIENTS = {**CLIENT, "github_client_id": "client-2", "github_client_secret": "secret-2"}


@pytest.fixture(params=ENGINES[:1])
def settings(
    request: pytest.FixtureRequest, database_templates: Templates, tmp_path: Path
) -> Iterator[Settings]:
    with database_templates.copy(request.param, tmp_path, **CLIENTS) as made:
        yield made


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


@dataclass
class StandIn:
    """Answers as the providers do; a test says for whom."""

    web: Web
    clock: FakeClock

    def google(self, nonce: str, *, key: int = 0, **claims: Any) -> None:
        now = int(self.clock().timestamp())
        said = {
            "iss": GOOGLE,
            "aud": "client-1",
            "azp": "client-1",
            "sub": "1089",
            "email": "ada@example.com",
            "email_verified": True,
            "nonce": nonce,
            "iat": now,
            "exp": now + 3600,
        }
        said |= claims
        signed = RSAKey.import_key(private_key(key), {"kid": "one"})
        token = jwt.encode({"alg": "RS256", "kid": "one", "typ": "JWT"}, said, signed)
        public = RSAKey.import_key(private_key(0), {"kid": "one"}).as_dict(private=False)
        self.web.page("/token", json.dumps({"access_token": "x", "id_token": token}))
        self.web.page("/keys", json.dumps({"keys": [public]}))

    def github(self, user: object, emails: object) -> None:
        self.web.page("/token", json.dumps({"access_token": "gho_x", "token_type": "bearer"}))
        self.web.page("/user", json.dumps(user))
        self.web.page("/emails", json.dumps(emails))


@pytest.fixture
async def stand_in(
    app: FastAPI, accounts: Accounts, settings: Settings, web: Web, clock: FakeClock
) -> AsyncIterator[StandIn]:
    known = providers(settings)
    app.state.oauth_providers = {
        "google": replace(
            known["google"], token_url=f"{web.url}/token", keys_url=f"{web.url}/keys"
        ),
        "github": replace(
            known["github"],
            token_url=f"{web.url}/token",
            user_url=f"{web.url}/user",
            emails_url=f"{web.url}/emails",
        ),
    }
    app.state.oauth_client = OAuthClient()
    yield StandIn(web, clock)
    await app.state.oauth_client.aclose()


async def leave(browser: httpx2.AsyncClient, provider: str, **query: str) -> dict[str, str]:
    left = await browser.get(f"/sign-in/{provider}", params=query)
    assert left.status_code == 303
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    return {name: values[0] for name, values in asked.items()}


async def come_back(
    browser: httpx2.AsyncClient, provider: str, state: str, code: str = "code-1"
) -> httpx2.Response:
    query = {"state": state, "code": code}
    return await browser.get(f"/sign-in/{provider}/callback", params=query)


async def what_was_told(browser: httpx2.AsyncClient) -> str:
    return read(await browser.get("/sign-in")).one("#toasts").text()


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
