"""What is promised beyond the public page: lists, limits, local use, and the API description."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, insert, select

from tests.support.databases import Templates, make_settings
from tests.support.fakes import FakeClock
from tests.support.people import browse, make_person
from torale.server.app import create_app
from torale.server.auth.models import ApiKey, KeyState
from torale.server.parts import parts_of
from torale.server.settings.base import SETTINGS, Settings
from torale.server.worker import Service


@pytest.fixture
def settings(database_templates: Templates, tmp_path: Path) -> Iterator[Settings]:
    with database_templates.copy("sqlite", tmp_path) as made:
        yield made


@pytest.fixture
async def service(settings: Settings) -> AsyncIterator[Service]:
    service = Service(settings, kind="serve", executes=False)
    yield service
    await service.stop()


@pytest.fixture
def app(service: Service) -> FastAPI:
    return create_app(service)


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, found in document["paths"].items():
        for method, operation in found.items():
            yield f"{method} {path}", operation


async def test_the_newest_200_keys_are_listed_revoked_ones_included(
    service: Service, app: FastAPI
) -> None:
    clock = FakeClock(service.clock())
    person = await make_person(service.sessions, "alice@example.com", clock)
    rows = [
        {
            "user_id": person.user_id,
            "name": f"old {number}",
            "key_hash": f"{number:064x}",
            "key_prefix": "sk_...aaaaa",
            "scopes": ["read"],
            "state": KeyState.REVOKED,
            "created_at": clock() - timedelta(minutes=number + 1),
        }
        for number in range(210)
    ]
    async with service.sessions.begin() as session:
        await session.execute(insert(ApiKey), rows)
        assert await session.scalar(select(func.count()).select_from(ApiKey)) == 211

    async with browse(app, person) as client:
        listed = (await client.get("/auth/api-keys")).json()

    assert [one["name"] for one in listed] == ["Test", *(f"old {one}" for one in range(199))]
    assert {one["state"] for one in listed[1:]} == {"revoked"}


@pytest.mark.parametrize("value", ["", "0", "true", "yes", "on", "01", "2", " 1 x"])
async def test_noauth_is_exactly_1(service: Service, app: FastAPI, value: str) -> None:
    read = service.settings
    parts_of(app)[SETTINGS] = make_settings(read.data_dir, read.database_url, noauth=value)

    async with browse(app) as client:
        refused = await client.get("/auth/me")

    assert refused.status_code == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "torale.example.com"])
def test_noauth_is_refused_at_start_unless_bound_to_loopback(tmp_path: Path, host: str) -> None:
    with pytest.raises(ValueError, match="TORALE_NOAUTH=1 needs"):
        make_settings(tmp_path, noauth="1", host=host)


async def test_every_operation_with_a_credential_documents_401_403_422_429_and_503(
    document: dict[str, Any],
) -> None:
    asked = [(name, one) for name, one in operations(document) if one.get("security")]

    assert len(asked) > 30
    for name, operation in asked:
        assert operation["security"] == [{"Bearer": []}], name
        for status in ("401", "403", "422", "429", "503"):
            answer = operation["responses"][status]
            schema = answer["content"]["application/json"]["schema"]["$ref"]
            assert schema.rpartition("/")[2] in {"ErrorOut", "InvalidOut", "RateLimitedOut"}, name
        assert "WWW-Authenticate" in operation["responses"]["401"]["headers"], name
        assert "Retry-After" in operation["responses"]["429"]["headers"], name


async def test_the_credential_is_one_bearer_scheme_under_a_name_that_openapi_allows(
    document: dict[str, Any],
) -> None:
    [(name, scheme)] = document["components"]["securitySchemes"].items()

    assert name.isalnum()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert "API key" in scheme["description"]
    assert "session token" in scheme["description"]


async def test_no_body_takes_members_that_it_does_not_name(document: dict[str, Any]) -> None:
    """Nobody sets an owner, a role or a state by sending more than is asked for."""
    schemas: dict[str, Any] = document["components"]["schemas"]
    seen: set[str] = set()

    def visit(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                visit(item)
        if not isinstance(node, dict):
            return
        name = str(node.get("$ref", "")).rpartition("/")[2]
        if name and name not in seen:
            seen.add(name)
            visit(schemas[name])
        for value in node.values():
            visit(value)

    for _, operation in operations(document):
        visit(operation.get("requestBody", {}).get("content", {}))

    objects = {name for name in seen if schemas[name].get("type") == "object"}
    assert "KeyCreate" in objects
    assert {
        schema for schema in objects if schemas[schema].get("additionalProperties") is not False
    } == set()
