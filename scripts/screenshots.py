"""Pictures of docs/images, taken from the sample account that the browser tests look at.

    .venv/bin/python -m scripts.screenshots

Each is taken at the moment at which the account's history ends, so that two runs look the same.
"""

import asyncio
import logging
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import structlog
from playwright.async_api import Browser, async_playwright
from tests.browser.sample import EMAIL, furnish
from tests.browser.stage import (
    DESKTOP,
    FLAGS,
    PHONE,
    Stage,
    free_socket,
    open_page,
    perform,
    settle,
)
from tests.browser.visits import visits
from tests.support.chromium import find_chromium
from tests.support.databases import make_settings, migrate
from tests.support.fakes import START, FakeClock

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"


@dataclass(frozen=True)
class Shot:
    """A picture of one page."""

    visit: str
    name: str
    is_phone: bool = False
    theme: str = "light"


SHOTS = (
    Shot("tasks", "tasks"),
    Shot("tasks", "tasks-dark", theme="dark"),
    Shot("task-number", "task"),
    Shot("task-number", "task-phone", is_phone=True, theme="dark"),
    Shot("execution-number", "execution"),
    Shot("new", "new"),
    Shot("inbox", "inbox"),
    Shot("keys", "api-keys"),
    Shot("console", "console"),
)


async def take(browser: Browser, stage: Stage, shot: Shot, path: str) -> None:
    async with open_page(
        browser,
        stage.url,
        viewport=PHONE if shot.is_phone else DESKTOP,
        color_scheme=shot.theme,
        device_scale_factor=1.5,
    ) as page:
        await page.clock.set_fixed_time(START)
        await stage.sign_in(page, EMAIL)
        await page.goto(path)
        await page.reload()  # the font is optional: the second time it is there at once
        await settle(page)
        await page.screenshot(path=FOLDER / f"{shot.name}.png")


async def main() -> None:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("needs Chromium: apt install chromium, or set TEST_CHROMIUM")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    FOLDER.mkdir(exist_ok=True)
    listener = free_socket()
    with tempfile.TemporaryDirectory() as folder:
        settings = make_settings(Path(folder), port=listener.getsockname()[1])
        migrate(settings)
        await furnish(settings)
        paths = {visit.name: visit.path for visit in visits(Path(folder))}
        async with (
            perform(settings, listener, clock=FakeClock()) as stage,
            async_playwright() as playwright,
        ):
            browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS])
            for shot in SHOTS:
                await take(browser, stage, shot, paths[shot.visit])
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
