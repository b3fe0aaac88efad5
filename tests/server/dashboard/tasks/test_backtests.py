"""Another condition, tried on the stored history through the form."""

import pytest

from tests.server.dashboard.watched import HOSTILE, Watched
from tests.support.pages import HTMX, read

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def with_history(watched: Watched) -> str:
    """Return the path of a task that saw 399, 310 and 290, and told of the last two."""
    hook = "https://hooks.example/torale"
    path = await watched.watch(notify_behavior="always", webhooks=hook)
    for price in (310, 290):
        await watched.says(path, f"Aurora lamp\nPrice: {price}.00 USD")
    return path


async def test_it_lists_when_it_would_have_told(watched: Watched) -> None:
    path = await with_history(watched)
    form = (await watched.page(f"{path}/backtest")).one("main form")
    assert form["action"] == f"{path}/backtest"
    assert form.one("input[name=condition_description]")["value"] == "The price is below 350 USD"
    typed = {"condition_description": "The price is below 300 USD", "notify_behavior": "always"}
    page = read(await watched.alice.post(form["action"], data=typed))
    assert page.one("#bt-h").text() == "It would have told 1 time; the task told 2 times"
    rows = [[cell.text() for cell in one.all("td")[1:3]] for one in page.all("tbody tr")]
    assert rows == [["Yes", "Yes"], ["Yes", "No"]]
    assert "price < 300 USD" in page.one("#backtest").text()
    assert "3 of 3 checks could be judged again" in page.one("#backtest").text()
    part = await watched.alice.post(form["action"], data=typed, headers=HTMX)
    assert "It would have told 1 time" in part.text
    assert "<html" not in part.text
    assert "below 350 USD" in (await watched.page(path)).text(), "nothing is stored"


@SQLITE
async def test_what_is_wrong_with_a_condition_is_said(watched: Watched) -> None:
    path = await watched.watch()
    answer = await watched.alice.post(f"{path}/backtest", data={"condition_description": "x"})
    assert answer.status_code == 422
    assert read(answer).one(".err").text().startswith("Write at least")
    answer = await watched.alice.post(f"{path}/backtest", data={"notify_behavior": "never"})
    assert answer.status_code == 422


@SQLITE
async def test_hostile_conditions_and_pages_are_text(watched: Watched) -> None:
    path = await watched.watch(notify_behavior="always")
    await watched.says(path, f"{HOSTILE}\nPrice: 310.00 USD {HOSTILE}")
    typed = {"condition_description": f'The page contains "{HOSTILE}"'}
    page = read(await watched.alice.post(f"{path}/backtest", data=typed))
    assert "<script>alert" not in page.html
    assert HOSTILE in page.one("input[name=condition_description]")["value"]


@SQLITE
async def test_strangers_and_other_sites_get_nowhere(watched: Watched) -> None:
    path = f"{await watched.watch()}/backtest"
    assert (await watched.mallory.get(path)).status_code == 404
    assert (await watched.mallory.post(path)).status_code == 404
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await watched.alice.post(path, headers=elsewhere)).status_code == 403
