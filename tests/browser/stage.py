"""A real server and a real browser for it, both on this machine alone."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, ConsoleMessage, Error, Page, ViewportSize

from tests.support.pages import open_session
from torale.server.app import create_app
from torale.server.clock import Clock, utc_now
from torale.server.dashboard.notifications.live_feed import LIVE_FEED
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.worker import Service

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--font-render-hinting=none",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
DESKTOP = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=320, height=740)
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def free_socket() -> socket.socket:
    """Return a bound socket: its port is ours from now on."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    return found


@dataclass
class Stage:
    """A server that browsers can reach."""

    url: str
    app: FastAPI
    service: Service

    @property
    def settings(self) -> Settings:
        return self.service.settings

    async def sign_in(self, page: Page, email: str, *, is_admin: bool = False) -> None:
        """Sign a page in without a form, making the user if they are new."""
        now = self.service.clock()
        _, token = await open_session(self.service.sessions, email, now, is_admin=is_admin)
        await page.context.add_cookies([{"name": "session", "value": token, "url": self.url}])


class _Server(uvicorn.Server):
    """Leaves the signals of this process to the tests."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def perform(
    settings: Settings, listener: socket.socket, *, clock: Clock = utc_now
) -> AsyncGenerator[Stage]:
    """Serve the whole application from `listener` until the block ends."""
    service = Service(settings, kind="serve", executes=True, clock=clock)
    app = create_app(service)
    config = uvicorn.Config(
        app, log_config=None, lifespan="on", proxy_headers=False, timeout_graceful_shutdown=2
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if serving.done():
            await serving
        await asyncio.sleep(0.01)
    try:
        yield Stage(settings.url, app, service)
    finally:
        # As `torale serve` does: else it waits for pages that are open.
        parts_of(app)[LIVE_FEED].close()
        server.should_exit = True
        await serving


@dataclass
class Watch:
    """What a page complained of. A test names what it expects; everything else fails it."""

    complaints: list[str] = field(default_factory=list[str])
    expected: list[str] = field(default_factory=list[str])

    def expect(self, part: str) -> None:
        """Allow complaints that hold `part`."""
        self.expected.append(part)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location})")

    def crash(self, error: Error) -> None:
        self.complaints.append(f"exception: {error}")

    @property
    def unexpected(self) -> list[str]:
        return [one for one in self.complaints if not any(part in one for part in self.expected)]


@asynccontextmanager
async def open_page(browser: Browser, url: str, **options: Any) -> AsyncGenerator[Page]:
    """Open a page in a context of its own; fail if it complains of anything by the end."""
    settings: dict[str, Any] = {
        "base_url": url,
        "viewport": DESKTOP,
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
        "reduced_motion": "reduce",
    }
    context = await browser.new_context(**{**settings, **options})
    context.set_default_timeout(15_000)
    page = await context.new_page()
    watch = watch_of(page)
    try:
        yield page
    finally:
        await context.close()
    assert not watch.unexpected, watch.unexpected


_WATCHES: dict[Page, Watch] = {}


def watch_of(page: Page) -> Watch:
    """Return who listens to a page."""
    if page not in _WATCHES:
        watch = _WATCHES[page] = Watch()
        page.on("console", watch.hear)
        page.on("pageerror", watch.crash)
        page.on("close", _forget)
    return _WATCHES[page]


def _forget(page: Page) -> None:
    _WATCHES.pop(page, None)


async def settle(page: Page) -> None:
    """Wait until what has changed is painted and no transition is under way."""
    await page.evaluate(
        """async () => {
          const frame = () => new Promise(done => requestAnimationFrame(done));
          await frame();
          await frame();
          const ends = document.getAnimations().filter(
            one => Number.isFinite(one.effect?.getComputedTiming().endTime));
          await Promise.allSettled(ends.map(one => one.finished));
          await frame();
        }"""
    )


async def violations(page: Page, *, rule: str = "") -> list[str]:
    """Return what axe finds wrong, by all rules or by one.

    It comes in through the debugger, past the page's CSP.
    """
    await settle(page)
    session = await page.context.new_cdp_session(page)
    try:
        if await _evaluate(session, "typeof axe") == "undefined":
            await _evaluate(session, AXE.read_text())
        only = {"type": "rule", "values": [rule]} if rule else {"type": "tag", "values": _TAGS}
        found = await _evaluate(
            session,
            f"axe.run(document, {{runOnly: {json.dumps(only)}}}).then(r => r.violations.map(v => "
            "`${v.id}: ${v.help}: ${v.nodes.map(n => n.html).slice(0, 3).join(' | ')}`))",
        )
    finally:
        await session.detach()
    return list(found)


async def _evaluate(session: Any, expression: str) -> Any:
    answer = await session.send(
        "Runtime.evaluate",
        {"expression": expression, "awaitPromise": True, "returnByValue": True},
    )
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")
