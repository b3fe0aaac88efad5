"""Test runner: on SQLite always, on PostgreSQL, Redis and Chromium where they are found.

    TEST_POSTGRES=postgresql://…   use this server; its user must be allowed to make databases
    TEST_POSTGRES_BIN=/…/bin       the programs to start one from, where they are not found
    TEST_REDIS=redis://host:port   use this server; its numbered databases are emptied
    TEST_REDIS_BIN=/…/redis-server the program to start one from, where it is not found
    TEST_CHROMIUM=/…/chromium      the browser, where it is not found
    TORALE_TEST_ALL=1              leaving something out is a failure

Everything given on the command line goes to pytest.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

# These need the line above.
from tests.support.chromium import find_chromium  # noqa: E402
from tests.support.postgres import PostgresServer, find_programs  # noqa: E402
from tests.support.redis import RedisServer, find_program  # noqa: E402

NO_POSTGRES = "PostgreSQL tests: apt install postgresql, or set TEST_POSTGRES (see CONTRIBUTING.md)"
NO_REDIS = "Redis tests: apt install redis-server, or set TEST_REDIS (see CONTRIBUTING.md)"
NO_TOOLS = "tests of the guides in the shell: apt install curl jq"
NO_CHROMIUM = "browser tests: apt install chromium, or set TEST_CHROMIUM (see CONTRIBUTING.md)"


@contextmanager
def postgres() -> Generator[str | None]:
    """Hand out the address of a server, or None where there is none to be had."""
    named = os.environ.get("TEST_POSTGRES", "").rstrip("/")
    if named:
        yield named
        return
    programs = find_programs()
    if programs is None:
        yield None
        return
    with PostgresServer(programs) as server:
        yield server.url


@contextmanager
def redis() -> Generator[str | None]:
    """Hand out the address of a server, or None where there is none to be had."""
    named = os.environ.get("TEST_REDIS", "").rstrip("/")
    program = find_program()
    if named or program is None:
        yield named or None
        return
    with RedisServer(program) as server:
        yield server.url


def run_pytest(arguments: list[str], environment: dict[str, str]) -> int:
    child = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment
    )

    def pass_on(number: int, _: FrameType | None) -> None:
        # Ctrl-C reaches pytest by itself; SIGTERM is sent to us alone.
        if number == signal.SIGTERM:
            child.send_signal(signal.SIGINT)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, pass_on)
    return child.wait()


def leave(_: int, __: FrameType | None) -> None:
    sys.exit(143)  # through every `with`, so that the server stops


def main() -> int:
    signal.signal(signal.SIGTERM, leave)
    left_out: list[str] = []
    environment = dict(os.environ)
    with postgres() as postgres_url, redis() as redis_url:
        for name, url, without in (
            ("TEST_POSTGRES", postgres_url, NO_POSTGRES),
            ("TEST_REDIS", redis_url, NO_REDIS),
        ):
            environment.pop(name, None)
            if url:
                environment[name] = url
            else:
                left_out.append(without)
        if find_chromium() is None:
            left_out.append(NO_CHROMIUM)
        if not (shutil.which("curl") and shutil.which("jq")):
            left_out.append(NO_TOOLS)
        code = run_pytest(sys.argv[1:], environment)
    for what in left_out:
        print(f"left out: {what}")
    if left_out and os.environ.get("TORALE_TEST_ALL") == "1":
        print("TORALE_TEST_ALL=1: nothing may be left out")
        return code or 1
    return code


if __name__ == "__main__":
    sys.exit(main())
