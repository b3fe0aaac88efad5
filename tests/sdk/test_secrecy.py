"""A key is in the header of a request to its own server, and nowhere else."""

import copy
import json
import logging
import pickle
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.sdk.clients import KEY, URL, Script, answer
from torale import AsyncToraleClient, ToraleClient
from torale.exceptions import (
    APIConnectionError,
    ConfigurationError,
    RateLimitError,
    ToraleAPIError,
    ValidationError,
)
from torale.sdk.settings import Secret
from torale.sdk.transport.answers import redact

Open = Callable[..., Any]


def shown(error: BaseException) -> str:
    """Return everything that a tool that shows variables would show of an error."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    mine = [frame for frame in told.stack if "/tests/" not in frame.filename]
    told.stack = traceback.StackSummary.from_list(mine)
    return "".join(told.format()) + repr(error) + repr(vars(error))


async def test_the_key_goes_into_one_header(scripted: Open) -> None:
    script = Script([answer(401, {"detail": "Invalid API key"})])
    with pytest.raises(ToraleAPIError):
        await scripted(script).auth.me()

    (request,) = script.seen
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(request.url)
    assert KEY not in repr(request.headers)


@pytest.mark.parametrize(
    "to", ["https://evil.example/auth/me", URL + "/elsewhere", "//evil.example"]
)
async def test_no_redirect_is_followed(scripted: Open, to: str) -> None:
    script = Script([httpx2.Response(307, headers={"Location": to})])
    with pytest.raises(ToraleAPIError, match="redirects to") as caught:
        await scripted(script).auth.me()

    assert len(script.seen) == 1
    assert caught.value.status_code == 307


def test_a_client_that_follows_redirects_does_not_follow_ours() -> None:
    script = Script([httpx2.Response(302, headers={"Location": "https://evil.example/"})])
    mine = httpx2.Client(
        transport=script.transport,
        follow_redirects=True,
        auth=("me", "password"),
        headers={"Authorization": "Basic abc", "Cookie": "a=b", "X-Tenant": "7"},
    )
    with pytest.raises(ToraleAPIError, match="redirects"):
        ToraleClient(KEY, api_url=URL, http_client=mine).auth.me()

    (request,) = script.seen
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-tenant"] == "7"
    assert "cookie" not in request.headers


def test_without_authentication_no_key_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORALE_NOAUTH", "1")
    script = Script([answer(404, {"detail": "no"})])
    with pytest.raises(ToraleAPIError):
        ToraleClient(KEY, http_client=httpx2.Client(transport=script.transport)).auth.me()

    (request,) = script.seen
    assert str(request.url) == "http://localhost:8000/auth/me"
    assert "authorization" not in request.headers


@pytest.mark.parametrize("kind", [ToraleClient, AsyncToraleClient])
def test_nothing_shows_the_key(kind: Callable[..., Any]) -> None:
    client = kind(KEY, api_url=URL)

    assert repr(client) == f"<{kind.__name__} {URL}>"
    assert KEY not in repr(vars(client)) + repr(client.tasks) + str(client.tasks.create)
    secret = Secret(KEY)
    assert KEY not in f"{secret} {secret!r}"
    assert secret == Secret(KEY)
    assert copy.copy(secret).reveal() == KEY


class Rude(BaseHTTPRequestHandler):
    """Reads a request and hangs up."""

    def do_GET(self) -> None:
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def rude() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Rude) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_no_traceback_shows_the_key(rude: str, caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG),
        ToraleClient(KEY, api_url=rude, max_retries=0) as client,
        pytest.raises(APIConnectionError) as caught,
    ):
        client.auth.me()

    assert "Cannot reach" in str(caught.value)
    assert KEY not in shown(caught.value)
    assert KEY not in caplog.text


async def test_no_async_traceback_shows_the_key(
    rude: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncToraleClient(KEY, api_url=rude, max_retries=0) as client:
        with caplog.at_level(logging.DEBUG), pytest.raises(APIConnectionError) as caught:
            await client.auth.me()

    assert KEY not in shown(caught.value)
    assert KEY not in caplog.text


@pytest.mark.parametrize("way", ["argument", "environment", "file"])
def test_a_wrong_address_does_not_show_the_key(
    way: str, monkeypatch: pytest.MonkeyPatch, bare_environment: Path
) -> None:
    url = "http://torale.example"
    if way == "environment":
        monkeypatch.setenv("TORALE_API_KEY", KEY)
    if way == "file":
        file = bare_environment / "config.json"
        file.write_text(json.dumps({"api_url": url, "api_key": KEY}))
        monkeypatch.setenv("TORALE_CONFIG", str(file))
    with pytest.raises(ConfigurationError, match="plain http") as caught:
        ToraleClient(KEY if way == "argument" else None, api_url=None if way == "file" else url)

    assert KEY not in shown(caught.value)


async def test_what_a_server_echoes_is_cut_out(scripted: Open) -> None:
    echo = {"detail": f"Authorization: Bearer {KEY} and whsec_{'c' * 30} are not known"}
    with pytest.raises(ToraleAPIError) as caught:
        await scripted(Script([answer(404, echo)])).auth.me()
    assert str(caught.value) == "Authorization: Bearer sk_… and whsec_… are not known"

    problem = {"loc": ["body", "code"], "msg": f"{KEY} is wrong", "type": "value_error"}
    with pytest.raises(ValidationError) as invalid:
        await scripted(Script([answer(422, {"detail": [problem]})])).auth.me()
    assert str(invalid.value) == "code: sk_… is wrong"
    assert KEY not in repr(invalid.value.detail)
    assert redact("eyJhbGciOiJSUzI1NiJ9.eyJzdWIi.sig") == "eyJ…"


async def test_an_error_travels_without_the_key(scripted: Open) -> None:
    script = Script([answer(429, {"detail": "Slow down"}, {"Retry-After": "60"})])
    with pytest.raises(RateLimitError) as caught:
        await scripted(script).auth.me()

    packed = pickle.dumps(caught.value)
    again = pickle.loads(packed)
    assert KEY.encode() not in packed
    assert (str(again), again.status_code, again.retry_after) == ("Slow down", 429, 60)
    assert again.response is None


def test_a_proxy_of_the_environment_does_not_see_a_local_key(
    monkeypatch: pytest.MonkeyPatch, rude: str
) -> None:
    seen: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_error(502)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_address[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with (
            ToraleClient(KEY, api_url=rude, max_retries=0) as client,
            pytest.raises(APIConnectionError),
        ):
            client.auth.me()
        server.shutdown()
        thread.join()

    assert seen == []
