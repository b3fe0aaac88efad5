"""A stand-in of Clerk on 127.0.0.1: its keys, its users, its tokens, its webhooks.

    with ClerkStandIn() as clerk:
        ada = clerk.add_user("user_ada", "ada@example.com", role="admin")
        settings = make_settings(folder, **clerk.settings)  # a process: **clerk.environment
        headers = clerk.bearer("user_ada", now=clock())
        await clerk.send(client, "user.updated", clerk.change("user_ada", email="a@example.com"))

It runs in a thread of its own, so tests of every kind can use it: in one process, against a real
server process, in a browser. Members, claims and user objects are those of the real Clerk
(session tokens of version 2). `clerk.keys` and `clerk.users` can be made to fail, see `Failure`;
`clerk.requests` is what was asked for. `clerk.pages` are further files, such as a stub of
Clerk's script.
"""

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from uuid import uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook

SECRET_KEY = "sk_test_of-the-stand-in"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"signing secret of the stand-in").decode()
INSTANCE = "ins_2StandInStandInStandInStand"
APP = "https://app.example.com"
LIFETIME_SECONDS = 60
PATIENCE_SECONDS = 60


class Failure(Enum):
    """How one side of Clerk fails."""

    DOWN = "closes the connection without a word"
    SLOW = "answers nothing until the stand-in stops"
    DRIP = "sends spaces for ever"
    ERROR = "500"
    HTML = "200 and a web page"
    HUGE = "200 and 10 MB"
    REDIRECT = "302 to /elsewhere, which would answer rightly"
    EMPTY = "200 and an empty object"
    NONSENSE = "200 and a list"
    DEEP = "200 and a JSON nested beyond reason"


@lru_cache(maxsize=8)
def private_key(number: int = 0) -> RSAPrivateKey:
    """Return the same key for the same number: making one takes a while."""
    assert number >= 0
    return generate_private_key(65537, 2048)


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def sign(header: bytes, payload: bytes, key: RSAPrivateKey) -> str:
    """Return a token of exactly these bytes, signed with RS256 whatever its header says."""
    signed = f"{encode(header)}.{encode(payload)}"
    return f"{signed}.{encode(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def jwk(key: RSAPrivateKey, kid: str, **more: object) -> dict[str, object]:
    numbers = key.public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    return {
        "use": "sig",
        "kty": "RSA",
        "kid": kid,
        "alg": "RS256",
        "n": encode(numbers.n.to_bytes(size, "big")),
        "e": encode(numbers.e.to_bytes(3, "big")),
        **more,
    }


