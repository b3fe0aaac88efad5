"""A check before there is a task, with what is likely wrong with its condition."""

import pytest

from tests.server.dashboard.watched import HOSTILE, SHOP, Watched
from tests.support.pages import HTMX, read

pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
FORM = {
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "sources": SHOP,
}


async def preview(watched: Watched, **more: str) -> str:
    answer = await watched.alice.post("/new/preview", data={**FORM, **more}, headers=HTMX)
    assert answer.status_code == 200
    return answer.text


async def test_it_shows_verdict_quotes_and_what_was_read(watched: Watched) -> None:
    told = await preview(watched)
    assert "399.00 USD" in told
    assert "Understood as: price &lt; 350 USD" in told
    assert "What was read" in told
    assert "shop.example" in told


async def test_a_condition_that_only_a_model_could_judge_is_warned_of(watched: Watched) -> None:
    told = await preview(watched, condition_description="The lamp feels right for my room")
    assert "every verdict will be unknown" in told


async def test_hostile_pages_are_text(watched: Watched) -> None:
    watched.web.pages[SHOP] = f"{HOSTILE}\nPrice: 310.00 USD {HOSTILE}"
    assert "<script>alert" not in await preview(watched)


async def test_without_a_script_the_form_comes_back_with_the_finding(watched: Watched) -> None:
    typed = {**FORM, "name": HOSTILE, "kind": "weekly", "day": "Tue", "time": "07:15"}
    page = read(await watched.alice.post("/new/preview", data=typed))
    assert "399.00 USD" in page.one("#preview").text()
    assert page.one("[name=name]")["value"] == HOSTILE
    assert page.one("#s-time")["value"] == "07:15"
    wrong = await watched.alice.post("/new/preview", data={**typed, "search_query": "short"})
    assert wrong.status_code == 422
    assert "10 characters" in read(wrong).one(".err").text()


async def test_a_preview_of_an_edit_stays_an_edit(watched: Watched) -> None:
    path = await watched.watch()
    button = (await watched.page(f"{path}/edit")).one(".preview button")
    page = read(await watched.alice.post(str(button["formaction"]), data=FORM))
    assert page.one("#task-form")["action"] == f"{path}/edit"
    strange = await watched.mallory.post(str(button["formaction"]), data=FORM)
    assert strange.status_code == 404
