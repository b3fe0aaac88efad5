"""`--keyring`: the key is in the system's keyring, and the file only says so."""

import json
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from tests.cli.conftest import Torale, as_typed
from tests.sdk.clients import URL
from tests.sdk.conftest import Running


class InMemory(KeyringBackend):
    """A backend that keeps the library's contract, until it is locked."""

    priority = 1  # pyright: ignore[reportAssignmentType]

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def _open(self) -> dict[tuple[str, str], str]:
        if self.is_locked:
            raise KeyringLocked("locked")
        return self.held

    def get_password(self, service: str, username: str) -> str | None:
        return self._open().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self._open().pop((service, username), None) is None:
            raise PasswordDeleteError("not found")


@pytest.fixture
def system() -> Iterator[InMemory]:
    before, backend = keyring.get_keyring(), InMemory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
async def nobody(running: Running) -> Torale:
    return as_typed(running, None)


async def test_the_key_is_in_the_keyring_and_not_in_the_file(
    running: Running, nobody: Torale, system: InMemory, bare_environment: Path
) -> None:
    key = (await running.person()).key
    stored = await nobody("auth", "set-api-key", "--key", "-", "--keyring", input=key + "\n")

    assert stored.exit_code == 0, stored.output
    file = bare_environment / ".torale" / "config.json"
    assert json.loads(file.read_text()) == {"api_url": URL, "keyring": True}
    assert system.held == {("torale", URL): key}
    assert "from keyring" in (await nobody("auth", "status")).stdout
    assert (await nobody("task", "list")).exit_code == 0

    assert (await nobody("auth", "logout")).exit_code == 0
    assert system.held == {}
    assert (await nobody("task", "list")).exit_code == 3


async def test_a_locked_keyring_is_one_line(
    running: Running, nobody: Torale, system: InMemory, bare_environment: Path
) -> None:
    key = (await running.person()).key
    system.is_locked = True
    unstored = await nobody("auth", "set-api-key", "--key", key, "--keyring")
    assert not (bare_environment / ".torale").exists(), "nothing is half stored"

    system.is_locked = False
    assert (await nobody("auth", "set-api-key", "--key", key, "--keyring")).exit_code == 0
    system.is_locked = True
    for refused in (unstored, await nobody("task", "list")):
        assert refused.exit_code == 1
        assert "does not answer: KeyringLocked" in refused.stderr
        assert key not in refused.output
