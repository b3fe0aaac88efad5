"""Verification of session tokens of Clerk. Pure: no network, no clock."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.util import urlsafe_b64decode

from torale.server.auth.errors import InvalidTokenError, TokenExpiredError

MAX_BYTES = 8 * 1024
MAX_LIFETIME_SECONDS = 3600
LEEWAY_SECONDS = 5

# Clerk puts what a token is for into its header: these two are sessions of people. Tokens of
# machines and of JWT templates are signed by the same key and say something else.
_SESSION_CATEGORIES = ("cl_B7d4PD111AAA", "cl_I7d4PD111III")
# Each of them would let the token itself say how it is to be verified.
_FORBIDDEN = frozenset({"b64", "crit", "jku", "jwk", "x5c", "x5u"})
_USER_ID = re.compile(r"user_[A-Za-z0-9_-]{1,90}")
_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")

# Real headers hold members that no standard knows.
_REGISTRY = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
_REGISTRY.max_header_length = MAX_BYTES
_REGISTRY.max_signature_length = MAX_BYTES


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """Whose tokens are believed.

    Attributes:
        issuer: Exactly what `iss` must say.
        parties: What `azp` may say; empty: anything or nothing.
    """

    issuer: str
    parties: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token whose header is in order. Nothing of it is true yet."""

    raw: str
    kid: str


@dataclass(frozen=True, slots=True)
class Session:
    """What a verified token says.

    Attributes:
        user_id: Clerk's id of the user, `user_…`.
        session_id: Clerk's id of the browser's session, `sess_…`.
        expires_at: Epoch seconds.
    """

    user_id: str
    session_id: str
    expires_at: int


def is_user_id(value: object) -> bool:
    return isinstance(value, str) and _USER_ID.fullmatch(value) is not None


def is_session_id(value: object) -> bool:
    return isinstance(value, str) and _SESSION_ID.fullmatch(value) is not None


def read(raw: str) -> Unverified:
    """Look at the header of a token, to find out which key must have signed it.

    Raises:
        InvalidTokenError: It is none that Clerk makes for a session.
    """
    if len(raw) > MAX_BYTES or not raw.isascii():
        raise InvalidTokenError("size")
    try:
        header = _object(urlsafe_b64decode(raw.partition(".")[0].encode()))
    except ValueError:
        raise InvalidTokenError("header") from None
    if header.get("alg") != "RS256":
        raise InvalidTokenError("alg")
    if not _FORBIDDEN.isdisjoint(header):
        raise InvalidTokenError("forbidden header member")
    if header.get("typ", "JWT") != "JWT":
        raise InvalidTokenError("typ")
    if header.get("cat", _SESSION_CATEGORIES[0]) not in _SESSION_CATEGORIES:
        raise InvalidTokenError("cat")
    return Unverified(raw, _text(header, "kid"))


def verify(token: Unverified, key: RSAKey, policy: TokenPolicy, now: datetime) -> Session:
    """Return what a token says, once everything about it holds.

    Raises:
        TokenExpiredError: Everything holds but the time.
        InvalidTokenError: Something else does not.
    """
    try:
        claims = _object(jws.deserialize_compact(token.raw, key, registry=_REGISTRY).payload)
    except JoseError:
        raise InvalidTokenError("signature") from None
    except ValueError:
        raise InvalidTokenError("claims") from None
    session = _session(claims, policy)
    _check_times(claims, now.timestamp())
    return session


def _session(claims: Mapping[str, Any], policy: TokenPolicy) -> Session:
    if claims.get("iss") != policy.issuer:
        raise InvalidTokenError("iss")
    if policy.parties and _text(claims, "azp") not in policy.parties:
        raise InvalidTokenError("azp")
    if claims.get("sts", "active") != "active":
        raise InvalidTokenError("sts")
    user_id, session_id = _text(claims, "sub"), _text(claims, "sid")
    if not is_user_id(user_id):
        raise InvalidTokenError("sub")
    if not is_session_id(session_id):
        raise InvalidTokenError("sid")
    return Session(user_id, session_id, _seconds(claims, "exp"))


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if max(issued, _seconds(claims, "nbf")) > now + LEEWAY_SECONDS:
        raise InvalidTokenError("iat or nbf is in the future")
    if expires - issued > MAX_LIFETIME_SECONDS:
        raise InvalidTokenError("exp is too far from iat")
    # Last: only a token without any other fault may say so.
    if now >= expires + LEEWAY_SECONDS:
        raise TokenExpiredError


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidTokenError(name)
    return value


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidTokenError(name)
    return value


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a member is there twice")  # readers differ in which of them counts
    return values


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_number)


def _object(data: bytes) -> dict[str, Any]:
    """Decode one JSON object, strictly.

    Raises:
        ValueError: It is none, or one that two readers may read differently.
    """
    try:
        value: object = _DECODER.decode(data.decode())
    except RecursionError:
        raise ValueError("nested beyond reason") from None
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004  (the caller's types are in order)
    return value
