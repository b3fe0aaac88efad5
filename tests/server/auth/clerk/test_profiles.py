"""What Clerk says of a user: role, address, or nothing that can be used."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from tests.server.auth.clerk.stored import users
from tests.support.clerk import SECRET_KEY, ClerkStandIn, Failure
from tests.support.fakes import FakeClock
from torale.server.auth.clerk.provider import Clerk
from torale.server.auth.models import AuditEvent, ClerkUser
from torale.server.database import Sessions

ADA, ADDRESS = "user_ada", "ada@example.com"
NOBODY = {"detail": "Invalid token"}
UNVERIFIED = {
    "detail": [
        {
            "loc": ["header", "authorization"],
            "msg": "No verified e-mail address",
            "type": "value_error",
        }
    ]
}

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@sqlite
@pytest.mark.parametrize(
    "metadata,is_admin",
    [
        ({"role": "admin"}, True),
        ({"role": "user"}, False),
        ({"role": "Admin"}, False),
        ({"role": ["admin"]}, False),
        ({"role": None}, False),
        ({"roles": ["admin"]}, False),
        ({}, False),
        (None, False),
        ("admin", False),
    ],
)
async def test_the_role_comes_from_the_public_metadata_alone(
    anybody: httpx2.AsyncClient,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
    metadata: object,
    is_admin: bool,
) -> None:
    stand_in.profiles[ADA]["public_metadata"] = metadata

    response = await anybody.get("/only-admins", headers=ada)

    if is_admin:
        assert response.json() == ADDRESS
    else:
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert response.json() == {"detail": "Admin access required"}


@sqlite
async def test_a_role_in_the_token_counts_for_nothing(
    anybody: httpx2.AsyncClient, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    headers = stand_in.bearer(
        ADA,
        now=clock(),
        role="admin",
        email="root@example.com",
        metadata={"role": "admin"},
        public_metadata={"role": "admin"},
        o={"rol": "admin"},
    )

    assert (await anybody.get("/only-admins", headers=headers)).status_code == 403
    assert (await anybody.get("/auth/me", headers=headers)).json()["email"] == ADDRESS


async def test_changes_of_role_are_audited(
    clerk: Clerk, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    await clerk.sync(ADA, now=clock())
    for role in ("admin", None):
        stand_in.change(ADA, role=role)
        await clerk.sync(ADA, now=clock())

    async with sessions() as session:
        events = (await session.scalars(select(AuditEvent))).all()
    assert sorted(event.action for event in events) == ["user.demoted", "user.promoted"]


def _no_primary(profile: dict[str, Any]) -> None:
    profile["primary_email_address_id"] = None


def _unknown_primary(profile: dict[str, Any]) -> None:
    profile["primary_email_address_id"] = "idn_9"


def _unverified(profile: dict[str, Any]) -> None:
    profile["email_addresses"][1]["verification"]["status"] = "unverified"


def _no_verification(profile: dict[str, Any]) -> None:
    profile["email_addresses"][1]["verification"] = None


def _no_addresses(profile: dict[str, Any]) -> None:
    profile["email_addresses"] = []


def _addresses_missing(profile: dict[str, Any]) -> None:
    del profile["email_addresses"]


def _odd_address(profile: dict[str, Any]) -> None:
    profile["email_addresses"][1]["email_address"] = "ada@example.com\x00"


def _surrogate(profile: dict[str, Any]) -> None:
    profile["email_addresses"][1]["email_address"] = "ada\ud800@example.com"


def _long_address(profile: dict[str, Any]) -> None:
    profile["email_addresses"][1]["email_address"] = "a" * 300 + "@b.co"


@sqlite
@pytest.mark.parametrize(
    "spoil",
    [
        _no_primary,
        _unknown_primary,
        _unverified,
        _no_verification,
        _no_addresses,
        _addresses_missing,
        _odd_address,
        _surrogate,
        _long_address,
    ],
)
async def test_without_a_verified_primary_address_nothing_is_stored(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
    spoil: Callable[[dict[str, Any]], None],
) -> None:
    spoil(stand_in.profiles[ADA])

    for response in (
        await anybody.post("/auth/sync-user", headers=ada),
        await anybody.get("/auth/me", headers=ada),
    ):
        assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert response.json() == UNVERIFIED
    assert await users(sessions) == []
    async with sessions() as session:
        assert await session.get(ClerkUser, ADA) is None


@sqlite
async def test_somebody_whom_clerk_does_not_know_is_nobody(
    anybody: httpx2.AsyncClient, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    headers = stand_in.bearer("user_gone", now=clock())

    response = await anybody.get("/auth/me", headers=headers)

    assert response.status_code == HTTPStatus.UNAUTHORIZED
    assert response.json() == NOBODY
    assert await users(sessions) == []


@sqlite
@pytest.mark.parametrize(
    "failure",
    [one for one in Failure if one not in {Failure.SLOW, Failure.DRIP}],
    ids=lambda one: one.name.lower(),
)
async def test_while_clerks_api_fails_stored_users_go_on(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    clock: FakeClock,
    failure: Failure,
) -> None:
    stand_in.add_user("user_bob", "bob@example.com")
    ada, bob = (stand_in.bearer(one, now=clock()) for one in (ADA, "user_bob"))
    await anybody.get("/auth/me", headers=ada)
    stand_in.users = failure

    assert (await anybody.get("/auth/me", headers=ada)).status_code == HTTPStatus.OK
    for response in (
        await anybody.post("/auth/sync-user", headers=ada),
        await anybody.get("/auth/me", headers=bob),
    ):
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert response.json() == {"detail": "Authentication service unavailable"}
        assert int(response.headers["retry-after"]) > 0
    assert [user.clerk_user_id for user in await users(sessions)] == [ADA]
    assert stand_in.asked_for("/elsewhere") == 0
    stand_in.users = None
    assert (await anybody.get("/auth/me", headers=bob)).status_code == HTTPStatus.OK


NONSENSE: list[dict[str, object]] = [
    {"id": "user_eve"},
    {"id": None},
    {"id": 5},
    {"updated_at": "yesterday"},
    {"updated_at": -1},
    {"updated_at": 10**18},
    {"updated_at": 1.5},
]


@sqlite
@pytest.mark.parametrize("change", NONSENSE, ids=str)
async def test_an_answer_that_makes_no_sense_is_an_outage(
    anybody: httpx2.AsyncClient,
    sessions: Sessions,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
    change: dict[str, object],
) -> None:
    stand_in.profiles[ADA].update(change)

    response = await anybody.get("/auth/me", headers=ada)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert await users(sessions) == []


@sqlite
async def test_a_wrong_secret_key_is_an_outage_and_stays_a_secret(
    anybody: httpx2.AsyncClient,
    stand_in: ClerkStandIn,
    ada: dict[str, str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    stand_in.secret_key = "sk_test_of-somebody-else"

    response = await anybody.get("/auth/me", headers=ada)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    printed = "".join(capfd.readouterr())
    assert "answered 401" in printed
    for secret in (SECRET_KEY, ada["Authorization"].split(".")[2]):
        assert secret not in printed + response.text
