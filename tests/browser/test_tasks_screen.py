"""What people do in the list of tasks, with the pointer and without."""

import asyncio
import re
from datetime import timedelta

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.stage import Stage, watch_of
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth import service
from torale.server.tasks.models import Task

EMAIL = "alice@example.com"
MANY = 27  # two pages


async def plant(stage: Stage, names: list[str]) -> None:
    """Give a user tasks that nothing is due of, in the order in which they are listed."""
    now = stage.service.clock()
    async with stage.service.sessions.begin() as session:
        user = await service.find_or_make_user(session, EMAIL, is_admin=False, now=now)
        for number, name in enumerate(names):
            session.add(
                Task(
                    user_id=user.id,
                    name=name,
                    search_query="What does the lamp cost?",
                    condition_description="The price is below 350 USD",
                    schedule="0 9 * * *",
                    timezone="UTC",
                    notify_behavior=NotifyBehavior.ALWAYS,
                    state=TaskState.ACTIVE,
                    sources=[],
                    next_run_at=now + timedelta(days=1, hours=number),
                    state_changed_at=now,
                    created_at=now,
                    updated_at=now,
                )
            )


def row(page: Page, name: str) -> Locator:
    return page.locator("tr[data-row]", has_text=name)


def switch(page: Page, name: str) -> Locator:
    return page.get_by_role("switch", name=f"Watch {name}", exact=True)


def toast(page: Page, text: str) -> Locator:
    return page.locator(".toast", has_text=text)


async def on(page: Page) -> list[str]:
    """Return the names of the tasks whose switch is on, in any order."""
    found: list[str] = await page.locator(".switch[aria-checked=true]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label').replace('Watch ', ''))"
    )
    return sorted(found)


@pytest.fixture
async def desk(stage: Stage, page: Page) -> Page:
    """The list of somebody who has three tasks."""
    await plant(stage, ["Apple", "Pear", "Plum"])
    await stage.sign_in(page, EMAIL)
    await page.goto("/tasks")
    return page


async def test_a_switch_flips_at_once_and_back_when_it_fails(desk: Page) -> None:
    held = asyncio.Event()

    async def hold(route: Route) -> None:
        await held.wait()
        await route.continue_()

    await desk.route("**/switch", hold)
    pear = switch(desk, "Pear")
    await pear.focus()
    await desk.keyboard.press("Space")
    await expect(pear).to_have_attribute("aria-checked", "false")
    assert not await toast(desk, "Paused").count(), "before the server has answered"
    held.set()
    await expect(toast(desk, "Paused “Pear”")).to_be_visible()
    await expect(row(desk, "Pear").locator(".status")).to_have_text("Paused")
    await expect(pear).to_be_focused()
    await desk.get_by_role("button", name="Undo").click()
    await expect(row(desk, "Pear").locator(".status")).to_have_text("Waiting")
    titles = await desk.locator(".t-title").all_text_contents()
    assert titles == ["Apple", "Pear", "Plum"], "nothing moves while one looks"

    for failure in ("status of 500", "Error Code 500", "htmx:", "ERR_INTERNET_DISCONNECTED"):
        watch_of(desk).expect(failure)
    await desk.unroute("**/switch")
    await desk.route("**/switch", lambda route: route.fulfill(status=500))
    await pear.click()
    await expect(toast(desk, "That didn’t work (500). Nothing was changed.")).to_be_visible()
    await expect(pear).to_have_attribute("aria-checked", "true")
    await expect(pear).to_be_focused()
    await desk.unroute("**/switch")
    await desk.context.set_offline(True)
    await pear.click()
    await expect(toast(desk, "The server can’t be reached.")).to_be_visible()
    await expect(pear).to_have_attribute("aria-checked", "true")
    await desk.context.set_offline(False)
    await desk.reload()
    assert await on(desk) == ["Apple", "Pear", "Plum"]


async def test_deleting_asks_and_can_be_undone(desk: Page) -> None:
    more = desk.get_by_role("button", name="More actions for Plum")
    await more.click()
    await desk.get_by_role("button", name="Delete", exact=True).click()
    question = desk.get_by_role("alertdialog")
    await expect(question).to_contain_text("“Plum” disappears at once")
    await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    await desk.keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await expect(more).to_be_focused()
    await more.click()
    await desk.get_by_role("button", name="Delete", exact=True).click()
    await question.get_by_role("button", name="Delete").click()
    await expect(row(desk, "Plum")).to_have_count(0)
    assert await on(desk) == ["Apple", "Pear"], "no other switch moves"
    await toast(desk, "Deleted “Plum”").get_by_role("button", name="Undo").click()
    await expect(toast(desk, "“Plum” is back.")).to_be_visible()
    assert await on(desk) == ["Apple", "Pear", "Plum"]


