"""Sources of the key and the server, and places where a key never goes."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sdk.clients import KEY, open_client
from torale import AsyncToraleClient, ToraleClient
from torale.exceptions import AuthenticationError, ConfigurationError
from torale.sdk.settings import (
    Access,
    Secret,
    config_path,
    is_loopback,
    normal_url,
    read_config,
    resolve,
)

OTHER = "sk_" + "o" * 32
HOST = "https://torale.example"

Write = Callable[..., Path]


@pytest.fixture
def write(bare_environment: Path) -> Write:
    def write(text: str | None = None, **fields: object) -> Path:
        path = bare_environment / ".torale" / "config.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(fields) if text is None else text)
        return path

    return write


def found(access: Access) -> tuple[str, str | None]:
    return access.api_url, access.api_key.reveal() if access.api_key else None


def test_the_argument_goes_before_the_environment_before_the_file(write: Write) -> None:
    path = write(api_url=HOST, api_key=OTHER)
    environ = {"TORALE_API_KEY": KEY, "TORALE_API_URL": "https://other.example/"}

    both = resolve(Secret("sk_argument"), "https://given.example", environ=environ)
    assert found(both) == ("https://given.example", "sk_argument")
    assert (both.url_source, both.key_source) == ("api_url", "argument")

    named = resolve(environ=environ)
    assert found(named) == ("https://other.example", KEY)
    assert (named.url_source, named.key_source) == ("TORALE_API_URL", "TORALE_API_KEY")

    stored = resolve(environ={})
    assert found(stored) == (HOST, OTHER)
    assert (stored.url_source, stored.key_source) == (str(path), str(path))


def test_without_anything_said_it_is_the_public_service(write: Write) -> None:
    access = resolve(Secret(KEY), environ={})
    assert found(access) == ("https://api.torale.ai", KEY)
    assert access.url_source == "default"

    write(api_key=OTHER)
    assert found(resolve(environ={})) == ("https://api.torale.ai", OTHER)


def test_what_is_empty_is_not_set(write: Write) -> None:
    write(api_url=HOST, api_key=OTHER)

    access = resolve(Secret(" "), "", environ={"TORALE_API_KEY": "", "TORALE_API_URL": ""})

    assert found(access) == (HOST, OTHER)


def test_a_stored_key_goes_to_its_server_alone(write: Write) -> None:
    write(api_url=HOST, api_key=OTHER)

    same = "https://TORALE.example:443/"
    assert found(resolve(api_url=same, environ={})) == (HOST, OTHER)
    for elsewhere in ("https://evil.example", "http://127.0.0.1:8000", HOST + ":8443", HOST + "/x"):
        with pytest.raises(AuthenticationError, match=f"is for {HOST}") as caught:
            resolve(api_url=elsewhere, environ={})
        assert OTHER not in str(caught.value)
    assert found(resolve(Secret(KEY), "https://evil.example", environ={}))[1] == KEY


@pytest.mark.parametrize("kind", [ToraleClient, AsyncToraleClient])
def test_without_a_key_the_three_ways_to_give_one_are_told(kind: Callable[[], object]) -> None:
    with pytest.raises(AuthenticationError) as caught:
        kind()

    assert caught.value.status_code == 401
    for way in ("api_key=", "TORALE_API_KEY", "torale auth set-api-key"):
        assert way in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '"sk_"', "null", '{"api_key": 5}', '{"api_url": []}', '{"keyring": "yes"}'],
)
def test_a_broken_file_gives_one_clear_line(write: Write, text: str) -> None:
    path = write(text)
    with pytest.raises(ConfigurationError) as caught:
        resolve(environ={})

    assert str(caught.value).startswith(f"{path} is not {{")
    assert "torale auth set-api-key" in str(caught.value)
    assert "\n" not in str(caught.value)
    # Who brings everything along does not need the file.
    assert found(resolve(Secret(KEY), HOST, environ={})) == (HOST, KEY)


def test_a_file_that_cannot_be_read(write: Write, bare_environment: Path) -> None:
    path = write()
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"Cannot read .* it is not text"):
        read_config(path)
    with pytest.raises(ConfigurationError, match=r"Cannot read .*directory"):
        read_config(bare_environment)
    assert read_config(bare_environment / "none.json").api_key is None


def test_the_file_may_be_elsewhere(tmp_path: Path, bare_environment: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"api_url": HOST, "api_key": OTHER}))

    assert config_path({}) == bare_environment / ".torale" / "config.json"
    assert found(resolve(environ={"TORALE_CONFIG": str(path)})) == (HOST, OTHER)


def test_a_key_may_be_in_the_keyring(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(api_url=HOST, keyring=True)
    kept = {("torale", HOST): OTHER}

    def of(backend: Callable[[str, str], str | None]) -> None:
        module = ModuleType("keyring")
        module.__dict__["get_password"] = backend
        monkeypatch.setitem(sys.modules, "keyring", module)

    of(lambda service, name: kept.get((service, name)))
    access = resolve(environ={})
    assert (found(access), access.key_source) == ((HOST, OTHER), "keyring")
    with pytest.raises(AuthenticationError, match=f"the key in {path} is for {HOST}"):
        resolve(api_url="https://evil.example", environ={})

    kept.clear()
    with pytest.raises(AuthenticationError, match="No API key"):
        resolve(environ={})

    def locked(service: str, name: str) -> str:
        raise RuntimeError(OTHER)

    of(locked)
    with pytest.raises(ConfigurationError, match="does not answer: RuntimeError"):
        resolve(environ={})
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"torale\[keyring\]"):
        resolve(environ={})


def test_without_authentication_only_this_machine_is_asked(write: Write) -> None:
    write(api_url=HOST, api_key=OTHER)
    noauth = {"TORALE_NOAUTH": "1", "TORALE_API_KEY": KEY}

    assert found(resolve(environ=noauth)) == ("http://localhost:8000", None)
    assert found(resolve(Secret(KEY), "http://127.0.0.1:9000", environ=noauth)) == (
        "http://127.0.0.1:9000",
        None,
    )
    for elsewhere in (HOST, "http://192.168.1.7:8000", "http://localhost.evil.example"):
        with pytest.raises(ConfigurationError, match="this machine only"):
            resolve(api_url=elsewhere, environ=noauth)
        with pytest.raises(ConfigurationError, match="TORALE_API_URL: TORALE_NOAUTH=1"):
            resolve(environ={**noauth, "TORALE_API_URL": elsewhere})
    assert found(resolve(environ={"TORALE_NOAUTH": "true"})) == (HOST, OTHER)


@pytest.mark.parametrize(
    "url",
    ["http://torale.example", "http://192.168.1.7:8000", "http://0.0.0.0:8000", "http://127.evil"],
)
def test_a_key_never_travels_in_the_open(url: str) -> None:
    for environ in ({}, {"TORALE_API_URL": url}):
        with pytest.raises(ConfigurationError, match="plain http"):
            resolve(Secret(KEY), None if environ else url, environ=environ)


@pytest.mark.parametrize(
    "url", ["http://localhost", "http://127.0.0.1:8000", "http://[::1]:8000", "http://127.7.7.7"]
)
def test_this_machine_may_be_asked_in_the_open(url: str) -> None:
    assert is_loopback(url)
    assert found(resolve(Secret(KEY), url, environ={})) == (url, KEY)


@pytest.mark.parametrize(
    "url",
    [
        "torale.example",
        "ftp://torale.example",
        "https://",
        "https://a b",
        "https://[::1",
        "https://host:99999",
        "https://host\n.example",
        "file:///etc/passwd",
        "https://me:secret@torale.example",
        "https://torale.example?x=1",
        "https://torale.example#x",
        "https://bücher.example",
    ],
)
def test_an_address_that_cannot_be_used(url: str) -> None:
    with pytest.raises(ConfigurationError, match="api_url: the API's address must") as caught:
        resolve(Secret(KEY), url, environ={})

    assert "secret" not in str(caught.value)


def test_addresses_are_compared_in_one_form() -> None:
    assert normal_url(" HTTPS://Torale.Example:443// ", "x") == HOST
    assert normal_url("http://[::1]:80/base/", "x") == "http://[::1]/base"
    assert normal_url(HOST + ":8443/v/", "x") == HOST + ":8443/v"


@given(st.text(max_size=30))
def test_any_address_is_refused_or_normal(url: str) -> None:
    try:
        normal = normal_url("https://" + url, "x")
    except ConfigurationError:
        return
    assert normal_url(normal, "x") == normal


@pytest.mark.parametrize("key", ["sk_a b", "sk_a\nb", "sk_ä", "sk_\x00"])
def test_what_no_key_holds(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(Secret(key), HOST, environ={})

    assert key not in str(caught.value)
    assert found(resolve(Secret(f" {KEY}\n"), HOST, environ={})) == (HOST, KEY)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_clients_read_the_environment_when_they_are_made(
    kind: str, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    write(api_url=HOST, api_key=OTHER)
    client: Any = ToraleClient() if kind == "sync" else AsyncToraleClient()
    monkeypatch.setenv("TORALE_API_URL", "https://later.example")

    assert client.api_url == HOST
    assert open_client(kind, None, api_url=HOST).api_url == HOST
