"""The stage itself: a check that cannot fail would prove nothing."""

import pytest
from playwright.async_api import Browser, Page

from tests.browser.stage import Stage, open_page, violations


async def test_the_home_page_is_served(page: Page) -> None:
    await page.goto("/")
    assert "Torale" in await page.title()


async def test_axe_finds_what_is_wrong(page: Page) -> None:
    await page.goto("/")
    await page.evaluate("document.querySelector('h1').outerHTML = '<button></button>'")
    assert any("button-name" in one for one in await violations(page))


async def test_an_exception_on_a_page_fails_the_test(browser: Browser, stage: Stage) -> None:
    async def visit() -> None:
        async with open_page(browser, stage.url) as page:
            await page.goto("/")
            async with page.expect_event("pageerror"):
                await page.evaluate("setTimeout(() => { throw Error('on purpose') })")

    with pytest.raises(AssertionError, match="on purpose"):
        await visit()
