"""Signing up in a browser, code by mail included."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import TypeVar

import httpx2
from playwright.async_api import Page, expect

from tests.browser.stage import Stage

EMAIL = "grace@example.com"
PASSWORD = "correct horse battery"
T = TypeVar("T")


async def until(look: Callable[[], T], what: str) -> T:
    deadline = time.monotonic() + 20
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not in time: {what}"
        await asyncio.sleep(0.05)
    return seen


async def code_of(stage: Stage) -> str:
    """Wait for the mail with the code; without SMTP mails are files."""
    folder = stage.settings.data_dir / "mails"
    mails = await until(lambda: [*folder.glob("*.eml")], "the mail")
    found = re.search(r"^(\d{6}) is your", mails[0].read_text(), re.MULTILINE)
    assert found
    return found[1]


async def sign_up(page: Page, stage: Stage) -> None:
    await page.goto("/sign-up")
    await page.get_by_label("Email").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.get_by_label("Code").fill(await code_of(stage))
    await page.get_by_role("button", name="Continue").click()
    await expect(page).to_have_url(f"{stage.url}/tasks")


def status_of(stage: Stage, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.get(f"{stage.url}/api/v1/tasks", headers=headers, trust_env=False).status_code
