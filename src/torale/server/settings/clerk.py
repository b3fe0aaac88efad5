"""Rules of the settings of Clerk. Pure."""

import base64
import re
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pydantic import SecretStr

_PUBLISHABLE_KEY = re.compile(r"pk_(?:test|live)_(?P<host>[A-Za-z0-9+/]+)={0,2}")
_FRONTEND_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]+)?")
_PEM_FRAME = re.compile(r"-----(?:BEGIN|END) (?:RSA )?PUBLIC KEY-----")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@*]+")
_MIN_RSA_BITS = 2048


def publishable_key(value: str) -> str:
    """Return a key that an issuer can be read from.

    Raises:
        ValueError: None can.
    """
    if value:
        issuer_in(value)
    return value


def issuer_in(key: str) -> str:
    """Return the issuer that a publishable key spells: its host and a `$`, in base64.

    Raises:
        ValueError: It spells none.
    """
    match = _PUBLISHABLE_KEY.fullmatch(key)
    try:
        host = _unpadded(match["host"]).decode("ascii") if match else ""
    except ValueError:
        host = ""
    if not host.endswith("$") or not _FRONTEND_HOST.fullmatch(host[:-1]):
        raise ValueError("cannot be decoded; copy it once more from Clerk: pk_test_… or pk_live_…")
    return f"https://{host[:-1]}"


def web_address(value: str) -> str:
    """Return an http(s) address without a slash at its end.

    Raises:
        ValueError: It is none, or has a part that such an address has not.
    """
    if not value:
        return value
    mend = "write it as https://clerk.example.com"
    try:
        parts = urlsplit(value)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_web = False
    else:
        is_web = is_web and not (parts.query or parts.fragment or "@" in parts.netloc)
    if not is_web or not value.isprintable() or " " in value:
        raise ValueError(f"is no web address; {mend}")
    return value.rstrip("/")


def origins(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return `scheme://host[:port]` of each, as browsers write it and tokens carry it.

    Raises:
        ValueError: One is no origin.
    """
    plain = tuple(value.rstrip("/").lower() for value in values)
    for origin in plain:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is no origin; write it as https://app.example.com")
    return plain


def rsa_public_key(value: str) -> str:
    r"""Return an RSA public key as PEM.

    Args:
        value: PEM, PEM on one line with `\n` for its line ends, or its base64 alone.

    Raises:
        ValueError: It is none, or too short to be safe.
    """
    if not value:
        return value
    body = _PEM_FRAME.sub("", value.replace("\\r", "").replace("\\n", "\n"))
    try:
        key = load_der_public_key(base64.b64decode("".join(body.split()), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPublicKey) or key.key_size < _MIN_RSA_BITS:
        raise ValueError("is no RSA public key; copy the JWKS public key from Clerk, as PEM")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def secret_key(value: SecretStr) -> SecretStr:
    """Return a key that can stand in a header.

    Raises:
        ValueError: It cannot, or it is the other key.
    """
    plain = value.get_secret_value()
    if not plain.isascii() or not plain.isprintable() or " " in plain:
        raise ValueError("holds odd characters; copy it once more from Clerk")
    if plain.startswith("pk_"):
        raise ValueError("is the publishable key; copy the secret key, which starts with sk_")
    return value


def webhook_secret(value: SecretStr) -> SecretStr:
    """Return a secret that signatures can be verified with.

    Raises:
        ValueError: It is `whsec_` and base64 no more.
    """
    try:
        key = _unpadded(value.get_secret_value().removeprefix("whsec_"))
    except ValueError:
        key = b""
    if not key:
        raise ValueError("must be whsec_ and base64; copy the signing secret from Clerk")
    return value


def _unpadded(text: str) -> bytes:
    text = text.rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
