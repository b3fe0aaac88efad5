"""Pages made to stop the service: each is read or named, and everybody else is served meanwhile."""

import asyncio
import resource
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.server.evidence.conftest import NOW
from tests.support.web import Web
from torale.server.clock import utc_now
from torale.server.evidence import build_gatherer
from torale.server.evidence.base import Document
from torale.server.evidence.gatherer import WebGatherer
from torale.server.evidence.source import Source
from torale.server.judge.base import JudgeRequest, SourceDocument, Verdict
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.sandbox import Sandbox, SandboxLimits
from torale.server.settings.loading import load

LIMITS = SandboxLimits(cpu=timedelta(seconds=2), wall=timedelta(seconds=10))
LONGEST_SILENCE = 2.0  # seconds: the loop of a process that parsed would be silent for many more
MEGABYTE = 1024 * 1024
FORMATTING = "".join(f"<font a={number}>" for number in range(900))
SHAPES = {
    "formatting in blocks": "".join(f"<b {number}><p>x" for number in range(1_200)),
    "formatting after a comment": "<!--<script-->"
    + "".join(f"<b {number}><p>x" for number in range(30_000)),
    "formatting, then blocks": FORMATTING + "<p>x</p>" * 40_000,
    "depth": "<div>" * 200_000,
    "depth, closed by others": "<div></x>" * 100_000,
    "depth in an unknown element": "<script-x>" + "<div>" * 200_000,
    "depth after a comment": "<!-- <script -->" + "<div>" * 200_000,
    "depth in a drawing": "<svg>" + "<g>" * 100_000 + "<title>" + "<p><table><td>" * 50_000,
    "tables in tables": "<table><tr><td>" * 100_000,
    "five megabytes of rows": "<tr><td>1<td>2" * 350_000,
    "entities": "&CounterClockwiseContourIntegral;" * 30_000,
}


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(LIMITS)
    yield sandbox
    await sandbox.aclose()


@pytest.fixture
async def gatherer(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WebGatherer]:
    monkeypatch.setenv("TORALE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TORALE_SEARCH", "none")
    monkeypatch.setenv("TORALE_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8")
    built = build_gatherer(load(), utc_now, sandbox)
    yield built
    await built.aclose()


async def read(gatherer: WebGatherer, url: str) -> Document:
    gathered = await gatherer.gather("the lamp", [Source(url)], now=NOW)
    assert gathered.problems == ()
    (document,) = gathered.documents
    return document


@asynccontextmanager
async def nobody_waits() -> AsyncGenerator[None]:
    """Hold what happens to the promise that the event loop goes on, in little memory."""
    loop = asyncio.get_running_loop()
    silences: list[float] = []

    async def listen() -> None:
        while True:
            asked = loop.time()
            await asyncio.sleep(0.01)
            silences.append(loop.time() - asked)

    most_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    listening = asyncio.create_task(listen())
    yield
    listening.cancel()
    assert max(silences) < LONGEST_SILENCE
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - most_before
    assert grown * 1024 < 100 * MEGABYTE


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_page_that_is_a_weapon(gatherer: WebGatherer, web: Web, shape: str) -> None:
    weapon = web.page("/weapon", SHAPES[shape])
    shop = web.page("/shop", "<title>Lamp</title><p>Price: 349 USD")

    async with nobody_waits():
        document = await read(gatherer, weapon)

    assert document.text or document.unusable_reason
    assert "Price: 349 USD" in (await read(gatherer, shop)).text


async def test_json_that_grows_when_it_is_flattened(gatherer: WebGatherer, web: Web) -> None:
    body = b'{"' + b"k" * 200_000 + b'":[' + b"0," * 400_000 + b"0]}"
    weapon = web.page("/weapon", body, headers={"Content-Type": "application/json"})

    async with nobody_waits():
        document = await read(gatherer, weapon)

    assert document.text.startswith("…k")


async def test_a_feed_of_ten_thousand_entries(gatherer: WebGatherer, web: Web) -> None:
    entries = "".join(f"<item><title>Release {number}</title></item>" for number in range(10_000))
    feed = f"<rss version='2.0'><channel><title>All</title>{entries}</channel></rss>"
    weapon = web.page("/feed", feed, headers={"Content-Type": "text/xml"})

    async with nobody_waits():
        document = await read(gatherer, weapon)

    assert document.title == "All"
    assert "Release 0" in document.text


async def test_pages_that_are_hard_to_judge(sandbox: Sandbox) -> None:
    text = ("from $1 \n1–2 " * 9_000)[:100_000]
    pages = tuple(
        SourceDocument(f"https://shop.example/{number}", "Shop", text, named=True)
        for number in range(10)
    )
    request = JudgeRequest("the lamp", "the price is below $10", pages, NOW)

    async with nobody_waits():
        judgement = await BuiltinJudge(sandbox).judge(request)

    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.reasoning
