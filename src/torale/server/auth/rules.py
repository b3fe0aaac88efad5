"""Rules of credentials: their form, and what they allow. No database, no clock."""

import hashlib
import re
import secrets
import string
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from torale.contract.auth import Scope
from torale.server.errors import ForbiddenError, UnauthorizedError
from torale.server.settings.base import is_loopback

LOCAL_EMAIL = "dev@localhost"
_LOCAL_USERS = UUID("6d0c1a5e-7c9b-4d0e-8a3f-2b7b7f0f9c11")

_KEY = re.compile(r"sk_[A-Za-z0-9]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_HOST = re.compile(r"(?P<name>\[[^\[\]]+\]|[^:\[\]]+)(:[0-9]*)?")
_ALPHABET = string.ascii_letters + string.digits
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_MAX_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Key:
    """A well-formed API key; known to nobody so far."""

    plain: str


@dataclass(frozen=True, slots=True)
class Token:
    """Something shaped like a JWT; nothing of it is verified so far."""

    raw: str


class InvalidKeyError(UnauthorizedError):
    def __init__(self) -> None:
        super().__init__("Invalid API key", credential_sent=True)


class NotAdminError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("Admin access required")


class LacksScopeError(ForbiddenError):
    def __init__(self) -> None:
        super().__init__("API key lacks the required scope")


class NotLocalError(ForbiddenError):
    """Without authentication, only direct requests from this machine are served."""


def make_key() -> str:
    return "sk_" + "".join(secrets.choice(_ALPHABET) for _ in range(32))


def hash_key(plain: str) -> str:
    """Return what is stored. A fast hash is enough: a key holds 190 random bits."""
    return hashlib.sha256(plain.encode()).hexdigest()


def prefix_of(plain: str) -> str:
    return f"sk_...{plain[-5:]}"


def read_credential(headers: Sequence[str]) -> Key | Token:
    """Return the one credential of a request.

    Args:
        headers: The values of all its `Authorization` headers.

    Raises:
        InvalidKeyError: There are several, or one that is no credential of ours.
        UnauthorizedError: There is none under the Bearer scheme.
    """
    if len(headers) > 1:
        raise InvalidKeyError
    scheme, _, credential = "".join(headers).strip(" \t").partition(" ")
    credential = credential.strip(" \t")
    if scheme.lower() != "bearer" or not credential:
        raise UnauthorizedError("Authorization header missing")
    if _KEY.fullmatch(credential):
        return Key(credential)
    if _TOKEN.fullmatch(credential):
        return Token(credential)
    raise InvalidKeyError


def require(scope: Scope, *, is_admin: bool, scopes: Collection[Scope]) -> None:
    """Refuse a caller whose role or key does not reach as far as `scope`.

    Raises:
        NotAdminError: The user is no admin.
        LacksScopeError: The user may, but not with this key.
    """
    if scope is Scope.ADMIN and not is_admin:
        raise NotAdminError
    if scope not in scopes:
        raise LacksScopeError


def scopes_of_new_key(
    wanted: Iterable[Scope] | None, *, is_admin: bool, scopes: Collection[Scope]
) -> list[Scope]:
    """Return the scopes of a key that a caller with `scopes` makes: never more than theirs.

    Raises:
        NotAdminError: A user who is no admin wants an admin's key.
        LacksScopeError: The maker's own key does not reach as far.
    """
    if wanted is None:
        return [scope for scope in (Scope.READ, Scope.WRITE) if scope in scopes]
    asked = set(wanted)
    for scope in asked:
        require(scope, is_admin=is_admin, scopes=scopes)
    return [scope for scope in Scope if scope in asked]


def is_email(text: str) -> bool:
    return len(text) <= _MAX_EMAIL and _EMAIL.fullmatch(text) is not None


def local_user_id(email: str) -> UUID:
    """Return the id of the user that the operator makes for `email`: the same every time."""
    return uuid5(_LOCAL_USERS, email.lower())


def require_local(headers: Iterable[tuple[str, str]], scheme: str) -> None:
    """Refuse a request that some other machine or site may have caused.

    Args:
        headers: All of them, names in lower case.
        scheme: The one that the request came by, `http` or `https`.

    Raises:
        NotLocalError: Its Host, its Origin or a forwarding header says so.
    """
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    hosts = found.get("host", [])
    if len(hosts) != 1 or not _is_this_machine(hosts[0]):
        raise NotLocalError("TORALE_NOAUTH=1 serves requests whose Host is this machine only")
    if any(name in {"forwarded", "x-real-ip"} or name.startswith("x-forwarded") for name in found):
        raise NotLocalError("TORALE_NOAUTH=1 does not serve forwarded requests")
    if any(not _same_origin(origin, scheme, hosts[0]) for origin in found.get("origin", [])):
        raise NotLocalError("TORALE_NOAUTH=1 does not serve requests of another Origin")


def _is_this_machine(host: str) -> bool:
    match = _HOST.fullmatch(host.strip())
    return match is not None and is_loopback(match["name"])


def _same_origin(origin: str, scheme: str, host: str) -> bool:
    own = _origin_of(f"{scheme}://{host}")
    return own is not None and _origin_of(origin) == own


def _origin_of(url: str) -> tuple[str, str | None, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)
