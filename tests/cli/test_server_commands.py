"""Commands of operators, and the one line for what is wrong."""

import re
import socket
from pathlib import Path

import pytest

from tests.e2e.servers import command, environment, installed
from tests.support.databases import POSTGRES, postgres_database

NO_DATABASE = "postgresql://nobody@127.0.0.1:9/none"


def refusal(folder: Path, *arguments: str, **env: str) -> str:
    """Run a command that must end with one line and no traceback; answers the line."""
    done = command(*arguments, env={**environment(folder), **env})
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stderr
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


def test_a_key_is_the_only_line_on_stdout(tmp_path: Path) -> None:
    arguments = ("server", "create-key", "--email", "alice@example.com")
    keys = [run(*arguments, env=environment(tmp_path)) for run in (installed, command)]

    for done in keys:
        assert done.returncode == 0, done.stderr
        assert re.fullmatch(r"sk_[A-Za-z0-9]{32}\n", done.stdout)
    assert keys[0].stdout != keys[1].stdout
    folder = tmp_path / "data"
    assert folder.stat().st_mode & 0o077 == 0, "nobody else may look into the data folder"


def test_a_key_for_no_address_is_refused(tmp_path: Path) -> None:
    line = refusal(tmp_path, "server", "create-key", "--email", "nonsense")

    assert "nonsense" in line or "email" in line.lower()


def test_a_worker_needs_postgresql(tmp_path: Path) -> None:
    line = refusal(tmp_path, "worker")

    assert "DATABASE_URL" in line
    assert "torale serve" in line


@pytest.mark.parametrize("arguments", [("serve",), ("server", "create-key", "--email", "a@b.co")])
def test_a_data_folder_that_cannot_be_used(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "file").write_text("not a folder")

    line = refusal(tmp_path, *arguments, TORALE_DATA_DIR=str(tmp_path / "file"))

    assert "TORALE_DATA_DIR" in line


def test_a_database_that_cannot_be_reached(tmp_path: Path) -> None:
    line = refusal(tmp_path, "serve", DATABASE_URL=NO_DATABASE)

    assert "DATABASE_URL" in line
    assert "nobody@" not in line


@pytest.mark.parametrize(
    "name,value",
    [
        ("DATABASE_URL", "mysql://localhost/torale"),
        ("TORALE_PORT", "many"),
        ("TORALE_CONCURRENCY", "0"),
        ("TORALE_ALLOW_PRIVATE_NETWORKS", "10.0.0.0/99"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert name in refusal(tmp_path, "serve", **{name: value})


def test_no_authentication_stays_at_home(tmp_path: Path) -> None:
    env = {"TORALE_NOAUTH": "1", "TORALE_HOST": "0.0.0.0"}

    assert "TORALE_NOAUTH" in refusal(tmp_path, "serve", **env)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        assert "TORALE_PORT" in refusal(tmp_path, "serve", "--port", port)


def test_check_says_what_works(tmp_path: Path) -> None:
    done = command("server", "check", env=environment(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert all(line.startswith("ok") for line in lines)
    for part in ("data folder", "database: SQLite", "mail", "search", "judge"):
        assert any(part in line for line in lines), part


def test_check_says_what_does_not_work(tmp_path: Path) -> None:
    env = {**environment(tmp_path, NO_DATABASE), "SMTP_URL": "smtp://127.0.0.1:9"}

    done = command("server", "check", env=env)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert len(failed) == 2, done.stdout
    assert "database" in failed[0]
    assert "mail" in failed[1]


def test_migrate_makes_the_schema(tmp_path: Path) -> None:
    for _ in range(2):
        done = command("server", "migrate", env=environment(tmp_path))
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "data" / "torale.db").exists()


def test_keys_are_made_on_postgresql_too(tmp_path: Path) -> None:
    if not POSTGRES:
        pytest.skip("needs PostgreSQL")
    with postgres_database() as url:
        env = environment(tmp_path, url)
        done = command("server", "create-key", "--email", "alice@example.com", env=env)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("sk_")
