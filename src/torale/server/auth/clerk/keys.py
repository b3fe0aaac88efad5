"""The public keys that Clerk signs with, and how often it is asked for them."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from joserfc.jwk import RSAKey
from joserfc.util import base64_to_int

from torale.server.auth.clerk.fetching import ClerkFetcher, unavailable
from torale.server.auth.clerk.single_flight import SingleFlight
from torale.server.auth.errors import InvalidTokenError, SignInUnavailableError
from torale.server.clock import Clock

FRESH_FOR = timedelta(seconds=300)
STALE_FOR = timedelta(hours=24)
COOL_DOWN = timedelta(seconds=30)

_RSA_BITS = range(2048, 8193)
_MAX_NUMBER_LENGTH = 1400  # of 8192 bits in base64


class KeySource(Protocol):
    async def find(self, kid: str, *, now: datetime) -> RSAKey:
        """Return the key that signs under the name `kid`.

        Raises:
            InvalidTokenError: Clerk has no such key.
            SignInUnavailableError: Clerk was never reached, or not for a day.
        """
        ...

    async def aclose(self) -> None: ...


class OneKey:
    """The key of CLERK_JWT_KEY: whatever a token calls it, nothing is fetched."""

    def __init__(self, pem: str) -> None:
        self._key = RSAKey.import_key(pem, {"use": "sig", "alg": "RS256"})

    async def find(self, kid: str, *, now: datetime) -> RSAKey:  # noqa: ARG002  (the protocol's)
        return self._key

    async def aclose(self) -> None:
        """Nothing is open."""


class KeyCache:
    """The keys that the issuer publishes.

    They are fetched once for any number of first requests, and afresh behind the requests' backs
    when older than five minutes; when Clerk is down they serve for a day. A key that is not among
    them is looked for twice a minute at most, whatever callers send.
    """

    def __init__(self, issuer: str, fetcher: ClerkFetcher, clock: Clock) -> None:
        self._url = f"{issuer}/.well-known/jwks.json"
        self._fetcher = fetcher
        self._clock = clock
        self._keys: Mapping[str, RSAKey] = {}
        self._fetched_at: datetime | None = None
        self._refreshed_at: datetime | None = None
        self._searched_at: datetime | None = None
        self._flights: SingleFlight[None] = SingleFlight()

    async def find(self, kid: str, *, now: datetime) -> RSAKey:
        if self._is_older_than(STALE_FOR, now):
            await self._fetch()
        else:
            self._refresh_behind(now)
            if kid not in self._keys:
                await self._search(now)
        key = self._keys.get(kid)
        if key is None:
            raise InvalidTokenError("kid is unknown")
        return key

    async def refresh(self) -> int:
        """Fetch the keys now; answers how many there are.

        Raises:
            SignInUnavailableError: No key set came.
        """
        await self._fetch()
        return len(self._keys)

    async def aclose(self) -> None:
        await self._flights.aclose()

    def _is_older_than(self, age: timedelta, now: datetime) -> bool:
        return self._fetched_at is None or now - self._fetched_at >= age

    def _refresh_behind(self, now: datetime) -> None:
        if self._is_older_than(FRESH_FOR, now) and _is_over(self._refreshed_at, now):
            self._refreshed_at = now
            self._flights.start("keys", self._fetch_now)

    async def _search(self, now: datetime) -> None:
        """Look whether Clerk has a new key, unless somebody has just looked."""
        if not self._flights.is_running("keys"):
            if not _is_over(self._searched_at, now):
                return
            self._searched_at = now
        with suppress(SignInUnavailableError):
            await self._fetch()

    async def _fetch(self) -> None:
        await self._flights.join("keys", self._fetch_now)

    async def _fetch_now(self) -> None:
        keys = parse_key_set(await self._fetcher.get(self._url))
        if not keys:
            raise unavailable(self._url, "holds no RSA key that signs")
        self._keys = keys
        self._fetched_at = self._clock()


def _is_over(since: datetime | None, now: datetime) -> bool:
    return since is None or now - since >= COOL_DOWN


def parse_key_set(data: object) -> dict[str, RSAKey]:
    """Return the keys of a JWK set that may sign tokens, by name; others are left out."""
    entries = cast(dict[str, object], data).get("keys") if isinstance(data, dict) else None
    found: dict[str, RSAKey] = {}
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict):
            _add(found, cast(dict[str, Any], entry))
    return found


def _add(found: dict[str, RSAKey], entry: Mapping[str, Any]) -> None:
    kid = entry.get("kid")
    if not isinstance(kid, str) or not kid or entry.get("kty") != "RSA":
        return
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return
    with suppress(ValueError, UnsupportedAlgorithm):
        numbers = RSAPublicNumbers(_number(entry.get("e")), _number(entry.get("n")))
        key = numbers.public_key()
        if key.key_size in _RSA_BITS:
            found[kid] = RSAKey.import_key(key, {"kid": kid, "use": "sig", "alg": "RS256"})


def _number(value: object) -> int:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NUMBER_LENGTH:
        raise ValueError("no number of an RSA key")
    return base64_to_int(value)
