from datetime import timedelta
from http import HTTPStatus

import httpx2
from fastapi import FastAPI
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.fakes import FakeClock
from tests.support.people import Person, browse, make_person
from torale.contract.auth import Scope
from torale.server.auth.key_uses import KEY_USES
from torale.server.auth.models import ApiKey, User, UserState
from torale.server.database import Sessions
from torale.server.parts import parts_of

UNKNOWN = "sk_" + "Zz09" * 8
MISSING, INVALID, TOKEN = (
    "Authorization header missing",
    "Invalid API key",
    "Invalid token",
)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2ln"

TURNED_AWAY: list[tuple[list[str], str]] = [
    ([], MISSING),
    ([""], MISSING),
    ([" "], MISSING),
    (["Bearer"], MISSING),
    (["Bearer "], MISSING),
    (["bearer   "], MISSING),
    ([UNKNOWN], MISSING),
    ([JWT], MISSING),
    ([f"Basic {UNKNOWN}"], MISSING),
    (["Basic dXNlcjpwYXNz"], MISSING),
    ([f"Token {UNKNOWN}"], MISSING),
    ([f"Bearer{UNKNOWN}"], MISSING),
    ([f"Bearer:{UNKNOWN}"], MISSING),
    ([f"Bearer, {UNKNOWN}"], MISSING),
    ([f"ApiKey {UNKNOWN}"], MISSING),
    ([f"Bearer {UNKNOWN}"], INVALID),
    ([f"bearer {UNKNOWN}"], INVALID),
    (["Bearer sk_"], INVALID),
    ([f"Bearer {UNKNOWN}x"], INVALID),
    ([f"Bearer {UNKNOWN[:-1]}"], INVALID),
    ([f"Bearer {UNKNOWN.upper()}"], INVALID),
    ([f"Bearer {UNKNOWN[:-1]}-"], INVALID),
    (["Bearer sk_" + "é" * 32], INVALID),
    (["Bearer nonsense"], INVALID),
    (["Bearer a.b"], INVALID),
    (["Bearer a.b.c.d"], INVALID),
    (["Bearer ..."], INVALID),
    (["Bearer null"], INVALID),
    (["Bearer ' OR 1=1 --"], INVALID),
    ([f"Bearer {UNKNOWN} {UNKNOWN}"], INVALID),
    ([f"Bearer {UNKNOWN}, Bearer {UNKNOWN}"], INVALID),
    ([f"Bearer Bearer {UNKNOWN}"], INVALID),
    ([f"Bearer {UNKNOWN}", f"Bearer {UNKNOWN}"], INVALID),
    (["", f"Bearer {UNKNOWN}"], INVALID),
    (["Bearer " + "x" * 20_000], INVALID),
    ([f"Bearer {JWT}"], TOKEN),
    (["Bearer eyJhbGciOiJub25lIn0.e30."], TOKEN),
]


async def test_who_holds_no_credential_is_turned_away(anybody: httpx2.AsyncClient) -> None:
    for headers, detail in TURNED_AWAY:
        sent = [(b"Authorization", value.encode()) for value in headers]

        response = await anybody.get("/auth/me", headers=sent)

        assert response.status_code == HTTPStatus.UNAUTHORIZED, headers
        assert response.json() == {"detail": detail}, headers
        challenge = "Bearer" if detail == MISSING else 'Bearer error="invalid_token"'
        assert response.headers.get_list("www-authenticate") == [challenge], headers


async def test_nothing_but_the_header_carries_a_credential(
    anybody: httpx2.AsyncClient, person: Person
) -> None:
    anybody.cookies.set("Authorization", f"Bearer {person.key}")

    response = await anybody.get(
        "/auth/me", params={"key": person.key}, headers={"X-API-Key": person.key}
    )

    assert response.json() == {"detail": MISSING}


async def test_a_valid_key_beside_another_header_does_not_count(
    anybody: httpx2.AsyncClient, person: Person
) -> None:
    one = (b"Authorization", f"Bearer {person.key}".encode())

    response = await anybody.get("/auth/me", headers=[one, one])

    assert response.json() == {"detail": INVALID}


async def test_a_key_lets_in(anybody: httpx2.AsyncClient, person: Person) -> None:
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
        header = {"Authorization": f"{scheme} {person.key}"}

        assert (await anybody.get("/auth/me", headers=header)).status_code == HTTPStatus.OK


