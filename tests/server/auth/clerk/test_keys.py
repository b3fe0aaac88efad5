"""How often Clerk is asked for its keys, and what becomes of callers while it does not answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from http import HTTPStatus

import httpx2
import pytest
from fastapi import FastAPI

from tests.support.clerk import ClerkStandIn, Failure, jwk, private_key, public_pem
from tests.support.databases import make_settings
from tests.support.fakes import FakeClock
from tests.support.people import browse
from torale.server.auth.clerk.fetching import ClerkFetcher
from torale.server.auth.clerk.keys import KeyCache, parse_key_set
from torale.server.auth.clerk.provider import CLERK, Clerk
from torale.server.auth.errors import (
    InvalidTokenError,
    SignInUnavailableError,
    TokenExpiredError,
)
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import Settings

ADA = "user_ada"
PATIENCE = timedelta(seconds=0.5)
FRESH, STALE, COOL = timedelta(seconds=300), timedelta(hours=24), timedelta(seconds=30)
TICK = timedelta(seconds=1)

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@pytest.fixture
async def cache(stand_in: ClerkStandIn, clock: FakeClock) -> AsyncIterator[KeyCache]:
    fetcher = ClerkFetcher(PATIENCE)
    cache = KeyCache(stand_in.url, fetcher, clock)
    yield cache
    await cache.aclose()
    await fetcher.aclose()


async def until(stand_in: ClerkStandIn, count: int) -> None:
    """Wait until the keys were asked for so often; what goes on behind ends soon."""
    for _ in range(500):
        if stand_in.key_requests >= count:
            break
        await asyncio.sleep(0.01)
    assert stand_in.key_requests == count


@sqlite
async def test_after_the_first_no_verification_asks_anybody(
    clerk: Clerk, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    await clerk.verify(stand_in.token(ADA, now=clock()), now=clock())
    asked = len(stand_in.requests)

    for _ in range(1_000):
        clock.advance(timedelta(seconds=0.25))
        await clerk.verify(stand_in.token(ADA, now=clock()), now=clock())

    assert asked == 1
    assert len(stand_in.requests) == 1


async def test_any_number_of_first_requests_fetch_once(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    stand_in.hold.clear()
    first = [asyncio.create_task(cache.find(stand_in.kid, now=clock())) for _ in range(50)]
    await until(stand_in, 1)
    stand_in.hold.set()
    found = await asyncio.gather(*first)

    assert stand_in.key_requests == 1
    assert len({id(key) for key in found}) == 1


async def test_who_stops_waiting_stops_nobody_else(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    stand_in.hold.clear()
    first, second = (asyncio.create_task(cache.find(stand_in.kid, now=clock())) for _ in range(2))
    await until(stand_in, 1)
    first.cancel()
    await asyncio.sleep(0)
    stand_in.hold.set()

    assert (await second).kid == stand_in.kid
    assert stand_in.key_requests == 1


async def test_keys_are_fresh_for_five_minutes(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    await cache.find(stand_in.kid, now=clock())
    clock.advance(FRESH - TICK)
    await cache.find(stand_in.kid, now=clock())
    await asyncio.sleep(0.05)

    assert stand_in.key_requests == 1


async def test_old_keys_are_renewed_behind_the_callers_backs(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    await cache.find(stand_in.kid, now=clock())
    clock.advance(FRESH)
    stand_in.hold.clear()

    for _ in range(20):  # nobody waits for Clerk, which does not answer
        await cache.find(stand_in.kid, now=clock())
    await until(stand_in, 2)
    stand_in.published.append(jwk(private_key(1), "ins_new"))
    stand_in.hold.set()

    assert (await cache.find("ins_new", now=clock())).kid == "ins_new"
    assert stand_in.key_requests == 2


@pytest.mark.parametrize("failure", list(Failure), ids=lambda one: one.name.lower())
async def test_keys_serve_for_a_day_when_clerk_fails(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock, failure: Failure
) -> None:
    await cache.find(stand_in.kid, now=clock())
    stand_in.keys = failure
    clock.advance(FRESH)
    await cache.find(stand_in.kid, now=clock())
    await until(stand_in, 2)
    await asyncio.sleep(0.05)
    await cache.find(stand_in.kid, now=clock())
    assert stand_in.key_requests == 2, "not again at once"
    clock.advance(STALE - FRESH - TICK)

    await cache.find(stand_in.kid, now=clock())
    clock.advance(TICK)
    with pytest.raises(SignInUnavailableError):
        await cache.find(stand_in.kid, now=clock())
    assert stand_in.asked_for("/elsewhere") == 0, "redirects are not followed"


async def test_an_unknown_kid_is_looked_for_twice_a_minute(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    await cache.find(stand_in.kid, now=clock())

    for number in range(30):
        with pytest.raises(InvalidTokenError):
            await cache.find(f"ins_{number}", now=clock())
        clock.advance(TICK)
    assert stand_in.key_requests == 2
    with pytest.raises(InvalidTokenError):
        await cache.find("ins_again", now=clock())
    assert stand_in.key_requests == 3


async def test_a_new_key_is_found_at_its_first_token(
    cache: KeyCache, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    before = stand_in.kid
    await cache.find(before, now=clock())
    stand_in.rotate()

    found = await asyncio.gather(*(cache.find(stand_in.kid, now=clock()) for _ in range(10)))

    assert {key.kid for key in found} == {stand_in.kid}
    assert stand_in.key_requests == 2
    with pytest.raises(InvalidTokenError):
        await cache.find(before, now=clock())


@sqlite
async def test_a_bad_signature_evicts_nothing(
    clerk: Clerk, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    right = stand_in.token(ADA, now=clock())
    forged = stand_in.mint(stand_in.header(), stand_in.claims(ADA, now=clock()), key=private_key(7))
    await clerk.verify(right, now=clock())

    for _ in range(20):
        with pytest.raises(InvalidTokenError):
            await clerk.verify(forged, now=clock())
    await clerk.verify(right, now=clock())
    with pytest.raises(TokenExpiredError):
        await clerk.verify(right, now=clock() + timedelta(minutes=2))
    assert stand_in.key_requests == 1


@pytest.fixture
async def hasty(
    app: FastAPI, settings: Settings, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[httpx2.AsyncClient]:
    """A server that waits for Clerk half a second instead of five."""
    parts_of(app)[CLERK] = clerk = Clerk(settings, sessions, clock, ClerkFetcher(PATIENCE))
    async with browse(app) as client:
        yield client
    await clerk.aclose()


@sqlite
@pytest.mark.parametrize("failure", list(Failure), ids=lambda one: one.name.lower())
async def test_without_keys_nobody_is_judged(
    hasty: httpx2.AsyncClient, stand_in: ClerkStandIn, clock: FakeClock, failure: Failure
) -> None:
    stand_in.keys = failure
    headers = stand_in.bearer(ADA, now=clock())
    started = time.monotonic()

    answers = await asyncio.gather(*(hasty.get("/auth/me", headers=headers) for _ in range(5)))

    assert time.monotonic() - started < 5, "a slow answer is given up"
    for answer in answers:
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert answer.json() == {"detail": "Authentication service unavailable"}
        assert int(answer.headers["retry-after"]) > 0
        assert "www-authenticate" not in answer.headers
    assert stand_in.key_requests <= 2
    assert stand_in.asked_for("/elsewhere") == 0, "redirects are not followed"
    stand_in.keys = None
    assert (await hasty.get("/auth/me", headers=headers)).status_code == HTTPStatus.OK


@sqlite
@pytest.mark.parametrize("failure", [Failure.SLOW, Failure.DRIP])
async def test_a_slow_api_is_given_up(
    hasty: httpx2.AsyncClient, stand_in: ClerkStandIn, clock: FakeClock, failure: Failure
) -> None:
    stand_in.users = failure

    answer = await hasty.get("/auth/me", headers=stand_in.bearer(ADA, now=clock()))

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE


@sqlite
async def test_nonsense_is_refused_even_without_keys(
    anybody: httpx2.AsyncClient, stand_in: ClerkStandIn
) -> None:
    stand_in.keys = Failure.DOWN
    for raw in ("eyJhbGciOiJub25lIn0.e30.", "a.b.c", "x.y."):
        answer = await anybody.get("/auth/me", headers={"Authorization": f"Bearer {raw}"})

        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert answer.json() == {"detail": "Invalid token"}
    assert stand_in.requests == []


FORMS: dict[str, Callable[[str], str]] = {
    "PEM": lambda pem: pem,
    "PEM on one line": lambda pem: pem.strip().replace("\n", "\\n"),
    "PEM on one line of Windows": lambda pem: pem.strip().replace("\n", "\\r\\n"),
    "PEM with blanks for line ends": lambda pem: pem.strip().replace("\n", " "),
    "base64": lambda pem: "".join(pem.split("\n")[1:-2]),
    "base64 in lines": lambda pem: "\n".join(pem.split("\n")[1:-2]),
}


@sqlite
@pytest.mark.parametrize("form", FORMS)
async def test_the_key_may_be_a_setting(
    settings: Settings, sessions: Sessions, stand_in: ClerkStandIn, clock: FakeClock, form: str
) -> None:
    jwt_key = FORMS[form](public_pem(stand_in.key))
    given = make_settings(settings.data_dir, **stand_in.settings, clerk_jwt_key=jwt_key)
    stand_in.keys = Failure.DOWN
    clerk = Clerk(given, sessions, clock)
    forged = stand_in.mint(stand_in.header(), stand_in.claims(ADA, now=clock()), key=private_key(7))

    session = await clerk.verify(stand_in.token(ADA, now=clock()), now=clock())
    with pytest.raises(InvalidTokenError):
        await clerk.verify(forged, now=clock())

    assert session.user_id == ADA
    assert stand_in.requests == [], "nothing is fetched"
    await clerk.aclose()


def test_of_a_key_set_only_keys_that_sign_are_taken() -> None:
    key = private_key()
    right = jwk(key, "right")
    ec = {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "ec", "use": "sig"}
    entries: list[object] = [
        right,
        {**right, "kid": "plain", "use": ..., "alg": ...},
        ec,
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct", "alg": "RS256"},
        {"kty": "AKP", "kid": "new"},
        {**right, "kid": "encrypts", "use": "enc"},
        {**right, "kid": "other algorithm", "alg": "PS256"},
        {**right, "kid": "short", "n": "AQAB"},
        {**right, "kid": "no base64", "n": "=="},
        {**right, "kid": "long", "n": "A" * 2000},
        {**right, "kid": "exponent", "e": "AQ"},
        {**right, "kid": "even", "e": "Ag"},
        {**right, "kid": "no number", "n": 5},
        {**right, "kid": 7},
        {**right, "kid": ""},
        {**right, "kid": ...},
        "nonsense",
        None,
    ]
    kept = [
        {name: one for name, one in entry.items() if one is not ...}
        if isinstance(entry, dict)
        else entry
        for entry in entries
    ]

    found = parse_key_set({"keys": kept, "more": 1})

    assert set(found) == {"right", "plain"}
    assert not any(one.is_private for one in found.values())


@pytest.mark.parametrize("data", [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": "x"}, 5])
def test_what_is_no_key_set_has_no_keys(data: object) -> None:
    assert parse_key_set(data) == {}
