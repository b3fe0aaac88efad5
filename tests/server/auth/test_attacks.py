"""Whoever comes with something like a key, or wants more than theirs gives. Never a 5xx, never a
secret in an answer or in the log.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.people import Person, browse
from torale.server.app.middleware import Edge
from torale.server.auth import rules

INVALID, MISSING = "Invalid API key", "Authorization header missing"

sqlite = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)

# What somebody makes who has seen a real key's prefix, hash or form. `k` is a key that holds.
LOOKALIKES: dict[str, Callable[[str], str]] = {
    "its prefix as lists show it": rules.prefix_of,
    "its hash": rules.hash_key,
    "sk_ and its hash": lambda k: f"sk_{rules.hash_key(k)}",
    "sk_ and the beginning of its hash": lambda k: f"sk_{rules.hash_key(k)[:32]}",
    "its hash in capitals": lambda k: rules.hash_key(k).upper(),
    "the hash of its hash": lambda k: hashlib.sha256(rules.hash_key(k).encode()).hexdigest(),
    "without sk_": lambda k: k[3:],
    "SK_ in capitals": lambda k: f"SK_{k[3:]}",
    "in the other case": lambda k: f"sk_{k[3:].swapcase()}",
    "one character less": lambda k: k[:-1],
    "one character more": lambda k: f"{k}A",
    "another last character": lambda k: k[:-1] + ("B" if k[-1] != "B" else "C"),
    "backwards": lambda k: f"sk_{k[:2:-1]}",
    "twice": lambda k: f"{k}{k}",
    "itself and a comma": lambda k: f"{k},",
    "itself, comma, itself": lambda k: f"{k},{k}",
    "itself and another": lambda k: f"{k} {k}",
    "itself and a parameter": lambda k: f'{k}, realm="x"',
    "in quotes": lambda k: f'"{k}"',
    "in brackets": lambda k: f"<{k}>",
    "percent-encoded": lambda k: k.replace("_", "%5F"),
    "with a NUL behind": lambda k: f"{k}\0",
    "with a NUL inside": lambda k: f"{k[:9]}\0{k[9:]}",
    "with a line end": lambda k: f"{k}\n",
    "with a carriage return and a header": lambda k: f"{k}\r\nX-Role: admin",
    "with a vertical tab": lambda k: f"{k}\v",
    "with a form feed": lambda k: f"{k}\f",
    "with a no-break space": lambda k: f"{k}\xa0",
    "with a DEL": lambda k: f"{k}\x7f",
    "of another service": lambda _: "sk_live_" + "a" * 24,
    "of another service, as long as ours": lambda _: ("sk_live_" + "a" * 32)[:35],
    "a test key of another service": lambda _: "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "publishable": lambda k: f"pk_{k[3:]}",
    "of zeros": lambda _: "sk_" + "0" * 32,
    "a pattern of SQL": lambda _: "sk_" + "%" * 32,
    "a pattern of one character": lambda _: "sk_" + "_" * 32,
    "a star": lambda _: "sk_*",
    "SQL": lambda _: "sk_' OR '1'='1",
    "SQL that ends the statement": lambda _: "sk_'; DROP TABLE api_keys; --",
    "a UNION": lambda _: "' UNION SELECT key_hash FROM api_keys --",
    "a path": lambda _: "sk_../../../../etc/passwd",
    "a template": lambda _: "sk_{{7*7}}${7*7}",
    "a format string": lambda _: "sk_%s%n%x",
    "an address": lambda _: "http://127.0.0.1/",
    "null": lambda _: "null",
    "undefined": lambda _: "undefined",
    "an empty object": lambda _: "{}",
    "a list": lambda k: json.dumps([k]),
    "digits of another script": lambda _: "sk_" + "٣" * 32,
    "wide letters": lambda _: "sk_" + "ａ" * 32,
    "bytes that are no text": lambda _: "sk_" + "\xff" * 32,
    "64 KB": lambda _: "sk_" + "a" * 65_536,
    "1 MB": lambda _: "sk_" + "a" * 1_000_000,
}

# The whole header, around a key that holds.
HEADERS: dict[str, Callable[[str], str]] = {
    "no scheme": lambda k: k,
    "no space": lambda k: f"Bearer{k}",
    "a colon": lambda k: f"Bearer: {k}",
    "an equals sign": lambda k: f"Bearer={k}",
    "a comma": lambda k: f"Bearer,{k}",
    "a tab": lambda k: f"Bearer\t{k}",
    "a no-break space": lambda k: f"Bearer\xa0{k}",
    "a NUL": lambda k: f"Bearer\0{k}",
    "a NUL before": lambda k: f"\0Bearer {k}",
    "Basic": lambda k: f"Basic {k}",
    "Digest": lambda k: f"Digest {k}",
    "Token": lambda k: f"Token {k}",
    "ApiKey": lambda k: f"ApiKey {k}",
    "a scheme that begins alike": lambda k: f"Bearers {k}",
    "a scheme that ends alike": lambda k: f"XBearer {k}",
    "Basic first": lambda k: f"Basic eDp5, Bearer {k}",
    "quotes around everything": lambda k: f'"Bearer {k}"',
    "letters of another script": lambda k: f"Веarer {k}",
    "1 MB of scheme": lambda k: f"{'B' * 1_000_000} {k}",
}

# Members that no caller may set, on the one body of this room that is read.
MEMBERS: dict[str, Any] = {
    "id": "660e8400-e29b-41d4-a716-446655440000",
    "user_id": "660e8400-e29b-41d4-a716-446655440000",
    "role": "admin",
    "is_admin": True,
    "state": "active",
    "key": "sk_" + "a" * 32,
    "key_hash": "0" * 64,
    "key_prefix": "sk_...aaaaa",
    "created_at": "2000-01-01T00:00:00Z",
    "last_used_at": "2000-01-01T00:00:00Z",
    "email": "root@example.com",
    "__proto__": {"role": "admin"},
    "constructor": {},
    "Scopes": ["admin"],
}

NAMES: dict[str, bytes] = {
    "a lone surrogate": b'{"name": "\\ud800"}',
    "an escape sequence": b'{"name": "\\u001b[31m"}',
    "a NUL": b'{"name": "a\\u0000"}',
    "a line separator": b'{"name": "a\\u2028b"}',
    "a right-to-left override": b'{"name": "a\\u202eb"}',
    "a DEL": b'{"name": "a\\u007fb"}',
    "bytes that are no UTF-8": b'{"name": "\xff"}',
    "200 KB": b'{"name": "' + b"x" * 200_000 + b'"}',
    "no JSON": b"{'name': 'x'}",
    "nested beyond reason": b'{"name": ' + b"[" * 50_000,
    "NaN as expiry": b'{"name": "x", "expires_at": NaN}',
    "an expiry beyond all times": b'{"name": "x", "expires_at": 1e999}',
    "an endless number": b'{"name": "x", "expires_at": ' + b"9" * 100_000 + b"}",
}


def latin(text: str) -> bytes:
    return text.encode("latin-1") if text.isascii() or max(text) <= "\xff" else text.encode()


@sqlite
async def test_no_lookalike_and_no_other_header_gets_in(
    anybody: httpx2.AsyncClient, person: Person, capfd: pytest.CaptureFixture[str]
) -> None:
    sent = [
        (f"key: {name}", f"Bearer {make(person.key)}", INVALID) for name, make in LOOKALIKES.items()
    ]
    sent += [(f"header: {name}", make(person.key), MISSING) for name, make in HEADERS.items()]
    answers: dict[str, object] = {}
    for name, header, detail in sent:
        response = await anybody.get("/auth/me", headers=[(b"Authorization", latin(header))])
        if (response.status_code, response.json()) != (401, {"detail": detail}):
            answers[name] = (response.status_code, response.text)
        assert "www-authenticate" in response.headers, name

    assert answers == {}
    printed = "".join(capfd.readouterr())
    assert person.key[3:] not in printed
    assert rules.hash_key(person.key) not in printed
    assert (await anybody.get("/auth/me", headers=person.headers)).status_code == HTTPStatus.OK


@sqlite
async def test_no_body_sets_what_is_not_the_callers(alice: httpx2.AsyncClient) -> None:
    for name, value in MEMBERS.items():
        refused = await alice.post("/auth/api-keys", json={"name": "x", name: value})

        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, name
        assert [one["loc"] for one in refused.json()["detail"]] == [["body", name]]
    assert [one["name"] for one in (await alice.get("/auth/api-keys")).json()] == ["Test"]


@sqlite
async def test_names_and_times_that_nobody_can_mean_are_refused(
    alice: httpx2.AsyncClient,
) -> None:
    for name, body in NAMES.items():
        headers = {"Content-Type": "application/json"}
        refused = await alice.post("/auth/api-keys", content=body, headers=headers)

        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, name
        assert all(set(one) == {"loc", "msg", "type"} for one in refused.json()["detail"])


@sqlite
async def test_a_name_of_a_megabyte_is_too_large(app: FastAPI, person: Person) -> None:
    transport = httpx2.ASGITransport(app=Edge(app, local_only=False))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        refused = await client.post(
            "/auth/api-keys", json={"name": "x" * 1_000_000}, headers=person.headers
        )

    assert refused.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@sqlite
async def test_no_text_but_an_issued_active_key_authenticates(app: FastAPI, person: Person) -> None:
    """A property: keys of the right form, edits of a real one, and any text."""
    alphabet = st.sampled_from("ABCXYZabcxyz0189")
    shaped = st.text(alphabet, min_size=32, max_size=32).map("sk_{}".format)
    places = st.integers(0, len(person.key) - 1)
    edited = st.tuples(places, st.characters(max_codepoint=255)).map(
        lambda edit: person.key[: edit[0]] + edit[1] + person.key[edit[0] + 1 :]
    )
    loop = asyncio.get_running_loop()

    async def ask(raw: str) -> int:
        async with browse(app) as client:
            header = (b"Authorization", f"Bearer {raw}".encode("latin-1"))
            return (await client.get("/auth/me", headers=[header])).status_code

    @settings(
        max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(shaped | edited | st.text(st.characters(max_codepoint=255), max_size=60))
    def judge(raw: str) -> None:
        status = asyncio.run_coroutine_threadsafe(ask(raw), loop).result(30)
        holds = raw.strip(" \t") == person.key
        assert status == (HTTPStatus.OK if holds else HTTPStatus.UNAUTHORIZED)

    await asyncio.to_thread(judge)


@given(st.text(st.sampled_from("abcXYZ019"), min_size=32, max_size=32))
def test_a_prefix_never_tells_more_than_five_characters(random: str) -> None:
    shown = rules.prefix_of(f"sk_{random}")

    assert shown == f"sk_...{random[27:]}"
    assert len(shown.removeprefix("sk_...")) == 5
