"""A real pseudo-terminal with the installed command in it, and a server that says what it likes."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.e2e.servers import PATIENCE, TORALE

CTRL_C = "\x03"
# Makes what is on fd 0 the terminal of a session of its own, as a terminal emulator does. A job in
# the background, as which the tests may run, hands down that it ignores Ctrl-C.
_LAUNCH = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """One run of `torale …`, as a person sees it and types to it."""

    def __init__(self, *arguments: str, env: Mapping[str, str], columns: int = 120) -> None:
        self._screen, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(TORALE), *arguments],
            env={"TERM": "xterm-256color", **env},
            cwd=env["HOME"],
            stdin=inside,
            stdout=inside,
            stderr=inside,
        )
        os.close(inside)
        self._raw = b""

    @property
    def text(self) -> str:
        """Everything that was written to the terminal so far."""
        return self._raw.decode(errors="replace").replace("\r\n", "\n")

    def until(self, wanted: str) -> str:
        """Read until something is there."""
        while wanted not in self.text:
            assert self._read(), f"it ended without {wanted!r}: {self.text!r}"
        return self.text

    def type(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def end(self) -> int:
        """Read to the end; answers the exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._screen], [], [], PATIENCE)
        assert ready, f"nothing came for {PATIENCE:.0f} s after {self.text!r}"
        try:
            more = os.read(self._screen, 65536)
        except OSError:  # EIO: nobody has the other side open any more
            return b""
        self._raw += more
        return more

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._screen)


@dataclass
class Answer:
    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(eq=False)
class Stranger(ThreadingHTTPServer):
    """A server that answers in turn what it was told; the last answer repeats."""

    answers: list[Answer] = field(default_factory=list[Answer])
    asked: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])

    daemon_threads = True

    def __post_init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Stranger)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Stranger(BaseHTTPRequestHandler):
    server: Stranger  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        self.server.asked.append((time.monotonic(), self.path))
        answers = self.server.answers
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def stranger(*answers: Answer) -> Generator[Stranger]:
    with Stranger(list(answers)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
