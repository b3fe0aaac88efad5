"""Tokens that are right but for one thing, as an attacker would make them."""

import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.clerk import ClerkStandIn, encode, jwk, private_key, sign

ADA = "user_ada"


@dataclass(frozen=True)
class Forge:
    """Makes tokens that are right but for one thing."""

    clerk: ClerkStandIn
    listener: ClerkStandIn
    moment: datetime

    @property
    def now(self) -> int:
        return int(self.moment.timestamp())

    @property
    def claims(self) -> dict[str, object]:
        return self.clerk.claims(ADA, now=self.moment)

    def token(self, header: Any = None, **claims: Any) -> str:
        """Sign rightly; `...` leaves a member out."""
        wanted = [{**self.clerk.header(), **(header or {})}, {**self.claims, **claims}]
        kept = [{k: v for k, v in one.items() if v is not ...} for one in wanted]
        return self.clerk.mint(kept[0], kept[1])

    def late(self, **claims: Any) -> str:
        return self.token(exp=self.now - 60, **claims)

    def raw(self, header: object = None, payload: object = None) -> str:
        """Sign these bytes rightly, or what is right."""
        parts = [header, payload]
        right: list[object] = [self.clerk.header(), self.claims]
        data = [
            part if isinstance(part, bytes) else json.dumps(part or right[index]).encode()
            for index, part in enumerate(parts)
        ]
        return sign(data[0], data[1], self.clerk.key)

    def text(self, old: str, new: str) -> str:
        """Change the text of the claims, and sign it rightly."""
        before = json.dumps(self.claims)
        assert old in before
        return self.raw(payload=before.replace(old, new, 1).encode())

    def unsigned(self, alg: str, signature: str = "") -> str:
        return f"{self.signed_part(alg)}.{signature}"

    def signed_part(self, alg: object, **more: object) -> str:
        header = json.dumps(self.clerk.header(alg=alg, **more)).encode()
        return f"{encode(header)}.{encode(json.dumps(self.claims).encode())}"

    def hmac(self, secret: bytes) -> str:
        part = self.signed_part("HS256")
        return f"{part}.{encode(hmac.digest(secret, part.encode(), sha256))}"

    def foreign(self, header: dict[str, object] | None = None) -> str:
        return self.clerk.mint(
            {**self.clerk.header(), **(header or {})}, self.claims, key=private_key(7)
        )

    @property
    def foreign_jwk(self) -> dict[str, object]:
        return jwk(private_key(7), "attacker")

    @property
    def signature(self) -> str:
        return self.token().rpartition(".")[2]


@cache
def ec_key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def other_rsa(forge: Forge, alg: str, hash_: Any, padding: Any) -> str:
    part = forge.signed_part(alg)
    return f"{part}.{encode(forge.clerk.key.sign(part.encode(), padding, hash_()))}"


def ec(forge: Forge) -> str:
    part = forge.signed_part("ES256")
    return f"{part}.{encode(ec_key().sign(part.encode(), ECDSA(SHA256())))}"


def swapped(forge: Forge, part: int) -> str:
    mine, other = forge.token().split("."), forge.token(sub="user_eve", jti="x").split(".")
    mine[part] = other[part]
    return ".".join(mine)


def flipped(token: str) -> str:
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def inner(forge: Forge) -> str:
    """Wrap a token in a token."""
    return forge.raw(forge.clerk.header(cty="JWT"), forge.token().encode())


Attack = Callable[[Forge], str]
