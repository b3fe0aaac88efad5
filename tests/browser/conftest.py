"""Browser tests: Debian's Chromium through Playwright, a whole server in this process."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.sample import furnish
from tests.browser.stage import FLAGS, Stage, free_socket, open_page, perform
from tests.support.chromium import find_chromium
from tests.support.databases import Templates
from tests.support.fakes import FakeClock

CHROMIUM = find_chromium()
expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    missing = pytest.mark.skip(reason="no Chromium: apt install chromium, or set TEST_CHROMIUM")
    for item in items:
        if here in item.path.parents and not CHROMIUM:
            item.add_marker(missing)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    # One for each test: a longer life would make all tests of the session share its event loop,
    # whose threads an engine takes along when it stops.
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
async def stage(database_templates: Templates, tmp_path: Path) -> AsyncIterator[Stage]:
    """A whole server on a fresh SQLite database."""
    listener = free_socket()
    port = listener.getsockname()[1]
    with database_templates.copy(
        "sqlite", tmp_path, port=port, allow_private_networks="127.0.0.0/8"
    ) as settings:
        async with perform(settings, listener) as stage:
            yield stage


@pytest.fixture
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """A page of a visitor who has never been here."""
    async with open_page(browser, stage.url) as page:
        yield page


@pytest.fixture(scope="session")
def sample_folder(database_templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the sample account, lived once for all tests of a worker."""
    folder = tmp_path_factory.mktemp("sample")
    with database_templates.copy("sqlite", folder) as settings:
        # In a thread, so that it has an event loop of its own wherever the tests' loop is.
        living = threading.Thread(target=lambda: asyncio.run(furnish(settings)))
        living.start()
        living.join()
    return folder


@pytest.fixture
async def sample(
    database_templates: Templates, sample_folder: Path, tmp_path: Path
) -> AsyncIterator[Stage]:
    """A whole server with the sample account, at the moment at which its history ends."""
    listener = free_socket()
    port = listener.getsockname()[1]
    with database_templates.copy("sqlite", tmp_path, port=port) as settings:
        shutil.copy(sample_folder / "torale.db", tmp_path / "torale.db")
        async with perform(settings, listener, clock=FakeClock()) as stage:
            yield stage
