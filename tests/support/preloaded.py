"""`torale` with its modules loaded already: each run is a fork, in a few hundredths of a second.

It is a process of its own with its own arguments, environment, folder and files, as the installed
command is; what starting that costs and imports is for tests of that, which start it.
"""

import atexit
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from torale.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = (
    *(f"torale.cli.{name}" for name in ("auth", "tasks", "channels", "notifications", "templates")),
    *(f"torale.cli.{name}" for name in ("keys", "admin", "server", "evals")),
    *("torale.sdk.client", "torale.server.hosting", "torale.server.app"),
    *("torale.server.evaluation", "rich.console", "rich.table", "yaml"),
)
READY = b"ready"

# What stands for `torale` in a shell: hands itself over, and ends as that ends.
SHIM = """\
#!{python} -IS
import array, json, os, socket, sys

asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as door:
    door.connect({door!r})
    files = array.array("i", [0, 1, 2])
    door.sendmsg([b"%12d" % len(asked)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)])
    door.sendall(asked)
    told = door.makefile().read().split()
sys.exit(int(told[1]) if len(told) > 1 else 1)
"""


class Preloaded:
    """The process that forks. It ends with whoever started it."""

    def __init__(self) -> None:
        # Short: the address of a socket has 107 bytes at most.
        self._folder = tempfile.TemporaryDirectory(prefix="torale-")
        folder = Path(self._folder.name)
        self._door = str(folder / "door")
        log = folder / "log"
        with log.open("wb") as err:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.preloaded", self._door],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=err,
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != READY:
            reason = log.read_text()
            self.close()
            raise RuntimeError(f"`torale` could not be loaded:\n{reason}")
        self.bin = folder / "bin"
        self.bin.mkdir()
        shim = self.bin / "torale"
        shim.write_text(SHIM.format(python=sys.executable, door=self._door))
        shim.chmod(0o755)

    def run(
        self, arguments: Sequence[str], env: Mapping[str, str], seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `torale` to its end in the home of `env`, without input.

        Raises:
            subprocess.TimeoutExpired: It took longer, and was killed.
        """
        asked = json.dumps([arguments, env["HOME"], dict(env)]).encode()
        with (
            Path(os.devnull).open("rb") as nothing,
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            socket.socket(socket.AF_UNIX) as door,
        ):
            door.connect(self._door)
            socket.send_fds(
                door, [b"%12d" % len(asked)], [one.fileno() for one in (nothing, out, err)]
            )
            door.sendall(asked)
            code = _wait(door, arguments, seconds)
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode())
        return subprocess.CompletedProcess(["torale", *arguments], code, *texts)

    def close(self) -> None:
        self._process.communicate()  # closes its stdin: it ends
        self._folder.cleanup()


@cache
def preloaded() -> Preloaded:
    """Return the one of this process, started when it is first needed."""
    made = Preloaded()
    atexit.register(made.close)
    return made


def _wait(door: socket.socket, arguments: Sequence[str], seconds: float) -> int:
    with door.makefile() as told:
        pid = int(told.readline())
        door.settimeout(seconds)
        try:
            code = told.readline()
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(["torale", *arguments], seconds) from None
    return int(code) if code else -signal.SIGKILL


def serve(address: str) -> None:
    """Fork for each that knocks, until stdin is closed."""
    for name in MODULES:
        import_module(name)
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as waiting:
        listener.bind(address)
        listener.listen(64)
        waiting.register(listener, selectors.EVENT_READ)
        waiting.register(0, selectors.EVENT_READ)
        os.write(1, READY + b"\n")
        while all(key.fileobj is listener for key, _ in waiting.select()):
            visitor, _ = listener.accept()
            if os.fork() == 0:
                waiting.close()
                listener.close()
                _become(visitor)
            visitor.close()
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    """Those that ended are gone."""


def _become(visitor: socket.socket) -> NoReturn:
    """Be `torale` as the visitor has it, and tell them the id of the process and its exit code."""
    length, files, _, _ = socket.recv_fds(visitor, 12, 3)
    with visitor.makefile("rb") as asked:
        arguments, folder, env = json.loads(asked.read(int(length)))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    visitor.sendall(b"%d\n" % os.getpid())
    code = _run(arguments)
    visitor.sendall(b"%d\n" % code)
    os._exit(code)


def _run(arguments: Sequence[str]) -> int:
    sys.argv = ["torale", *arguments]
    code: object = 0
    try:
        main.app(prog_name="torale")
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001  (as the interpreter does)
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve(sys.argv[1])
