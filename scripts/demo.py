"""Demonstration of Torale on this machine alone, from task to webhook: `make demo`.

Serves a small shop, starts Torale on a throw-away folder, watches a price through the REST API,
lowers it, and receives the signed webhook.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import httpx2
from standardwebhooks.webhooks import Webhook

TORALE = Path(sys.executable).with_name("torale")
DEADLINE_SECONDS = 25


class Shop(ThreadingHTTPServer):
    """A shop with one lamp, and beside it the address that gets the webhook."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.price = 399
        self.received: Queue[tuple[dict[str, str], bytes]] = Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        page = (
            "<!doctype html><title>Aurora lamp – The Lamp Shop</title>"
            f"<h1>Aurora lamp</h1><p>Price: ${self.server.price}.00</p>"
            "<p>In stock, delivered in two days.</p>"
        )
        self._answer(200, page.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.put((dict(self.headers.items()), body))
        self._answer(204, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the story free of access logs."""


@contextmanager
def open_shop() -> Generator[Shop]:
    shop = Shop()
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    try:
        yield shop
    finally:
        shop.shutdown()
        shop.server_close()


@contextmanager
def run_torale(folder: Path) -> Generator[str]:
    """Start a server on `folder` and yield its address."""
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "TORALE_DATA_DIR": str(folder),
        "TORALE_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "TORALE_SEARCH": "none",
    }
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [TORALE, "serve", "--port", "0"],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert server.stdout is not None
            for line in server.stdout:
                if "running at" in line:
                    yield line.split()[-1]
                    return
            raise SystemExit(f"Torale did not start:\n{(folder / 'log.txt').read_text()}")
        finally:
            server.terminate()
            server.wait(timeout=15)


def create_key(folder: Path) -> str:
    environment = {**os.environ, "TORALE_DATA_DIR": str(folder), "DATABASE_URL": ""}
    command = [TORALE, "server", "create-key", "--email", "demo@example.com"]
    done = subprocess.run(
        command, env=environment, cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def execute(api: httpx2.Client, task_id: str) -> dict[str, Any]:
    """Execute a task and wait for the end."""
    started = api.post(f"/api/v1/tasks/{task_id}/execute")
    started.raise_for_status()
    path = f"/api/v1/tasks/{task_id}/executions/{started.json()['execution_id']}"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        execution: dict[str, Any] = api.get(path).raise_for_status().json()
        if execution["status"] in ("success", "failed"):
            return execution
        time.sleep(0.5)  # 100 requests a minute are the limit
    raise SystemExit("The execution did not end in time.")


def print_verdict(execution: dict[str, Any], evidence: list[dict[str, Any]]) -> None:
    result = execution["result"]
    print(f"   verdict   {result['verdict']}: {result['answer']}")
    print(f"   because   {result['reasoning']}")
    for quote in result["quotes"]:
        print(f"   quote     “{quote['text']}” from {quote['source']}")
    for document in evidence:
        print(f"   evidence  sha256 {document['id']}")


def story(api: httpx2.Client, shop: Shop) -> None:
    print("1. A task: tell me when the lamp costs less than 350.")
    spec = {
        "search_query": "Price of the Aurora lamp",
        "condition_description": "The price is below 350 USD",
        "schedule": "0 9 * * *",
        "sources": [f"{shop.url}/lamp"],
        "notifications": [{"type": "webhook", "url": f"{shop.url}/hook"}],
    }
    task = api.post("/api/v1/tasks", json=spec).raise_for_status().json()
    print(f"   understood as: {task['understood']}")
    base = f"/api/v1/tasks/{task['id']}"

    for step, price in ((2, 399), (3, 329)):
        shop.price = price
        print(f"{step}. The shop asks ${price}.00; Torale looks.")
        execution = execute(api, task["id"])
        evidence = api.get(f"{base}/executions/{execution['id']}/evidence").raise_for_status()
        print_verdict(execution, evidence.json()["evidence"])
    if not execution["condition_met"]:
        raise SystemExit("The condition should have been met.")

    print("4. The webhook arrives.")
    headers, body = shop.received.get(timeout=DEADLINE_SECONDS)
    channel = api.get(f"/api/v1/channels/{task['notifications'][0]['channel_id']}").json()
    event = Webhook(channel["secret"]).verify(body, headers)
    print(f"   signature verified, {event['type']}: {event['data']['answer']}")
    print(f"   webhook-id {httpx2.Headers(headers)['webhook-id']}")
    state = api.get(base).raise_for_status().json()["state"]
    print(f"5. The task has done its work and is {state}.")


def main() -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="torale-demo-") as name, open_shop() as shop:
        folder = Path(name)
        with run_torale(folder) as url:
            print(f"Torale runs at {url}, a shop at {shop.url}.")
            headers = {"Authorization": f"Bearer {create_key(folder)}"}
            with httpx2.Client(base_url=url, headers=headers, trust_env=False) as api:
                story(api, shop)
    print(f"All of it took {time.monotonic() - started:.1f} s, without network and without keys.")


if __name__ == "__main__":
    main()
