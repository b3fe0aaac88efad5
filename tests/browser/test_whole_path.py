"""What somebody does in their first hour, from signing up to a revoked key, in one browser."""

import asyncio
import re

from playwright.async_api import Page, expect

from tests.browser.signing_up import sign_up, status_of, until
from tests.browser.stage import Stage
from tests.e2e.servers import Shop, open_shop


async def until_told(shop: Shop, event: str) -> None:
    said = f'"{event}"'.encode()
    await until(lambda: [body for _, body in shop.received if said in body], event)


async def create_from_template(page: Page, shop: Shop) -> None:
    """Take a template, look at a preview, start watching, and be on the task's page."""
    await page.goto("/templates")
    await page.get_by_role("link", name=re.compile("price", re.IGNORECASE)).first.click()
    await page.get_by_label("What do you want to know?").fill("Price of the Aurora lamp")
    await page.get_by_label("Pages to read").fill(f"{shop.url}/lamp")
    await page.get_by_label("Tell me when").fill("The price is below 350 USD")
    await page.get_by_label("Webhooks").fill(f"{shop.url}/hook")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator("#preview")).to_contain_text("Condition met")
    await expect(page.locator("#preview q").first).to_contain_text("329.00 USD")
    await page.get_by_role("button", name="Start watching").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("lamp")


async def generate_key(page: Page) -> str:
    await page.goto("/settings/api-keys")
    await page.get_by_role("link", name="Generate New Key").first.click()
    await page.get_by_label("Name").fill("Laptop")
    await page.get_by_role("button", name=re.compile("^Generate")).click()
    key = await page.locator("#secret").text_content()
    assert key
    return key


async def test_the_first_hour(page: Page, stage: Stage) -> None:
    with open_shop() as shop:
        shop.pages["/lamp"] = "Aurora lamp, price: 329.00 USD. In stock, sent in two days."
        await sign_up(page, stage)
        await create_from_template(page, shop)

        await page.get_by_role("button", name="Run now").click()
        await expect(page.locator("main .answer, main").first).to_contain_text("Condition met")
        await page.get_by_role("link", name="Evidence").first.click()
        await expect(page.locator("main")).to_contain_text("Aurora lamp, price: 329.00 USD")
        await expect(page.locator("main mark").first).to_contain_text("329.00 USD")

        await page.goto("/settings/notifications")
        channel = page.locator("section", has_text=f"{shop.url}/hook").first
        await channel.get_by_role("button", name="Send test").click()
        await expect(page.get_by_role("status")).to_contain_text(re.compile("test", re.IGNORECASE))
        await until_told(shop, "channel.test")
        await until_told(shop, "task.condition_met")

        key = await generate_key(page)
        assert await asyncio.to_thread(status_of, stage, key) == 200
        await page.goto("/settings/api-keys")
        await page.get_by_role("button", name="Revoke Laptop").click()
        await page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
        await expect(page.locator("main")).to_contain_text("Revoked")
        assert await asyncio.to_thread(status_of, stage, key) == 401
