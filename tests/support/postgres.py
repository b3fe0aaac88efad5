"""A PostgreSQL of our own, thrown away afterwards: for a whole test run, or to stop within a test.

Imports nothing but the standard library and psycopg, so that `scripts/test.py` can use it too.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

# synchronous_commit stays on: a test that kills the server must find what was committed.
OPTIONS = (
    "fsync=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
    "jit=off",
    "max_connections=300",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "timezone=UTC",
)
USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)
START_SECONDS = 60
STOP_SECONDS = 30


def find_programs() -> Path | None:
    """Return the folder that holds `initdb` and `postgres`, the newest where there are several.

    `TEST_POSTGRES_BIN` names it where it is in no usual place.
    """
    named = os.environ.get("TEST_POSTGRES_BIN")
    if named:
        return Path(named)
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    for pattern in USUAL_PLACES:
        folders += sorted(Path("/").glob(pattern.lstrip("/")), key=_version, reverse=True)
    return next((one for one in folders if _holds_programs(one)), None)


def _holds_programs(folder: Path) -> bool:
    return all((folder / name).exists() for name in ("initdb", "postgres"))


def _version(folder: Path) -> int:
    digits = "".join(letter for letter in folder.parent.name if letter.isdigit())
    return int(digits or 0)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _owner() -> str | None:
    """Return whom to run it as: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class PostgresServer:
    """One server in a temporary folder. Its address stays the same over restarts."""

    def __init__(self, programs: Path | None = None) -> None:
        found = programs or find_programs()
        if found is None:
            raise FileNotFoundError("no PostgreSQL programs: install them or set TEST_POSTGRES_BIN")
        self._programs = found
        self._owner = _owner()
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()

    @property
    def url(self) -> str:
        """The server's address; a database's is `{url}/{name}`."""
        return f"postgresql://postgres@127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it, made on the first call, and wait until it answers."""
        folder = self._folder or self._make()
        options = [part for option in (*OPTIONS, f"port={self._port}") for part in ("-c", option)]
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", folder / "data", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                user=self._owner,
                group=self._group(),
                extra_groups=[] if self._owner else None,
                start_new_session=True,  # Ctrl-C is for the tests; we stop the server after them
            )
        try:
            self._wait_until_it_answers(self._process, folder)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close every connection and stop. Data stays; harmless when it does not run."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop without a word to anybody, as a crash does. Data stays."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop and forget all data."""
        self.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _make(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="torale-postgres-"))
        self._folder = folder
        if self._owner:
            shutil.chown(folder, self._owner, self._group())
        made = subprocess.run(
            [
                *(self._programs / "initdb", "-D", folder / "data", "-U", "postgres"),
                *("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            capture_output=True,
            text=True,
            cwd=folder,
            user=self._owner,
            group=self._group(),
            extra_groups=[] if self._owner else None,
            check=False,
        )
        if made.returncode != 0:
            self.close()
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        return folder

    def _group(self) -> int | None:
        return pwd.getpwnam(self._owner).pw_gid if self._owner else None

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(f"{self.url}/postgres", connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    log = (folder / "log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return
