"""Real Torale processes, and a shop for them to look at."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psycopg

from tests.support.preloaded import preloaded

TORALE = Path(sys.executable).with_name("torale")
START_SECONDS = 60.0
PATIENCE = 60.0
ASK_EVERY = 1.0  # with a key: 100 requests a minute are the limit


T = TypeVar("T")


def until(look: Callable[[], T], what: str, *, seconds: float = PATIENCE, every: float = 0.05) -> T:
    """Look again and again until there is something true to see."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}; saw {seen!r}"
        time.sleep(every)
    return seen


@dataclass(eq=False)
class Shop(ThreadingHTTPServer):
    """Pages and a webhook receiver. Either can be made to wait before it answers."""

    pages: dict[str, str] = field(default_factory=dict[str, str])
    requested: list[str] = field(default_factory=list[str])
    received: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])
    open_pages: threading.Event = field(default_factory=threading.Event)
    open_hook: threading.Event = field(default_factory=threading.Event)

    daemon_threads = True
    request_queue_size = 128

    def __post_init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.release()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def block_pages(self) -> None:
        self.open_pages.clear()

    def block_hook(self) -> None:
        self.open_hook.clear()

    def release(self) -> None:
        self.open_pages.set()
        self.open_hook.set()

    def lamps(self, count: int, price: str = "329.00 USD") -> list[str]:
        """Lay down `count` pages of lamps and return their addresses."""
        paths = [f"/lamp-{number}" for number in range(count)]
        for path in paths:
            self.pages[path] = f"Aurora lamp {path}, price: {price}. In stock, sent in two days."
        return [self.url + path for path in paths]

    @property
    def ids(self) -> list[str]:
        """The webhook ids that arrived, one for each attempt."""
        return [one for one, _ in self.received]

    def handle_error(self, request: object, client_address: object) -> None:
        """Be quiet: clients that are killed leave their connections."""


