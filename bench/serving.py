"""Real processes to measure: a site with pages, and Torale's own servers and workers."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

TORALE = Path(sys.executable).with_name("torale")
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            path = head.split(b" ", 2)[1]
            body = (
                b"<!doctype html><title>Lamp %s</title><h1>Lamp %s</h1><p>Price: $399.00</p>"
                b"<p>In stock.</p><p>%s</p>"
            ) % (path, path, b"A fine lamp for every desk. " * 40)
            writer.write(_HEAD % len(body) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


@contextmanager
def site() -> Generator[str]:
    """Serve any number of different pages, each with a price; yields the address."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(_answer, "127.0.0.1", 0, backlog=2048))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


@dataclass
class Running:
    """A process of ours and what it costs."""

    process: psutil.Process

    @property
    def cpu_seconds(self) -> float:
        times = self.process.cpu_times()
        return times.user + times.system

    @property
    def megabytes(self) -> float:
        return self.process.memory_info().rss / 1e6


@contextmanager
def torale(
    folder: Path, *arguments: str, database_url: str = "", count: int = 1
) -> Generator[list[Running]]:
    """Run `count` processes of `torale ARGUMENTS` until they say that they are ready."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "TORALE_DATA_DIR": str(folder),
        "DATABASE_URL": database_url,
        "TORALE_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "TORALE_SEARCH": "none",
        "TORALE_LOG_FORMAT": "json",
    }
    with ExitStack() as stack:
        running: list[Running] = []
        for number in range(count):
            log = stack.enter_context((folder / f"log-{number}.txt").open("w+"))
            started = subprocess.Popen(
                [TORALE, *arguments], env=environment, cwd=folder, stdout=log, stderr=log
            )
            stack.callback(started.wait)
            stack.callback(started.terminate)
            running.append(Running(psutil.Process(started.pid)))
            _wait_for(folder / f"log-{number}.txt", started)
        yield running


def _wait_for(log: Path, started: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        text = log.read_text()
        if "running at" in text or "worker.started" in text:
            return
        if started.poll() is not None:
            break
        threading.Event().wait(0.1)
    raise SystemExit(f"torale did not start:\n{log.read_text()}")