async def test_a_revoked_key_is_out_at_once(alice: httpx2.AsyncClient, person: Person) -> None:
    await alice.delete(f"/auth/api-keys/{person.key_id}")

    response = await alice.get("/auth/me")

    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.json() == {"detail": INVALID}


async def test_a_key_holds_until_it_expires(
    alice: httpx2.AsyncClient, anybody: httpx2.AsyncClient, clock: FakeClock
) -> None:
    expiry = clock() + timedelta(hours=1)
    spec = {"name": "Short", "expires_at": expiry.isoformat()}
    made = (await alice.post("/auth/api-keys", json=spec)).json()
    header = {"Authorization": f"Bearer {made['key']}"}

    assert (await anybody.get("/auth/me", headers=header)).status_code == HTTPStatus.OK
    clock.advance(timedelta(hours=1))
    assert (await anybody.get("/auth/me", headers=header)).json() == {"detail": INVALID}
    [state] = [
        key["state"]
        for key in (await alice.get("/auth/api-keys")).json()
        if key["id"] == made["id"]
    ]
    assert state == "expired"


async def test_an_inactive_user_is_told_so(
    alice: httpx2.AsyncClient, sessions: Sessions, person: Person
) -> None:
    async with sessions.begin() as session:
        await session.execute(update(User).values(state=UserState.INACTIVE))

    response = await alice.get("/auth/me")

    assert response.status_code == HTTPStatus.FORBIDDEN
    assert response.json() == {"detail": "User account is inactive"}
    assert "www-authenticate" not in response.headers


async def test_a_key_does_no_more_than_its_scopes(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> None:
    lacks = {"detail": "API key lacks the required scope"}
    reader = await make_person(sessions, "r@example.com", clock, scopes=[Scope.READ])
    writer = await make_person(sessions, "w@example.com", clock, scopes=[Scope.WRITE])

    async with browse(app, reader) as client:
        assert (await client.get("/auth/me")).status_code == HTTPStatus.OK
        refused = await client.post("/auth/api-keys", json={"name": "More"})
        assert (refused.status_code, refused.json()) == (HTTPStatus.FORBIDDEN, lacks)
        assert (await client.delete(f"/auth/api-keys/{reader.key_id}")).json() == lacks
    async with browse(app, writer) as client:
        assert (await client.get("/auth/me")).json() == lacks
        made = (await client.post("/auth/api-keys", json={"name": "Same"})).json()
        assert made["scopes"] == ["write"]


async def test_admins_need_the_role_and_the_scope(
    app: FastAPI, sessions: Sessions, clock: FakeClock
) -> None:
    user = await make_person(sessions, "u@example.com", clock, scopes=list(Scope))
    weak = await make_person(sessions, "a@example.com", clock, is_admin=True)
    admin = await make_person(sessions, "a@example.com", clock, scopes=list(Scope))

    for who, answer in (
        (user, {"detail": "Admin access required"}),
        (weak, {"detail": "API key lacks the required scope"}),
        (admin, "a@example.com"),
    ):
        async with browse(app, who) as client:
            assert (await client.get("/only-admins")).json() == answer


async def test_use_is_remembered_once_a_minute(
    app: FastAPI,
    alice: httpx2.AsyncClient,
    sessions: Sessions,
    person: Person,
    clock: FakeClock,
) -> None:
    async def last_use() -> object:
        await parts_of(app)[KEY_USES].write(sessions, now=clock())
        async with sessions() as session:
            return (await session.get_one(ApiKey, person.key_id)).last_used_at

    first = clock()
    assert await last_use() is None
    await alice.get("/auth/me")
    assert await last_use() == first
    clock.advance(timedelta(seconds=59))
    await alice.get("/auth/me")
    assert await last_use() == first
    clock.advance(timedelta(seconds=1))
    await alice.get("/nowhere")
    await alice.delete("/auth/api-keys/nothing")
    assert await last_use() == clock(), "whatever became of the request"


async def test_only_a_hash_is_kept(session: AsyncSession, person: Person) -> None:
    key = await session.get_one(ApiKey, person.key_id)

    kept = [str(value) for name, value in vars(key).items() if not name.startswith("_")]
    assert not any(person.key in value for value in kept)
    assert not any(person.key[3:20] in value for value in kept)
