"""What the list of tasks may weigh: bytes, elements, and how far it jumps while it loads."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Page

from tests.browser.stage import PHONE, Stage
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth import service
from torale.server.executions.models import Execution
from torale.server.tasks.models import Task

FIRST_VIEW, NEXT_VIEW = 100_000, 15_000  # bytes as they come over the wire
ELEMENTS, SHIFT = 1_500, 0.02
ROWS, CHECKS = 25, 20

_SHIFTS = """() => new Promise((done) => {
  let sum = 0
  const watch = new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value
  })
  watch.observe({ type: 'layout-shift', buffered: true })
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum))))
})"""


async def _fill(stage: Stage, email: str) -> None:
    """Give a user two pages of tasks in all states, each with its strip."""
    now = stage.service.clock()
    async with stage.service.sessions.begin() as session:
        user = await service.find_or_make_user(session, email, is_admin=False, now=now)
        for number in range(ROWS + 1):
            task_id = uuid4()
            session.add(_task(stage, user.id, task_id, number))
            await session.flush()
            for tick in range(CHECKS):
                at = now - timedelta(hours=tick)
                session.add(
                    Execution(
                        task_id=task_id,
                        trigger=Trigger.SCHEDULE,
                        job_id=str(uuid4()),
                        status=ExecutionStatus.FAILED if tick % 7 == 6 else ExecutionStatus.SUCCESS,
                        completed_at=at,
                        condition_met=(number + tick) % 3 == 0,
                        change_summary="price: 1 → 2" if tick % 4 == 0 else None,
                        grounding_sources=[],
                        created_at=at,
                    )
                )


def _task(stage: Stage, user_id: UUID, task_id: UUID, number: int) -> Task:
    now, is_paused = stage.service.clock(), number % 5 == 4
    return Task(
        id=task_id,
        user_id=user_id,
        name=f"Price of lamp number {number} in the shop at the corner of the street",
        search_query="What does the lamp cost?",
        condition_description="The price is below 350 USD",
        schedule="0 9 * * *",
        timezone="UTC",
        notify_behavior=NotifyBehavior.ALWAYS,
        state=TaskState.PAUSED if is_paused else TaskState.ACTIVE,
        sources=[],
        next_run_at=None if is_paused else now + timedelta(hours=number + 1),
        trouble_streak=int(number % 5 == 3),
        last_execution={
            "id": str(uuid4()),
            "condition_met": number % 5 == 0,
            "status": "success",
            "started_at": now.isoformat(),
            "completed_at": now.isoformat(),
        },
        last_known_state={
            "answer": f"Two of four retailers list it at ${number}29.00, the others at $399.00.",
            "facts": {},
            "timestamp": now.isoformat(),
        },
        state_changed_at=now,
        created_at=now,
        updated_at=now,
    )


@asynccontextmanager
async def weighed(page: Page) -> AsyncGenerator[list[float]]:
    """Collect the bytes of what is loaded; what the cache has costs none."""
    found: list[float] = []
    network = await page.context.new_cdp_session(page)

    def note(loaded: dict[str, float]) -> None:
        found.append(loaded["encodedDataLength"])

    network.on("Network.loadingFinished", note)
    await network.send("Network.enable")
    yield found
    await network.detach()


async def _open(page: Page, path: str) -> None:
    # Not until the network is idle: a page that stays in touch with the server never is.
    await page.goto(path, wait_until="load")
    await page.evaluate("document.fonts.ready.then(() => true)")


@pytest.fixture
async def full(stage: Stage, page: Page) -> Page:
    """A page of somebody who has more tasks than one page shows."""
    await _fill(stage, "alice@example.com")
    await stage.sign_in(page, "alice@example.com")
    return page


async def test_the_list_keeps_its_budgets(full: Page) -> None:
    async with weighed(full) as first:
        await _open(full, "/tasks")
    assert await full.locator("tr[data-row]").count() == ROWS
    assert len(first) >= 5  # the page, style, scripts, icons and fonts were all counted
    assert sum(first) <= FIRST_VIEW, first
    assert await full.evaluate("document.querySelectorAll('*').length") <= ELEMENTS
    assert await full.evaluate(_SHIFTS) <= SHIFT
    async with weighed(full) as following:
        await _open(full, "/tasks?page=2")
    assert await full.locator("tr[data-row]").count() == 1
    async with weighed(full) as again:
        await _open(full, "/tasks")
    for loaded in (following, again):
        assert 0 < sum(loaded) <= NEXT_VIEW, loaded
    assert await full.evaluate(_SHIFTS) <= SHIFT


async def test_the_list_does_not_jump_on_a_phone(full: Page) -> None:
    await full.set_viewport_size(PHONE)
    await _open(full, "/tasks")
    assert await full.evaluate(_SHIFTS) <= SHIFT
    assert await full.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_jump_would_be_seen(full: Page) -> None:
    await _open(full, "/tasks")
    await full.evaluate("""() => new Promise((done) => {
        const wall = document.createElement('div')
        wall.style.height = '400px'
        document.querySelector('main').prepend(wall)
        requestAnimationFrame(() => requestAnimationFrame(done))
    })""")
    assert await full.evaluate(_SHIFTS) > SHIFT
