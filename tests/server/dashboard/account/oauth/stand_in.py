"""Google and GitHub, played on 127.0.0.1, and a browser's way to them and back."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.support.clerk import private_key
from tests.support.fakes import FakeClock
from tests.support.pages import read
from tests.support.web import Web

GOOGLE = "https://accounts.google.com"
CLIENT = {"google_client_id": "client-1", "google_client_secret": "secret-1"}
CLIENTS = {**CLIENT, "github_client_id": "client-2", "github_client_secret": "secret-2"}


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
