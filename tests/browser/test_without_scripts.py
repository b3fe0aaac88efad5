"""Everything that needs no script, without scripts."""

import asyncio
import re
import time

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.signing_up import EMAIL, PASSWORD, sign_up, status_of
from tests.browser.stage import Stage, open_page, watch_of
from tests.e2e.servers import Shop, open_shop


async def reload_until(page: Page, seen: Locator) -> None:
    """Ask for the page again until it shows what is awaited."""
    deadline = time.monotonic() + 20
    while not await seen.count():
        assert time.monotonic() < deadline, await page.locator("main").inner_text()
        await asyncio.sleep(0.1)
        await page.reload()


async def press(page: Page, name: str, *, exact: bool = True) -> None:
    await page.locator("main").get_by_role("button", name=name, exact=exact).click()


async def watch_a_lamp(page: Page, shop: Shop) -> None:
    """Make a task, after a mistake that costs nothing that was typed."""
    await page.get_by_label("Your question").fill("Price of the Aurora lamp")
    await press(page, "Continue")
    await page.get_by_label("Pages to read").fill(f"{shop.url}/lamp")
    await press(page, "Start watching")
    await expect(page.get_by_label("Tell me when")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Tell me when").fill("The price is below 350 USD")
    await page.get_by_role("radio", name=re.compile("^Always")).check()
    await press(page, "Start watching")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("lamp")


async def read_the_inbox(page: Page) -> None:
    """Mark one of two events as read, then all."""
    single = page.get_by_role("button", name=re.compile("^Mark as read"))
    await reload_until(page, single.nth(1))
    await single.first.click()
    await expect(single).to_have_count(1)
    await press(page, "Mark all as read")
    await expect(page.get_by_role("heading", name="Unread")).to_have_count(0)


async def pause_and_resume(page: Page) -> None:
    await page.goto("/tasks")
    for hidden in ("More actions", "Copy", "Search or jump to", "Change colour theme"):
        await expect(page.get_by_role("button", name=hidden)).to_have_count(0)
    switch = page.get_by_role("switch")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "false")
    await page.get_by_role("status").get_by_role("button", name="Undo").click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await page.get_by_role("checkbox", name=re.compile("^Select (?!all)")).check()
    await page.get_by_role("toolbar").get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("status")).to_contain_text("Paused 1 task.")


async def use_a_key(page: Page, stage: Stage) -> None:
    await page.goto("/settings/api-keys")
    await page.get_by_role("link", name="Generate New Key").click()
    await page.get_by_label("Name").fill("Laptop")
    await press(page, "Generate New Key")
    key = await page.locator("#secret").text_content()
    assert key
    assert await asyncio.to_thread(status_of, stage, key) == 200
    await page.get_by_role("link", name="Done").click()
    assert key not in await page.content()
    await press(page, "Revoke Laptop")
    await expect(page.get_by_role("status")).to_contain_text("Revoked “Laptop”.")
    assert await asyncio.to_thread(status_of, stage, key) == 401


async def test_it_works_without_scripts(browser: Browser, stage: Stage) -> None:
    with open_shop() as shop:
        shop.pages["/lamp"] = "Aurora lamp, price: 329.00 USD. In stock, sent in two days."
        async with open_page(browser, stage.url, java_script_enabled=False) as page:
            watch_of(page).expect("422")
            await sign_up(page, stage)
            await watch_a_lamp(page, shop)
            await reload_until(page, page.get_by_text("Condition met").first)
            await press(page, "Run now")
            await expect(page.get_by_role("status")).to_contain_text("Checking")
            await page.goto("/inbox")
            await read_the_inbox(page)
            await pause_and_resume(page)
            await use_a_key(page, stage)

            await page.get_by_role("button", name="Sign out").click()
            await expect(page).to_have_url(f"{stage.url}/")
            await page.goto("/settings/api-keys")
            await page.get_by_label("Email").fill(EMAIL)
            await page.get_by_label("Password").fill(PASSWORD)
            await press(page, "Sign in")
            await expect(page).to_have_url(f"{stage.url}/settings/api-keys")
