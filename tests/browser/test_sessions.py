"""Whose browser it is: sessions that end everywhere, keys that are shown once."""

import re
from email import message_from_bytes
from email.policy import default

from playwright.async_api import Browser, Page, expect

from tests.browser.signing_up import EMAIL, PASSWORD, sign_up, until
from tests.browser.stage import Stage, open_page, settle, watch_of

PLANTED = "A" * 43
KEYS = "/settings/api-keys"


async def cookie(page: Page) -> str:
    found = [one for one in await page.context.cookies() if one.get("name") == "session"]
    return found[0].get("value", "") if found else ""


async def sign_in(page: Page, password: str = PASSWORD) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


async def is_signed_in(page: Page) -> bool:
    await page.goto(KEYS)
    return page.url.partition("?")[0].endswith(KEYS)


async def reset_link(stage: Stage) -> str:
    folder = stage.settings.data_dir / "mails"

    def look() -> str:
        mails = [message_from_bytes(one.read_bytes(), policy=default) for one in folder.iterdir()]
        texts = [str(part.get_content()) for one in mails if (part := one.get_body(("plain",)))]
        found = [one[1] for text in texts if (one := re.search(r"(/reset/[0-9a-f]{64})", text))]
        return found[0] if found else ""

    return await until(look, "the mail with the link")


async def test_sessions_end_where_they_must(browser: Browser, stage: Stage, page: Page) -> None:
    await sign_up(page, stage)
    async with open_page(browser, stage.url) as victim, open_page(browser, stage.url) as thief:
        for browsing in (victim, thief):
            await browsing.context.add_cookies(
                [{"name": "session", "value": PLANTED, "url": stage.url}]
            )
        await sign_in(victim)
        await expect(victim).to_have_url(f"{stage.url}/tasks")
        assert await cookie(victim) not in {"", PLANTED}
        assert not await is_signed_in(thief), "what was planted is nobody's session"

        stolen = await cookie(victim)
        await thief.context.add_cookies([{"name": "session", "value": stolen, "url": stage.url}])
        assert await is_signed_in(thief)
        tab = await victim.context.new_page()
        await tab.goto(KEYS)
        await victim.get_by_role("button", name="Sign out").click()
        await expect(victim).to_have_url(f"{stage.url}/")
        assert not await is_signed_in(thief)
        watch_of(tab).expect("401")
        await tab.get_by_role("link", name="Generate New Key").click()
        await expect(tab).to_have_url(re.compile(r"/sign-in\?next="))

        await sign_in(victim)
        await expect(victim).to_have_url(f"{stage.url}/tasks")
        assert await is_signed_in(page), "another session of the same user goes on"
        await thief.goto("/forgot")
        await thief.get_by_label("Email").fill(EMAIL)
        await thief.get_by_role("button", name="Send the link").click()
        await thief.goto(await reset_link(stage))
        await thief.get_by_label("New password").fill("another long password")
        await thief.get_by_role("button", name="Set password").click()
        await expect(thief).to_have_url(f"{stage.url}/tasks")
        for browsing in (victim, page):
            assert not await is_signed_in(browsing), "a new password ends what was open"


async def test_a_key_is_shown_once(stage: Stage, page: Page) -> None:
    await stage.sign_in(page, EMAIL)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(KEYS)
    opener = page.get_by_role("link", name="Generate New Key")
    dialog = page.get_by_role("dialog")

    async def generate(name: str) -> str:
        await opener.click()
        await expect(dialog.get_by_label("Name")).to_be_focused()
        await page.keyboard.type(name)
        await page.keyboard.press("Enter")
        await expect(dialog.locator("#secret")).to_be_visible()
        return await dialog.locator("#secret").text_content() or ""

    key = await generate("Laptop")
    copy = dialog.get_by_role("button", name="Copy", exact=True)
    await expect(copy).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_contain_text("You haven’t copied this key")
    await expect(dialog.locator("#secret")).to_have_text(key)
    await copy.click()
    copied = dialog.get_by_role("button", name="Copied")
    await expect(copied.locator("use")).to_have_attribute("href", re.compile("#check$"))
    assert await page.evaluate("navigator.clipboard.readText()") == key
    await expect(dialog.get_by_text("You haven’t copied this key")).to_be_hidden()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(opener).to_be_focused()
    # The browser tells of the closing a moment after it.
    await expect(page.locator("#secret")).to_have_count(0)
    assert key not in await page.content(), "a key leaves the page with its dialog"
    await expect(page.get_by_role("row", name=re.compile("Laptop"))).to_be_visible()

    other = await generate("Phone")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await page.goto("/tasks")
    await page.go_back()
    await settle(page)
    for secret in (key, other):
        assert secret not in await page.content()
