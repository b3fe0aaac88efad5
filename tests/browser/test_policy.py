"""What others write stays text, what others send is refused, and no page runs foreign code."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from playwright.async_api import Browser, Error, Page, expect
from sqlalchemy import select

from tests.browser.sample import EMAIL
from tests.browser.stage import DESKTOP, PHONE, Stage, open_page, watch_of
from tests.browser.visits import STRANGERS, visits
from tests.e2e.servers import Shop, open_shop
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth import service
from torale.server.auth.models import ApiKey
from torale.server.evidence.source import Source
from torale.server.executions.models import EvidenceDocument, Execution
from torale.server.tasks.models import Task

_LISTENER = """
  window.violations = []
  document.addEventListener('securitypolicyviolation', (one) => {
    window.violations.push(`${one.violatedDirective}: ${one.blockedURI} ${one.sample}`)
  })
"""
_ATTACKS = """() => {
  const add = (html) => {
    const box = document.createElement('div')
    box.innerHTML = html
    document.querySelector('main').append(box)
    window.htmx?.process(box)
    return box.firstElementChild
  }
  const hit = 'window.hacked = 1'
  add(`<img src="/nowhere.png" onerror="${hit}">`)
  add(`<button hx-on:click="${hit}" onclick="${hit}"></button>`).click()
  add(`<button hx-get="/inbox" hx-swap="none" hx-vals="js:{a: (${hit})}"></button>`).click()
  add(`<button hx-get="/inbox" hx-swap="none" hx-trigger="click[${hit}]"></button>`).click()
  add(`<a href="javascript:${hit}">a</a>`).click()
  add(`<p style="color: red">red</p>`).id = 'red'
  const script = document.createElement('script')
  script.textContent = hit
  document.body.append(script)
  return new Promise((done) => setTimeout(done, 300))
}"""
RIGHT_TO_LEFT = "\u202e"
HOSTILE = (
    "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"
    f"{{{{7*7}}}} {RIGHT_TO_LEFT}gnp.exe {'W' * 2000}"
)
BAD_LINK = "javascript:window.hacked=1//shop.example"


async def test_no_page_breaks_its_policy(
    browser: Browser, sample: Stage, sample_folder: Path
) -> None:
    async with open_page(browser, sample.url) as page:
        watch_of(page).expect("/nowhere")
        await page.add_init_script(_LISTENER)
        seen = {}
        for visit in STRANGERS:
            await page.goto(visit.path)
            seen[visit.name] = await page.evaluate("window.violations")
        await sample.sign_in(page, EMAIL)
        for visit in visits(sample_folder):
            await page.goto(visit.path)
            seen[visit.name] = await page.evaluate("window.violations")

    assert {name: found for name, found in seen.items() if found} == {}


async def test_injected_code_is_dead(browser: Browser, sample: Stage) -> None:
    async with open_page(browser, sample.url) as page:
        for complaint in ("Content Security Policy", "nowhere.png", "htmx", "EvalError"):
            watch_of(page).expect(complaint)
        await page.add_init_script(_LISTENER)
        await sample.sign_in(page, EMAIL)
        await page.goto("/tasks")
        before = await page.evaluate("getComputedStyle(document.querySelector('main p')).color")
        await page.evaluate(_ATTACKS)

        assert await page.evaluate("window.hacked") is None
        refused = {one.split(":")[0] for one in await page.evaluate("window.violations")}
        assert {"script-src-attr", "script-src-elem", "style-src-attr"} <= refused
        red = await page.evaluate("getComputedStyle(document.querySelector('#red')).color")
        assert red != "rgb(255, 0, 0)"
        assert before != "rgb(255, 0, 0)"


def _hostile_task(user_id: UUID, stage: Stage) -> Task:
    now = stage.service.clock()
    return Task(
        id=uuid4(),
        user_id=user_id,
        name=HOSTILE,
        search_query=HOSTILE,
        condition_description=HOSTILE,
        schedule="0 9 1 1 *",
        timezone="UTC",
        notify_behavior=NotifyBehavior.ALWAYS,
        state=TaskState.ACTIVE,
        sources=[Source(BAD_LINK)],
        next_run_at=now + timedelta(days=30),
        last_execution={
            "id": str(uuid4()),
            "condition_met": True,
            "status": "success",
            "started_at": now.isoformat(),
            "completed_at": now.isoformat(),
        },
        last_known_state={"answer": HOSTILE, "facts": {}, "timestamp": now.isoformat()},
        state_changed_at=now,
        created_at=now,
        updated_at=now,
    )


def _hostile_execution(task: Task) -> Execution:
    return Execution(
        id=uuid4(),
        task_id=task.id,
        trigger=Trigger.SCHEDULE,
        job_id=str(uuid4()),
        status=ExecutionStatus.SUCCESS,
        started_at=task.created_at,
        completed_at=task.created_at,
        condition_met=True,
        result={
            "verdict": "met",
            "answer": HOSTILE,
            "reasoning": HOSTILE,
            "confidence": 1.0,
            "judge": HOSTILE,
            "understood": HOSTILE,
            "sources_count": 1,
            "quotes": [{"source": BAD_LINK, "text": HOSTILE}],
            "facts": {},
        },
        grounding_sources=[{"uri": BAD_LINK, "title": HOSTILE, "snippet": HOSTILE}],
        change_summary=HOSTILE,
        notification=HOSTILE,
        created_at=task.created_at,
    )


async def _plant(stage: Stage) -> tuple[str, str]:
    """Write what no form and no page reader would let through; answers the two paths to look at."""
    async with stage.service.sessions.begin() as session:
        user = await service.find_or_make_user(
            session, EMAIL, is_admin=True, now=stage.service.clock()
        )
        task = _hostile_task(user.id, stage)
        execution = _hostile_execution(task)
        session.add(task)
        await session.flush()
        session.add(execution)
        await session.flush()
        session.add(
            EvidenceDocument(
                execution_id=execution.id,
                position=0,
                sha256="0" * 64,
                uri="https://honest.example/page",
                title=f"{RIGHT_TO_LEFT}{HOSTILE[:40]}",
                kind="page",
                fetched_at=task.created_at,
                truncated=False,
            )
        )
    at = f"/tasks/{task.id}"
    return at, f"{at}/executions/{execution.id}"


async def test_hostile_text_is_text(stage: Stage, page: Page) -> None:
    task, execution = await _plant(stage)
    await stage.sign_in(page, EMAIL, is_admin=True)
    wide = []
    shown = ("/tasks", task, execution, "/inbox", "/console/executions")
    for size in (PHONE, DESKTOP):
        await page.set_viewport_size(size)
        for path in (*shown, f"{task}/edit", f"{task}/backtest"):
            await page.goto(path)
            at = f"{path} at {size['width']} px"
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(at)
            assert await page.evaluate("window.hacked") is None, at
            assert not await page.locator("main img, main script, [href^='javascript' i]").count()
            if path in shown:
                assert "<script>" in await page.locator("main").inner_text(), at
    assert wide == []

    await page.goto(execution)
    host = page.locator("summary span", has_text="honest.example").first
    assert await host.evaluate("""(one) => {
      const at = (start) => {
        const range = document.createRange()
        range.setStart(one.firstChild, start)
        range.setEnd(one.firstChild, start + 1)
        return range.getBoundingClientRect().left
      }
      return at(0) < at(5)
    }"""), "a title that turns the direction does not turn the address beside it"


_FRAME = (
    '<iframe sandbox="allow-forms allow-scripts allow-top-navigation" srcdoc=\''
    "{form}<script>document.forms[0].submit()</script>'></iframe>"
)


def _form(action: str, target: str) -> str:
    return (
        f'<form method="post" action="{action}" target="{target}">'
        '<input name="name" value="Stolen"><input name="scope" value="write"></form>'
    )


async def _attack(page: Page, shop: Shop, host: str, html: str) -> int:
    """Open a page of another site that posts by itself; answers what the server said."""
    shop.pages["/evil"] = html
    port = shop.server_address[1]
    async with page.expect_response(lambda one: one.request.method == "POST") as answered:
        with suppress(Error):  # interrupted: the page goes on by itself
            await page.goto(f"http://{host}:{port}/evil")
    # The refusal has arrived: no navigation is under way any more.
    await expect(page.locator("body")).to_contain_text("another site")
    await page.wait_for_load_state()
    return (await answered.value).status


async def test_other_sites_change_nothing(stage: Stage, page: Page) -> None:
    watch_of(page).expect("403")
    for complaint in ("favicon", "404"):
        watch_of(page).expect(complaint)
    task, _ = await _plant(stage)
    await stage.sign_in(page, EMAIL)
    with open_shop() as shop:
        for action in (f"{stage.url}/settings/api-keys", f"{stage.url}{task}/delete"):
            form = _form(action, "_top")
            direct = f"{form}<script>document.forms[0].submit()</script>"
            framed = _FRAME.format(form=form)
            assert await _attack(page, shop, "127.0.0.1", direct) == 403, "same site, other origin"
            await expect(page.locator("body")).to_contain_text("another site")
            assert await _attack(page, shop, "localhost", direct) == 403, "another site"
            assert await _attack(page, shop, "127.0.0.1", framed) == 403, "an origin of nobody"

    async with stage.service.sessions() as session:
        assert (await session.scalars(select(ApiKey))).all() == []
        assert (await session.scalars(select(Task.deleted_at))).all() == [None]
    await page.goto(task)
    await page.evaluate("(form) => { document.body.innerHTML = form }", form)
    await page.evaluate("document.forms[0].submit()")
    await expect(page.get_by_role("status")).to_contain_text("Deleted")
