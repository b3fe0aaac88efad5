"""A number over time is read by pointer and by arrow keys; its range changes in place."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from tests.browser.sample import EMAIL
from tests.browser.stage import Stage, open_page, settle
from tests.browser.visits import visits


async def test_a_chart_is_read_point_by_point(
    browser: Browser, sample: Stage, sample_folder: Path
) -> None:
    paths = {visit.name: visit.path for visit in visits(sample_folder)}
    async with open_page(browser, sample.url) as page:
        await sample.sign_in(page, EMAIL)
        await page.goto(paths["task-number"])
        read, plot = page.locator("[data-readout]"), page.locator(".plot")
        await page.evaluate("document.fonts.ready")
        await settle(page)  # else the chart may move away from the pointer
        # As a hand does, which never holds still: one move alone may meet a chart that moves.
        async with asyncio.timeout(20):
            while "499 EUR, " not in await read.inner_text():
                await page.mouse.move(0, 0)
                await plot.hover()
        # Far from the chart, whatever scrolls: a chart that comes under the pointer follows it.
        await page.mouse.move(0, 0)
        await expect(read).to_have_text("")
        await plot.press("ArrowLeft")
        await expect(read).to_contain_text("429 EUR, ")
        await plot.press("Home")
        await expect(read).to_contain_text("529 EUR, ")
        await page.get_by_role("link", name="90 days").click()
        await page.mouse.move(0, 0)
        await expect(page.locator(".chart [aria-current]")).to_have_text("90 days")
        await plot.press("Home")
        await expect(read).to_contain_text("549 EUR, ")
        assert page.url.endswith(paths["task-number"]), "in place"