def public_pem(key: RSAPrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@dataclass(frozen=True)
class Asked:
    path: str
    authorization: str


@dataclass
class ClerkStandIn:
    """One instance of Clerk with one signing key. Use it as a context manager.

    Attributes:
        keys: How `/.well-known/jwks.json` fails; None: it works.
        users: How the Backend API fails; None: it works.
        secret_key: What the Backend API accepts.
        published: The JWK set itself, to be changed at will.
        profiles: The user objects, by id.
        pages: What else is served: path to content type and body.
        hold: Cleared, no request is answered until it is set.
    """

    keys: Failure | None = None
    users: Failure | None = None
    key: RSAPrivateKey = field(default_factory=private_key)
    kid: str = INSTANCE
    secret_key: str = SECRET_KEY
    published: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    pages: dict[str, tuple[str, bytes]] = field(default_factory=dict[str, tuple[str, bytes]])
    requests: list[Asked] = field(default_factory=list[Asked])
    hold: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.published = self.published or [jwk(self.key, self.kid)]
        self.hold.set()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.clerk = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_SECONDS)

    # Where it is, and what an operator sets.

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The issuer and the Backend API alike."""
        return f"http://{self.host}"

    @property
    def publishable_key(self) -> str:
        return "pk_test_" + base64.b64encode(f"{self.host}$".encode()).decode()

    @property
    def settings(self) -> dict[str, Any]:
        """For `make_settings`."""
        return {name.lower(): value for name, value in self.environment.items()}

    @property
    def environment(self) -> dict[str, str]:
        """For a server process. The issuer is named because a publishable key means https."""
        return {
            "CLERK_PUBLISHABLE_KEY": self.publishable_key,
            "CLERK_SECRET_KEY": SECRET_KEY,
            "CLERK_ISSUER": self.url,
            "CLERK_API_URL": self.url,
            "CLERK_WEBHOOK_SECRET": WEBHOOK_SECRET,
        }

    # Users.

    def add_user(
        self,
        user_id: str,
        email: str,
        *,
        role: str | None = None,
        verified: bool = True,
        updated_at: datetime | None = None,
    ) -> dict[str, Any]:
        """Make a user as the Backend API and the webhooks describe one."""
        made = _milliseconds(updated_at or datetime(2026, 1, 1, tzinfo=UTC))
        self.profiles[user_id] = {
            "id": user_id,
            "object": "user",
            "username": None,
            "first_name": "Ada",
            "last_name": None,
            "image_url": "https://img.clerk.com/1",
            "primary_email_address_id": "idn_1",
            "primary_phone_number_id": None,
            "email_addresses": [
                _address("idn_0", "other@example.com", verified=True),
                _address("idn_1", email, verified=verified),
            ],
            "public_metadata": {"role": role} if role else {},
            "private_metadata": {"role": "admin"},  # neither of these two may count
            "unsafe_metadata": {"role": "admin"},
            "external_id": None,
            "banned": False,
            "locked": False,
            "last_sign_in_at": made,
            "created_at": made,
            "updated_at": made,
        }
        return self.profiles[user_id]

    def change(
        self,
        user_id: str,
        *,
        email: str | None = None,
        role: str | None = None,
        verified: bool = True,
        updated_at: datetime | None = None,
    ) -> dict[str, Any]:
        """Describe a user anew; a second later, unless told when."""
        before = self.profiles[user_id]
        primary = before["email_addresses"][1]["email_address"]
        later = datetime.fromtimestamp(before["updated_at"] / 1000 + 1, UTC)
        return self.add_user(
            user_id,
            email or primary,
            role=role,
            verified=verified,
            updated_at=updated_at or later,
        )

    # Tokens.

    def header(self, **more: object) -> dict[str, object]:
        return {"alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": self.kid, "typ": "JWT", **more}

    def claims(self, user_id: str, *, now: datetime, **more: object) -> dict[str, object]:
        issued = int(now.timestamp())
        return {
            "azp": APP,
            "exp": issued + LIFETIME_SECONDS,
            "fva": [0, -1],
            "iat": issued,
            "iss": self.url,
            "jti": uuid4().hex[:20],
            "nbf": issued - 10,
            "oiat": issued - 3600,
            "sid": "sess_2StandIn",
            "sts": "active",
            "sub": user_id,
            "v": 2,
            **more,
        }

    def token(self, user_id: str, *, now: datetime, **claims: object) -> str:
        """Mint a session token that holds for a minute; `claims` replace those of its own."""
        payload = self.claims(user_id, now=now, **claims)
        return self.mint(self.header(), payload)

    def mint(
        self,
        header: Mapping[str, object],
        claims: Mapping[str, object],
        *,
        key: RSAPrivateKey | None = None,
    ) -> str:
        """Sign whatever is given."""
        raw = [json.dumps(dict(part)).encode() for part in (header, claims)]
        return sign(raw[0], raw[1], key or self.key)

    def bearer(self, user_id: str, *, now: datetime, **claims: object) -> dict[str, str]:
        """Return the header of a request with a fresh token."""
        return {"Authorization": f"Bearer {self.token(user_id, now=now, **claims)}"}

    def rotate(self, number: int = 1) -> None:
        """Sign with another key under another name from now on, and publish only that."""
        self.key, self.kid = private_key(number), f"ins_rotated{number}"
        self.published = [jwk(self.key, self.kid)]

    # Webhooks.

    def event(self, kind: str, data: object, **more: object) -> bytes:
        body = {
            "data": data,
            "event_attributes": {"http_request": {"client_ip": "0.0.0.0", "user_agent": ""}},
            "instance_id": INSTANCE,
            "object": "event",
            "type": kind,
            **more,
        }
        return json.dumps(body).encode()

    def signed(self, body: bytes, *, at: datetime | None = None) -> dict[str, str]:
        """Return Svix's headers for a body; the time is the real one, as the library asks."""
        sent = at or datetime.now(UTC)
        message_id = f"msg_{uuid4().hex}"
        return {
            "svix-id": message_id,
            "svix-timestamp": str(int(sent.timestamp())),
            "svix-signature": Webhook(WEBHOOK_SECRET).sign(message_id, sent, body.decode()),
            "content-type": "application/json",
        }

    async def send(
        self, client: httpx2.AsyncClient, kind: str, data: object, **more: object
    ) -> httpx2.Response:
        """Post a signed webhook to the server that `client` speaks to."""
        body = self.event(kind, data, **more)
        return await client.post("/webhooks/clerk", content=body, headers=self.signed(body))

    # What was asked.

    def asked_for(self, path: str) -> int:
        return sum(one.path == path for one in self.requests)

    @property
    def key_requests(self) -> int:
        return self.asked_for("/.well-known/jwks.json")

    def wait_for_release(self) -> None:
        self.hold.wait(PATIENCE_SECONDS)

    def wait_for_the_end(self, seconds: float = PATIENCE_SECONDS) -> bool:
        return self._stopping.wait(seconds)


