"""Open pages follow what happens elsewhere."""

import asyncio
from collections.abc import Callable

from playwright.async_api import Page, Route, expect

from tests.browser.stage import Stage, violations, watch_of
from tests.e2e.servers import open_shop
from torale.contract.auth import Scope
from torale.server.auth import service
from torale.server.dashboard.notifications.live_feed import LIVE_FEED
from torale.server.parts import parts_of

EMAIL = "alice@example.com"


async def _key(stage: Stage) -> str:
    now = stage.service.clock()
    async with stage.service.sessions.begin() as session:
        user = await service.find_or_make_user(session, EMAIL, is_admin=False, now=now)
        scopes = (Scope.READ, Scope.WRITE)
        _, plain = await service.create_key(session, user.id, "Test", scopes, None, now)
    return plain


async def test_an_execution_started_by_the_api_shows_on_open_pages(
    stage: Stage, page: Page
) -> None:
    await stage.sign_in(page, EMAIL)
    headers = {"Authorization": f"Bearer {await _key(stage)}"}
    with open_shop() as shop:
        (url,) = shop.lamps(1)
        shop.block_pages()
        spec = {
            "name": "Lamp",
            "search_query": "price of the lamp",
            "condition_description": "the price is below 350 USD",
            "schedule": "0 9 1 1 *",
            "notify_behavior": "always",
            "sources": [url],
        }
        made = await page.request.post("/api/v1/tasks", data=spec, headers=headers)
        assert made.ok, await made.text()
        task_id = (await made.json())["id"]
        async with page.expect_response("**/events"):
            await page.goto("/tasks")
        await page.evaluate("window.isSame = true")
        await page.focus(f"#row-{task_id} .switch")
        run = await page.request.post(f"/api/v1/tasks/{task_id}/execute", headers=headers)
        assert run.ok, await run.text()
        row = page.locator(f"#row-{task_id}")
        await expect(row.locator(".t-next")).to_have_text("checking now")
        shop.open_pages.set()
        await expect(row.locator(".status")).to_have_text("Condition met")
        await expect(page).to_have_title("(1) Tasks · Torale")
        await expect(page.locator("[data-bell]")).to_have_attribute("aria-label", "Inbox, 1 unread")
        assert await page.evaluate("window.isSame"), "without a reload"
        assert await page.evaluate("document.activeElement.matches('.switch')"), "focus stays"

        shop.block_pages()
        async with page.expect_response("**/events"):
            await page.goto(f"/tasks/{task_id}")
        await page.request.post(f"/api/v1/tasks/{task_id}/execute", headers=headers)
        await expect(page.locator("#live .steps")).to_be_visible()
        shop.open_pages.set()
        await expect(page.locator("#live")).to_be_hidden()
        await expect(page).to_have_title("(2) ● Lamp · Torale")

        await page.goto("/inbox")
        assert await violations(page) == []
        await page.click("text=Mark all as read")
        await expect(page).to_have_title("Inbox · Torale")


async def test_without_a_stream_the_page_asks_until_it_has_one_and_hidden_it_has_none(
    stage: Stage, page: Page
) -> None:
    await stage.sign_in(page, EMAIL)
    watch_of(page).expect("503")
    live = parts_of(stage.app)[LIVE_FEED]
    refused = 0

    async def refuse(route: Route) -> None:
        nonlocal refused
        refused += 1
        await route.fulfill(status=503)

    await page.clock.install()
    await page.route("**/events", refuse, times=1)
    async with page.expect_response("**/events") as first:
        await page.goto("/tasks")
    assert (await first.value).status == 503
    async with page.expect_request("**/tasks"), page.expect_response("**/events") as second:
        await page.clock.run_for(11_000)
    assert (await second.value).status == 200, "asked for again, beside the page itself"
    assert (refused, live.open_pages) == (1, 1)

    await _set_hidden(page, hidden=True)
    await until(lambda: live.open_pages == 0)
    async with page.expect_response("**/events"):
        await _set_hidden(page, hidden=False)
    await until(lambda: live.open_pages == 1)


async def _set_hidden(page: Page, *, hidden: bool) -> None:
    """Put the tab into the back, as far as the page can tell."""
    await page.evaluate(
        """isHidden => {
          Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
          document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
        }""",
        hidden,
    )


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not look():
            await asyncio.sleep(0.02)
