import logging
import sqlite3
from collections.abc import AsyncIterator
from http import HTTPStatus
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import BaseModel, field_validator
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from torale.server.errors import (
    ConflictError,
    InvalidFieldError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
    known_id,
)
from torale.server.errors.handlers import install_error_handlers, responses

GONE = {"detail": "The database is unavailable; try again shortly."}
FAILURES: dict[str, Exception] = {
    "conflict": ConflictError("No."),
    "field": InvalidFieldError("sources", 2, message="Bad."),
    "missing": UnauthorizedError("Who?"),
    "wrong": UnauthorizedError("Who?", credential_sent=True),
    "down": UnavailableError("Down."),
    "full": OperationalError("x", {}, sqlite3.OperationalError("database or disk is full")),
    "pool": PoolTimeoutError("no connection"),
    "lost": IntegrityError("x", {}, Exception("gone"), connection_invalidated=True),
    "bug": ZeroDivisionError("secret"),
    "integrity": IntegrityError("secret", {}, Exception("secret")),
}


class Body(BaseModel):
    age: float

    @field_validator("age")
    @classmethod
    def _is_old(cls, value: float) -> float:
        if not value >= 18:
            raise ValueError("must be old")
        return value


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = FastAPI()
    install_error_handlers(app)

    @app.get("/fail/{name}")
    async def fail(name: str) -> None:
        raise FAILURES[name]

    @app.post("/body")
    async def post(body: Body) -> None:
        del body

    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(
    "name, status, body, header",
    [
        ("conflict", 409, {"detail": "No."}, None),
        (
            "field",
            422,
            {"detail": [{"loc": ["body", "sources", 2], "msg": "Bad.", "type": "value_error"}]},
            None,
        ),
        ("missing", 401, {"detail": "Who?"}, ("www-authenticate", "Bearer")),
        (
            "wrong",
            401,
            {"detail": "Who?"},
            ("www-authenticate", 'Bearer error="invalid_token"'),
        ),
        ("down", 503, {"detail": "Down."}, ("retry-after", "5")),
        ("full", 503, GONE, ("retry-after", "5")),
        ("pool", 503, GONE, ("retry-after", "5")),
        ("lost", 503, GONE, ("retry-after", "5")),
        ("bug", 500, {"detail": "Internal server error"}, None),
        ("integrity", 500, {"detail": "Internal server error"}, None),
    ],
)
async def test_a_failure_is_shown(
    client: httpx2.AsyncClient,
    name: str,
    status: int,
    body: object,
    header: tuple[str, str] | None,
) -> None:
    response = await client.get(f"/fail/{name}")

    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json() == body
    if header:
        assert response.headers[header[0]] == header[1]


async def test_a_bug_is_logged(
    client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        await client.get("/fail/bug")

    [record] = [one for one in caplog.records if one.name == "torale.server.errors.handlers"]
    assert record.exc_info is not None


async def test_unknown_paths_and_methods_are_json(client: httpx2.AsyncClient) -> None:
    missing, method = await client.get("/nowhere"), await client.put("/body")

    assert (missing.status_code, missing.json()) == (404, {"detail": "Not Found"})
    assert (method.status_code, method.json()) == (405, {"detail": "Method Not Allowed"})
    assert method.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "content, loc, kind, message",
    [
        (b'{"age": 3}', ["body", "age"], "value_error", "must be old"),
        (b'{"age": NaN}', ["body", "age"], "value_error", "must be old"),
        (b'{"age": "secret"}', ["body", "age"], "float_parsing", None),
        (b"{}", ["body", "age"], "missing", "Field required"),
        (b"", ["body"], "missing", "Field required"),
        (b"{", ["body", 1], "json_invalid", "JSON decode error"),
        (b"\xff", ["body"], "json_invalid", "JSON decode error"),
        (b"[" * 100_000, ["body"], "json_invalid", "JSON decode error"),
    ],
)
async def test_an_invalid_body_is_not_echoed(
    client: httpx2.AsyncClient,
    content: bytes,
    loc: list[str | int],
    kind: str,
    message: str | None,
) -> None:
    headers = {"Content-Type": "application/json"}
    response = await client.post("/body", content=content, headers=headers)

    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    [problem] = response.json()["detail"]
    assert problem == {"loc": loc, "msg": message or problem["msg"], "type": kind}
    assert "secret" not in response.text


def test_an_id_that_is_none_names_nothing() -> None:
    real = uuid4()

    assert known_id(str(real), "x") == known_id(str(real).upper(), "x") == real
    for text in ("", "x", real.hex, f"{{{real}}}", f"urn:uuid:{real}", f" {real}", "\x00"):
        with pytest.raises(NotFoundError, match="Nothing"):
            known_id(text, "Nothing")


def test_documented_answers_name_their_bodies() -> None:
    found = responses(404, 422)

    assert sorted(found) == [401, 403, 404, 422, 429, 503]
    assert found[422]["model"].__name__ == "InvalidOut"
    assert found[404]["model"].__name__ == "ErrorOut"
