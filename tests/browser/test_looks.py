"""How the main pages look, compared with pictures that somebody has looked at.

`UPDATE_LOOKS=1` writes the pictures instead: for the Chromium that is there, by its major version.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.async_api import Browser, Page, Route

from tests.browser.sample import EMAIL
from tests.browser.stage import DESKTOP, PHONE, Stage, open_page, settle, watch_of
from tests.browser.visits import STRANGERS, visits
from tests.support.fakes import START

FOLDER = Path(__file__).parent / "looks"
TOLERANCE = 0.001  # of all pixels
# What differs from run to run: ids and keys in texts, and the port.
_SAME = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const id = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}/g
  while (walker.nextNode()) {
    const text = walker.currentNode
    const same = text.data.replace(id, (one) => '0'.repeat(one.length))
      .replace(/127\\.0\\.0\\.1:\\d+/g, 'torale.example')
      .replace(/\\b(sk|whsec)_[\\w+/=-]+/g, (one) => '0'.repeat(one.length))
    if (same !== text.data) text.data = same
  }
}"""


@dataclass(frozen=True)
class Look:
    """A page at one width, in one theme."""

    visit: str
    is_phone: bool = False
    theme: str = "light"

    @property
    def name(self) -> str:
        return f"{self.visit}-{'phone' if self.is_phone else 'desktop'}-{self.theme}.png"


LOOKS = (
    Look("landing"),
    Look("sign-in", is_phone=True, theme="dark"),
    Look("tasks"),
    Look("tasks", theme="dark"),
    Look("tasks", is_phone=True),
    Look("task-number"),
    Look("task-number", theme="dark"),
    Look("task-number", is_phone=True),
    Look("task-unknown", is_phone=True, theme="dark"),
    Look("execution-number"),
    Look("new"),
    Look("new", is_phone=True, theme="dark"),
    Look("templates"),
    Look("key-new", theme="dark"),
    Look("channels"),
    Look("account", is_phone=True),
)


async def wait_for_fonts(route: Route) -> None:
    """Change the style sheet: fonts are optional in it, and a busy machine would do without."""
    answer = await route.fetch()
    text = (await answer.text()).replace("font-display: optional", "font-display: block")
    assert "font-display: block" in text
    await route.fulfill(response=answer, body=text)


async def take(page: Page, look: Look, path: str, to: Path) -> None:
    await page.set_viewport_size(PHONE if look.is_phone else DESKTOP)
    await page.emulate_media(color_scheme="dark" if look.theme == "dark" else "light")
    await page.goto(path)
    assert page.url.endswith(path), page.url
    await page.evaluate("document.fonts.ready.then(() => true)")
    await page.evaluate(_SAME)
    await settle(page)
    await page.screenshot(path=to, animations="disabled", caret="hide")


def difference(old: Path, new: Path, to: Path) -> float:
    """Return which share of the pixels differs; 1 if the sizes do. Draws where they are."""
    with Image.open(old) as left, Image.open(new) as right:
        if left.size != right.size:
            return 1.0
        apart = ImageChops.difference(left.convert("RGB"), right.convert("RGB"))
    # The most of the three colours: a mean would hide a change of one.
    red, green, blue = apart.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    marked = most.point([0] + [255] * 255)
    marked.save(to)
    return marked.histogram()[255] / (marked.width * marked.height)


def compare(look: Look, known: Path, tmp_path: Path) -> str:
    """Return what is to be said of a picture that looks otherwise, or nothing."""
    old, new, apart = known / look.name, tmp_path / look.name, tmp_path / f"diff-{look.name}"
    if not old.exists():
        return f"{look.name} is not known; it looks like {new}"
    share = difference(old, new, apart)
    if share <= TOLERANCE:
        return ""
    return f"{look.name} differs in {share:.2%} of its pixels: it was {old}, is {new}; see {apart}"


def keep(look: Look, known: Path, tmp_path: Path) -> None:
    known.mkdir(parents=True, exist_ok=True)
    with Image.open(tmp_path / look.name) as taken:
        taken.convert("RGB").save(known / look.name, optimize=True)


async def test_the_main_pages_look_as_they_did(
    browser: Browser, sample: Stage, sample_folder: Path, tmp_path: Path
) -> None:
    known = FOLDER / browser.version.partition(".")[0]
    is_update = os.environ.get("UPDATE_LOOKS") == "1"
    if not is_update and not known.exists():
        pytest.skip(f"no pictures for this Chromium: UPDATE_LOOKS=1 writes them to {known}")
    paths = {visit.name: visit.path for visit in (*STRANGERS, *visits(sample_folder))}
    paths["tasks"] += "?sort=name"  # what is due at the same moment is listed in any order
    strangers = {visit.name for visit in STRANGERS}
    told, is_signed_in = [], False
    async with open_page(browser, sample.url) as page:
        watch_of(page).expect("/nowhere")
        await page.route("**/app.css", wait_for_fonts)
        await page.clock.set_fixed_time(START)
        for look in sorted(LOOKS, key=lambda one: one.visit not in strangers):
            if look.visit not in strangers and not is_signed_in:
                await sample.sign_in(page, EMAIL)
                is_signed_in = True
            await take(page, look, paths[look.visit], tmp_path / look.name)
            if is_update:
                keep(look, known, tmp_path)
            else:
                told.append(compare(look, known, tmp_path))

    assert [one for one in told if one] == []


def test_a_difference_would_be_seen(tmp_path: Path) -> None:
    look, known = Look("tasks"), tmp_path / "known"
    Image.new("RGB", (100, 100), "white").save(tmp_path / look.name)
    keep(look, known, tmp_path)
    assert compare(look, known, tmp_path) == ""
    Image.new("RGB", (100, 100), "white").save(tmp_path / look.name)
    with Image.open(tmp_path / look.name) as taken:
        taken.paste((255, 255, 250), (0, 0, 5, 5))
        taken.save(tmp_path / look.name)
    assert "differs in 0.25% of its pixels" in compare(look, known, tmp_path)
    Image.new("RGB", (100, 101), "white").save(tmp_path / look.name)
    assert "differs in 100.00%" in compare(look, known, tmp_path)