class _Counter(BaseHTTPRequestHandler):
    server: Shop  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        text = self.server.pages.get(self.path)
        if text is None:
            self._answer(404, b"nothing here")
            return
        self.server.requested.append(self.path)
        self.server.open_pages.wait(PATIENCE)
        page = f"<!doctype html><title>Lamps</title><h1>Aurora lamp</h1><p>{text}</p>"
        self._answer(200, page.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.headers["webhook-id"], body))
        self.server.open_hook.wait(PATIENCE)
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def open_shop() -> Generator[Shop]:
    with Shop() as shop:
        thread = threading.Thread(target=shop.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield shop
        finally:
            shop.release()
            shop.shutdown()
            thread.join()


def environment(folder: Path, database_url: str = "", **more: str) -> dict[str, str]:
    """Return what a process sees: nothing of whoever runs the tests."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TORALE_DATA_DIR": str(folder / "data"),
        "DATABASE_URL": database_url,
        "TORALE_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "TORALE_SEARCH": "none",
        "TORALE_PORT": "0",
        **more,
    }


def command(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `torale` to its end, in a process of its own that need not load it first."""
    return preloaded().run(arguments, env, START_SECONDS)


def installed(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `torale` to its end, as it is installed."""
    return subprocess.run(
        [TORALE, *arguments],
        env=dict(env),
        cwd=env["HOME"],
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


class Server:
    """One `torale serve` or `torale worker`, started again as often as a test likes."""

    def __init__(self, folder: Path, *arguments: str, database_url: str = "", **more: str) -> None:
        self.folder = folder
        self.env = environment(folder, database_url, **more)
        self._arguments = arguments or ("serve",)
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self.url = ""
        self.key = ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return "\n".join(
            path.read_text(errors="replace") for path in sorted(self.folder.glob(f"{self._name}*"))
        )

    @property
    def _name(self) -> str:
        return f"{'-'.join(self._arguments)}-{id(self)}"

    def start(self) -> None:
        """Start, and wait until it says where it is."""
        self._starts += 1
        said = self.folder / f"{self._name}-{self._starts}.out"
        with said.open("wb") as out, said.with_suffix(".err").open("wb") as err:
            self._process = subprocess.Popen(
                [TORALE, *self._arguments],
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )
        process = self._process

        def running() -> re.Match[str] | bool | None:
            assert process.poll() is None, f"it ended with {process.returncode}:\n{self.log}"
            if self._arguments[0] == "worker":
                return "worker.started" in said.with_suffix(".err").read_text()
            return re.search(r"Torale is running at (\S+)\n", said.read_text())

        found = until(running, "the server says that it runs", seconds=START_SECONDS)
        if isinstance(found, re.Match):
            self.url = found.group(1)

    def client(self) -> httpx2.Client:
        """Return a client with a key of its own user; the key is made once."""
        if not self.key:
            made = command("server", "create-key", "--email", "e2e@example.com", env=self.env)
            assert made.returncode == 0, made.stderr
            self.key = made.stdout.strip()
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx2.Client(base_url=self.url, headers=headers, trust_env=False, timeout=20)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> tuple[int, float]:
        """Ask it to stop; answers its exit code and how many seconds it took."""
        started = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - started

    def _end(self, how: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(how)
        try:
            return process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()

    def __enter__(self) -> "Server":
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def create(client: httpx2.Client, source: str, hook: str, **fields: Any) -> dict[str, Any]:
    """Make a task that watches a lamp and is executed at once."""
    spec = {
        "search_query": "Price of the Aurora lamp",
        "condition_description": "The price is below 350 USD",
        "schedule": "0 0 1 1 *",
        "sources": [source],
        "notifications": [{"type": "webhook", "url": hook}],
        "run_immediately": True,
        **fields,
    }
    response = client.post("/api/v1/tasks", json=spec)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def executions(client: httpx2.Client, task_id: str) -> list[dict[str, Any]]:
    response = client.get(f"/api/v1/tasks/{task_id}/executions")
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["executions"]
    return found


def sends(client: httpx2.Client) -> list[dict[str, Any]]:
    response = client.get("/api/v1/notifications/sends", params={"limit": 100})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["sends"]
    return found


def set_due(server: Server, task_id: str, due: datetime) -> None:
    """Change the schedule behind the server's back."""
    url = server.env["DATABASE_URL"]
    if url:
        with psycopg.connect(url) as database:
            database.execute("UPDATE tasks SET next_run_at = %s WHERE id = %s", (due, task_id))
        return
    path = Path(server.env["TORALE_DATA_DIR"]) / "torale.db"
    with sqlite3.connect(path) as connection:
        values = (due.strftime("%Y-%m-%d %H:%M:%S.%f"), task_id.replace("-", ""))
        changed = connection.execute("UPDATE tasks SET next_run_at = ? WHERE id = ?", values)
        assert changed.rowcount == 1
    connection.close()


def all_ended(client: httpx2.Client, tasks: list[dict[str, Any]]) -> bool:
    """Tell whether every task shows the end of its last execution."""
    response = client.get("/api/v1/tasks", params={"limit": 100})
    assert response.status_code == 200, response.text
    known = {one["id"]: one["last_execution"] for one in response.json()["tasks"]}
    return all(
        known[task["id"]] and known[task["id"]]["status"] in ("success", "failed") for task in tasks
    )


def assert_told_once(client: httpx2.Client, shop: Shop, tasks: list[dict[str, Any]]) -> None:
    """Each task: exactly one execution, ended well, exactly one message."""
    until(lambda: len(set(shop.ids)) >= len(tasks), "every message arrives", seconds=90)
    until(lambda: all_ended(client, tasks), "every execution ends", every=ASK_EVERY)
    until(
        lambda: all(one["status"] == "delivered" for one in sends(client)),
        "every message is recorded as delivered",
        every=ASK_EVERY,
    )
    for task in tasks:
        (execution,) = executions(client, task["id"])
        assert execution["status"] == "success", execution
        assert execution["condition_met"] is True, execution
    rows = sends(client)
    assert sorted(one["task_id"] for one in rows) == sorted(one["id"] for one in tasks)
    assert {one["id"] for one in rows} == set(shop.ids), "a message keeps its id"
