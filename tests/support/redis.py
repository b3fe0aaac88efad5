"""A Redis of our own, thrown away afterwards: for a whole test run, or to stop within a test.

Imports nothing but the standard library, so that `scripts/test.py` can use it too.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

REDIS = os.environ.get("TEST_REDIS", "")
START_SECONDS = 30
STOP_SECONDS = 10


def find_program() -> Path | None:
    """Return `redis-server`. `TEST_REDIS_BIN` names it where it is not on PATH."""
    found = os.environ.get("TEST_REDIS_BIN") or shutil.which("redis-server")
    return Path(found) if found else None


class RedisServer:
    """One server that keeps nothing on disk. Its address stays the same over restarts."""

    def __init__(self, program: Path | None = None) -> None:
        found = program or find_program()
        if found is None:
            raise FileNotFoundError("no redis-server: install it or set TEST_REDIS_BIN")
        self._program = found
        self._folder = Path(tempfile.mkdtemp(prefix="torale-redis-"))
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """The server's address; a database's is `{url}/{number}`."""
        return f"redis://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = ("--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "64")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "--port", str(self._port), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,  # Ctrl-C is for the tests; we stop the server after them
            )
        try:
            self._wait_until_it_answers(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it as a crash does; harmless when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait(STOP_SECONDS)

    def pause(self) -> None:
        """Let it take connections and answer nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                log = (self._folder / "log").read_text(errors="replace")
                raise RuntimeError(f"Redis did not start:\n{log}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), 2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
