"""No attack gets in. No answer is a 5xx, makes a user, tells a secret, or makes the server ask
an address that the token names.
"""

import json
from collections.abc import Iterator
from http import HTTPStatus

import httpx2
import pytest
from sqlalchemy import func, select

from tests.server.auth.clerk.attacks import ATTACKS, NO_KEY
from tests.server.auth.clerk.forge import ADA, Forge
from tests.support.clerk import SECRET_KEY, ClerkStandIn, private_key
from tests.support.fakes import FakeClock
from torale.server.auth.models import User
from torale.server.database import Sessions

MISSING = "Authorization header missing"

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
def forge(stand_in: ClerkStandIn, clock: FakeClock) -> Iterator[Forge]:
    with ClerkStandIn(key=private_key(7), kid="attacker") as listener:
        yield Forge(stand_in, listener, clock())


@sqlite
async def test_no_attack_gets_in(
    anybody: httpx2.AsyncClient,
    forge: Forge,
    sessions: Sessions,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert len(ATTACKS) > 150
    assert len({name for name, _, _ in ATTACKS}) == len(ATTACKS)
    forge.listener.add_user(ADA, "eve@example.com", role="admin")
    answers: dict[str, object] = {}
    for name, attack, detail in ATTACKS:
        raw = attack(forge)
        response = await anybody.get(
            "/auth/me", headers=[(b"Authorization", f"Bearer {raw}".encode("latin-1"))]
        )
        told = (response.status_code, response.text)
        challenge = response.headers.get("www-authenticate")
        expected = (HTTPStatus.UNAUTHORIZED, json.dumps({"detail": detail}, separators=(",", ":")))
        if told != expected or challenge != 'Bearer error="invalid_token"':
            answers[name] = (*told, challenge)

    assert answers == {}
    assert forge.listener.requests == [], "nobody asks where a token says"
    assert forge.clerk.key_requests <= 2, "once, and once for a key that is unknown"
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0
    printed = "".join(capfd.readouterr())
    assert "clerk.token_refused" in printed, "operators read why"
    for secret in (SECRET_KEY, forge.signature[:40], "eyJ"):
        assert secret not in printed


@sqlite
async def test_the_forge_makes_right_tokens(anybody: httpx2.AsyncClient, forge: Forge) -> None:
    for right in (forge.token(), forge.raw(), forge.text("{", "{ ")):
        response = await anybody.get("/auth/me", headers={"Authorization": f"Bearer {right}"})
        assert response.status_code == HTTPStatus.OK, "else the table shows nothing"


@sqlite
@pytest.mark.parametrize(
    "header",
    ["{}", "Token {}", "Basic {}", "JWT {}", "Bearer{}", "Bearer\xa0{}", "Bearer=", "Bearer"],
)
async def test_a_right_token_under_no_scheme_is_none(
    anybody: httpx2.AsyncClient, forge: Forge, header: str
) -> None:
    sent = header.format(forge.token()).encode("latin-1")
    response = await anybody.get("/auth/me", headers=[(b"Authorization", sent)])

    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.json() == {"detail": MISSING}
    assert response.headers["www-authenticate"] == "Bearer"


@sqlite
async def test_nothing_but_the_header_carries_a_token(
    anybody: httpx2.AsyncClient, forge: Forge
) -> None:
    token = forge.token()
    anybody.cookies.set("__session", token)

    response = await anybody.get(
        "/auth/me", params={"token": token, "__session": token}, headers={"X-Auth": token}
    )

    assert response.json() == {"detail": MISSING}


@sqlite
async def test_two_tokens_are_one_too_many(anybody: httpx2.AsyncClient, forge: Forge) -> None:
    one = (b"Authorization", f"Bearer {forge.token()}".encode())

    response = await anybody.get("/auth/me", headers=[one, one])

    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.json() == {"detail": NO_KEY}
