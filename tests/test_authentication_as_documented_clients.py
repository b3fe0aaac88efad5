"""The public page on authentication, statement by statement: the command and the SDK."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.cli.conftest import as_typed
from tests.sdk.clients import Script, answer, open_client
from tests.sdk.conftest import Running, bare_environment
from tests.support.databases import Templates
from tests.support.fakes import FakeClock
from tests.support.offline import build_offline
from tests.support.people import GENEROUS, Person, make_person
from torale import ToraleClient
from torale.exceptions import AuthenticationError, ConfigurationError, RateLimitError
from torale.sdk.settings import Secret, resolve
from torale.server.worker import Service

__all__ = ["bare_environment"]

KEY = "sk_" + "abc123def456ghi789jkl012mno345pq"


@pytest.fixture
async def running(database_templates: Templates, tmp_path: Path) -> AsyncIterator[Running]:
    with database_templates.copy("sqlite", tmp_path) as settings:
        service = Service(settings, kind="serve", executes=False, policies=GENEROUS)
        app, queue = build_offline(service)
        yield Running(app, service, queue, "sync")
        await service.stop()


@pytest.fixture
async def person(running: Running) -> Person:
    clock = FakeClock(running.service.clock())
    return await make_person(running.service.sessions, "user@example.com", clock)


async def test_set_api_key_asks_status_tells_who_and_logout_removes_what_is_stored(
    running: Running, person: Person, bare_environment: Path
) -> None:
    torale = as_typed(running, None)

    stored = await torale("auth", "set-api-key", "--key", "-", input=person.key + "\n")
    assert stored.exit_code == 0, stored.output
    status = await torale("auth", "status")
    assert "Authenticated as user@example.com" in status.stdout
    file = bare_environment / ".torale" / "config.json"
    assert json.loads(file.read_text())["api_key"] == person.key
    assert (await torale("auth", "logout")).exit_code == 0
    assert not file.exists()


def test_a_client_takes_a_key_as_argument() -> None:
    access = resolve(Secret(KEY), environ={})

    assert access.api_key is not None
    assert access.api_key.reveal() == KEY
    assert access.api_url == "https://api.torale.ai"
    with ToraleClient(api_key=KEY) as client:
        assert KEY not in repr(client)


def test_a_client_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORALE_API_KEY", KEY)
    seen: list[str] = []

    def serve(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers["Authorization"])
        return httpx2.Response(200, json={"tasks": [], "total": 0, "page": 1, "limit": 20})

    with httpx2.Client(transport=httpx2.MockTransport(serve)) as http:
        ToraleClient(http_client=http).tasks.list()

    assert seen == [f"Bearer {KEY}"]


def test_without_any_key_a_client_says_so() -> None:
    with pytest.raises(AuthenticationError, match="TORALE_API_KEY"):
        ToraleClient()


async def test_beyond_a_limit_the_error_tells_how_many_seconds_to_wait() -> None:
    refused = answer(
        429, {"detail": "Rate limit exceeded", "retry_after": 60}, {"Retry-After": "60"}
    )
    listed = answer(200, {"tasks": [], "total": 0, "page": 1, "limit": 20})
    client = open_client("sync", Script([refused, listed]).transport)

    with pytest.raises(RateLimitError) as caught:
        await client.tasks.list()

    assert caught.value.retry_after == 60
    assert (await client.tasks.list()).total == 0, "as the page shows: wait, then ask again"


def test_noauth_needs_no_key_and_asks_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORALE_NOAUTH", "1")

    access = resolve(environ=dict(os.environ))

    assert (access.api_url, access.api_key) == ("http://localhost:8000", None)
    ToraleClient().close()


@pytest.mark.parametrize("url", ["https://api.torale.ai", "http://192.168.1.5:8000"])
def test_noauth_only_works_with_a_local_api(url: str) -> None:
    with pytest.raises(ConfigurationError, match="TORALE_NOAUTH=1 is for this machine only"):
        resolve(api_url=url, environ={"TORALE_NOAUTH": "1"})
