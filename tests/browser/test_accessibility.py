"""Nothing that axe finds wrong, on any page, in both themes and at both widths."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.sample import EMAIL
from tests.browser.stage import DESKTOP, PHONE, Stage, open_page, violations, watch_of
from tests.browser.visits import BEGINNERS, STRANGERS, Visit, visits

# All that the colours of a theme can change.
CONTRAST = "color-contrast"
PARTS = 4


async def look(page: Page, visit: Visit) -> list[str]:
    """Return what is wrong with a page in both themes and at both widths."""
    found = list[str]()
    await page.set_viewport_size(DESKTOP)
    await page.emulate_media(color_scheme="light")
    await page.goto(visit.path)
    for size in (DESKTOP, PHONE):
        at = f"{visit.name} at {size['width']} px"
        await page.set_viewport_size(size)
        await page.emulate_media(color_scheme="light")
        found += [f"{at}: {one}" for one in await violations(page)]
        await page.emulate_media(color_scheme="dark")
        found += [f"{at}, dark: {one}" for one in await violations(page, rule=CONTRAST)]
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{at}: it scrolls sideways")
    return found


async def test_pages_of_strangers_and_beginners(page: Page, stage: Stage) -> None:
    watch_of(page).expect("/nowhere")
    wrong = [fault for visit in STRANGERS for fault in await look(page, visit)]
    await stage.sign_in(page, "new@example.com")
    wrong += [fault for visit in BEGINNERS for fault in await look(page, visit)]

    assert wrong == []


@pytest.mark.parametrize("part", range(PARTS))
async def test_pages_of_an_account_in_use(
    part: int, browser: Browser, sample: Stage, sample_folder: Path
) -> None:
    mine = visits(sample_folder)[part::PARTS]
    async with open_page(browser, sample.url) as page:
        await sample.sign_in(page, EMAIL)
        wrong = [fault for visit in mine for fault in await look(page, visit)]

    assert wrong == []
