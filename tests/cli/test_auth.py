"""The stored key: who can read it, where it goes, what is said when it cannot be used."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Torale, as_typed
from tests.sdk.clients import URL
from tests.sdk.conftest import Running

SHAPED = "sk_" + "a" * 32


@pytest.fixture
async def nobody(running: Running) -> Torale:
    return as_typed(running, None)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_key_is_stored_used_and_forgotten(
    running: Running, nobody: Torale, bare_environment: Path
) -> None:
    key = (await running.person()).key
    stored = await nobody("auth", "set-api-key", "--key", "-", input=key + "\n")
    assert stored.exit_code == 0, stored.output
    assert key not in stored.output
    file = bare_environment / ".torale" / "config.json"
    assert json.loads(file.read_text()) == {"api_url": URL, "api_key": key}

    status = await nobody("auth", "status")
    assert status.stdout.startswith("✓ Authenticated as alice@example.com\n")
    assert str(file) in status.stdout
    assert key not in status.stdout
    assert json.loads((await nobody("auth", "whoami")).stdout)["email"] == "alice@example.com"

    assert (await nobody("auth", "logout")).exit_code == 0
    assert not file.exists()
    after = await nobody("auth", "status")
    assert (after.exit_code, after.stdout) == (1, "")
    assert len(after.stderr.splitlines()) == 1
    assert (await nobody("task", "list")).exit_code == 3


async def test_a_key_that_does_not_hold_is_not_stored(
    nobody: Torale, bare_environment: Path
) -> None:
    assert (await nobody("auth", "set-api-key", "--key", SHAPED)).exit_code == 3
    assert (await nobody("auth", "set-api-key", "--key", "sk_short")).exit_code == 2
    assert not (bare_environment / ".torale").exists()


async def test_nobody_else_reads_the_file_under_any_umask(
    nobody: Torale, bare_environment: Path
) -> None:
    before = os.umask(0)
    try:
        await nobody("auth", "set-api-key", "--key", SHAPED, "--no-verify")
    finally:
        os.umask(before)
    folder = bare_environment / ".torale"
    assert mode(folder) == 0o700
    assert mode(folder / "config.json") == 0o600
    assert [one.name for one in folder.iterdir()] == ["config.json"]


async def test_a_symbolic_link_is_replaced_and_not_followed(
    nobody: Torale, bare_environment: Path
) -> None:
    elsewhere = bare_environment / "elsewhere"
    elsewhere.write_text("mine")
    folder = bare_environment / ".torale"
    folder.mkdir()
    (folder / "config.json").symlink_to(elsewhere)

    await nobody("auth", "set-api-key", "--key", SHAPED, "--no-verify")

    assert elsewhere.read_text() == "mine"
    assert not (folder / "config.json").is_symlink()
    assert mode(folder) == 0o700


async def test_a_file_that_others_can_read_is_warned_of(
    running: Running, nobody: Torale, bare_environment: Path
) -> None:
    key = (await running.person()).key
    await nobody("auth", "set-api-key", "--key", key)
    (bare_environment / ".torale" / "config.json").chmod(0o644)

    warned = await nobody("task", "list")

    assert warned.exit_code == 0
    assert "chmod 600" in warned.stderr


async def test_a_broken_file_is_one_line_with_the_mend(
    nobody: Torale, bare_environment: Path
) -> None:
    folder = bare_environment / ".torale"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    (folder / "config.json").chmod(0o600)

    told = await nobody("task", "list")

    assert told.exit_code == 1
    assert len(told.stderr.splitlines()) == 1
    assert "torale auth set-api-key" in told.stderr
    assert (await nobody("auth", "logout")).exit_code == 0


async def test_a_key_goes_to_the_server_it_was_stored_for_alone(nobody: Torale) -> None:
    await nobody("auth", "set-api-key", "--key", SHAPED, "--no-verify")

    refused = await nobody("task", "list", "--api-url", "http://localhost:9")

    assert refused.exit_code == 3
    assert URL in refused.stderr


async def test_without_authentication_no_key_is_stored(
    nobody: Torale, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORALE_NOAUTH", "1")

    refused = await nobody("auth", "set-api-key", "--key", SHAPED)

    assert refused.exit_code == 1
    assert "TORALE_NOAUTH" in refused.stderr


async def test_without_authentication_this_machine_is_asked_without_a_key(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORALE_NOAUTH", "1")
    nobody = as_typed(running, None)

    assert (await nobody("task", "list")).exit_code == 3, "this server wants a key: none was sent"
    refused = await nobody("task", "list", "--api-url", "https://torale.example")
    assert refused.exit_code == 1
    assert "TORALE_NOAUTH" in refused.stderr