async def test_something_is_done_to_many_at_once(stage: Stage, page: Page) -> None:
    await plant(stage, [f"Lamp {number:02}" for number in range(MANY)])
    await stage.sign_in(page, EMAIL)
    await page.goto("/tasks?q=lamp")
    boxes, bar = page.locator("[data-check]"), page.locator("[data-bulkbar]")
    await expect(bar).to_be_hidden()
    await boxes.nth(1).click()
    await boxes.nth(4).click(modifiers=["Shift"])
    await expect(bar).to_contain_text("4 selected")
    await page.keyboard.press("Escape")
    await expect(bar).to_be_hidden()
    await boxes.nth(4).click()
    await boxes.nth(1).click(modifiers=["Shift"])
    await bar.get_by_role("button", name="Pause").click()
    await expect(toast(page, "Paused 4 tasks.")).to_be_visible()
    paused = page.get_by_role("navigation", name="Filter by status").get_by_text("Paused")
    await expect(paused).to_have_text("Paused4")
    await expect(page).to_have_url(re.compile(r"/tasks\?q=lamp$"))
    await toast(page, "Paused").get_by_role("button", name="Undo").click()
    await expect(toast(page, "Resumed 4 tasks.")).to_be_visible()
    await expect(paused).to_have_text("Paused0")

    await page.get_by_label("Select all tasks on this page").check()
    await expect(bar).to_contain_text("25 selected")
    await page.get_by_label("all 27 that match").check()
    await bar.get_by_role("button", name="Delete").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(toast(page, f"Deleted {MANY} tasks.")).to_be_visible()
    await expect(page.locator("tr[data-row]")).to_have_count(0)
    await toast(page, "Deleted").get_by_role("button", name="Undo").click()
    await expect(toast(page, f"Brought back {MANY} tasks.")).to_be_visible()
    await expect(page.locator("tr[data-row]")).to_have_count(25)
    assert len(await on(page)) == 25, "they are watched as before"


async def test_a_filter_is_in_the_address(desk: Page) -> None:
    await desk.keyboard.press("/")
    words = desk.get_by_label("Filter tasks by text")
    await expect(words).to_be_focused()
    await desk.keyboard.type("pear")
    await expect(desk.locator("tr[data-row]")).to_have_count(1)
    await expect(desk).to_have_url(re.compile("q=pear"))
    await expect(words).to_be_focused()
    await desk.keyboard.type("njxp?")
    await expect(desk.get_by_text("Nothing contains “pearnjxp?”.")).to_be_visible()
    await expect(words).to_have_value("pearnjxp?")
    await words.fill("pear")
    await expect(row(desk, "Pear")).to_be_visible()
    await desk.reload()
    await expect(desk.locator("tr[data-row]")).to_have_count(1)
    await expect(words).to_have_value("pear")
    await desk.goto("/tasks?show=waiting")
    await desk.get_by_role("link", name="Paused").click()
    await expect(desk.get_by_text("No task matches")).to_be_visible()
    await desk.go_back()
    await expect(desk.locator("tr[data-row]")).to_have_count(3)
    await expect(desk).to_have_url(re.compile(r"/tasks\?show=waiting$"))


async def test_the_list_needs_no_pointer(desk: Page, stage: Stage) -> None:
    press = desk.keyboard.press
    await press("p")
    await press("x")
    assert await on(desk) == ["Apple", "Pear", "Plum"], "nothing is chosen yet"
    for key in "jjjk":
        await press(key)
    title = row(desk, "Pear").locator(".t-title")
    await expect(title).to_be_focused()
    await press("x")
    await expect(desk.locator("[data-bulkbar]")).to_contain_text("1 selected")
    await press("p")
    await expect(row(desk, "Pear").locator(".status")).to_have_text("Paused")
    await expect(title).to_be_focused()
    await expect(row(desk, "Pear")).to_have_class(re.compile("is-cursor"))
    await expect(row(desk, "Pear").locator("[data-check]")).to_be_checked()
    async with desk.expect_response("**/run"):
        await press("r")
    await expect(toast(desk, "Checking “Pear” now.")).to_be_visible()

    await press("/")
    await desk.keyboard.type("plum")
    await expect(desk.locator("tr[data-row]")).to_have_count(1)
    await press("Tab")
    await desk.evaluate("document.activeElement.blur()")
    await press("p")
    await press("j")
    await expect(row(desk, "Plum").locator(".t-title")).to_be_focused()
    assert await on(desk) == ["Plum"], "what was chosen in another list is not acted on"
    await press("Enter")
    await expect(desk.get_by_role("heading", level=1)).to_have_text("Plum")
    await press("p")
    await expect(desk.locator("#watch")).to_contain_text("Paused")
    await press("e")
    await expect(desk.get_by_role("heading", level=1)).to_have_text("Edit task")
    await desk.get_by_label("What do you want to know?").press("n")
    await press("Control+k")
    await expect(desk.get_by_role("dialog", name="Search or jump to")).to_be_visible()


async def test_dialogs_open_by_keys_and_give_the_focus_back(desk: Page) -> None:
    press = desk.keyboard.press
    palette = desk.get_by_role("dialog", name="Search or jump to")
    opener = desk.get_by_role("button", name="Search or jump to")
    await opener.click()
    await expect(palette).to_be_visible()
    await press("Escape")
    await expect(opener).to_be_focused()
    pear = switch(desk, "Pear")
    await pear.focus()
    await press("Control+k")
    await desk.keyboard.type("inb")
    await expect(palette.get_by_role("listitem")).to_have_count(1)
    await press("Escape")
    await expect(palette).to_be_hidden()
    await expect(pear).to_be_focused()
    await press("Control+k")
    await expect(palette.get_by_label("Search tasks")).to_have_value("")
    await desk.keyboard.type("pj")
    await press("Escape")
    await press("?")
    await expect(desk.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await press("n")
    await press("Escape")
    await expect(pear).to_be_focused()
    assert await on(desk) == ["Apple", "Pear", "Plum"]
    await press("Control+k")
    await desk.keyboard.type("keys")
    await press("ArrowDown")
    await press("Enter")
    await expect(desk.get_by_role("heading", level=1)).to_have_text("API keys")
    await press("g")
    await press("t")
    await expect(desk.get_by_role("heading", level=1)).to_have_text("Tasks")
    await press("n")
    await expect(desk.get_by_role("heading", level=1)).to_have_text("New task")