def _address(address_id: str, email: str, *, verified: bool) -> dict[str, object]:
    status = "verified" if verified else "unverified"
    return {
        "id": address_id,
        "object": "email_address",
        "email_address": email,
        "reserved": False,
        "verification": {"status": status, "strategy": "email_code", "attempts": 1},
        "linked_to": [],
    }


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


class _Server(ThreadingHTTPServer):
    clerk: ClerkStandIn
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Be quiet: clients that give up leave their connections."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        clerk = self.server.clerk
        clerk.requests.append(Asked(self.path, self.headers.get("Authorization", "")))
        clerk.wait_for_release()
        if self.path in {"/.well-known/jwks.json", "/elsewhere"}:
            self._fail_or(clerk.keys, 200, {"keys": clerk.published})
        elif self.path.startswith("/v1/users/"):
            self._user(self.path.removeprefix("/v1/users/"))
        elif self.path in clerk.pages:
            self._answer(200, clerk.pages[self.path][1], clerk.pages[self.path][0])
        else:
            self._json(404, {"errors": [{"code": "resource_not_found"}]})

    def _user(self, user_id: str) -> None:
        clerk = self.server.clerk
        if self.headers.get("Authorization") != f"Bearer {clerk.secret_key}":
            self._json(401, {"errors": [{"code": "authentication_invalid"}]})
        elif user_id in clerk.profiles:
            self._fail_or(clerk.users, 200, clerk.profiles[user_id])
        else:
            self._fail_or(clerk.users, 404, {"errors": [{"code": "resource_not_found"}]})

    def _fail_or(self, failure: Failure | None, status: int, body: object) -> None:
        if failure is None or self.path == "/elsewhere":
            self._json(status, body)
        elif failure is Failure.DOWN:
            self.close_connection = True
        elif failure is Failure.SLOW:
            self.server.clerk.wait_for_the_end()
        elif failure is Failure.DRIP:
            self._drip()
        else:
            self._answer_badly(failure)

    def _answer_badly(self, failure: Failure) -> None:
        status = {Failure.ERROR: 500, Failure.REDIRECT: 302}.get(failure, 200)
        body = {
            Failure.HTML: b"<!doctype html><title>Sign in to the airport's Wi-Fi</title>",
            Failure.HUGE: b" " * 10_000_000 + b"{}",
            Failure.EMPTY: b"{}",
            Failure.NONSENSE: b"[1, 2, 3]",
            Failure.DEEP: b"[" * 100_000,
        }.get(failure, b"")
        self._answer(status, body, "text/html" if failure is Failure.HTML else "application/json")

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.server.clerk.wait_for_the_end(0.02):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _json(self, status: int, body: object) -> None:
        self._answer(status, json.dumps(body).encode(), "application/json")

    def _answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
