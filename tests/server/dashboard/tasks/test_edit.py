"""A task changed: whom it tells, and what past corrections the change contradicts."""

import pytest

from tests.server.dashboard.watched import HOSTILE, Watched
from tests.support.pages import read

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
CHANNELS = "/settings/notifications"
FORM = {
    "name": "Aurora lamp",
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "sources": "https://shop.example/lamp",
    "notify_behavior": "track_state",
    "kind": "daily",
    "time": "09:00",
    "timezone": "Europe/Berlin",
}


async def add_hook(watched: Watched, name: str) -> None:
    target = {"type": "webhook", "target": f"https://{name}.example/torale"}
    assert (await watched.alice.post(CHANNELS, data=target)).status_code == 303


async def chosen(watched: Watched, path: str) -> dict[str, bool]:
    """Return the ids of all channels, and whether the task tells them."""
    boxes = (await watched.page(f"{path}/edit")).all("input[name=channel]")
    return {str(box["value"]): box.has("checked") for box in boxes}


async def test_the_channels_of_a_task_are_chosen_from_those_that_there_are(
    watched: Watched,
) -> None:
    await add_hook(watched, "one")
    await add_hook(watched, "two")
    boxes = (await watched.page("/new")).all("input[name=channel]")
    assert not [box for box in boxes if box.has("checked")]
    path = await watched.watch(channel=str(boxes[0]["value"]))
    kept, other = (str(box["value"]) for box in boxes)
    assert await chosen(watched, path) == {kept: True, other: False}
    # One is taken off, one put on, one made.
    typed = {**FORM, "channel": other, "webhooks": "https://three.example/torale"}
    assert (await watched.alice.post(f"{path}/edit", data=typed)).status_code == 303
    found = await chosen(watched, path)
    assert (found.pop(kept), found.pop(other), list(found.values())) == (False, True, [True])


@SQLITE
async def test_a_strangers_channel_is_refused(watched: Watched) -> None:
    await add_hook(watched, "one")
    channel = str((await watched.page("/new")).one("input[name=channel]")["value"])
    answer = await watched.mallory.post("/new", data={**FORM, "channel": channel})
    assert answer.status_code == 422
    nonsense = await watched.alice.post("/new", data={**FORM, "channel": "nonsense"})
    assert nonsense.status_code == 422


async def test_a_change_that_contradicts_a_correction_is_saved_and_told(watched: Watched) -> None:
    path = await watched.watch()
    await watched.says(path, "Aurora lamp\nPrice: 310.00 USD")
    newest, _ = await watched.executions(path)
    said = {"correct": "true", "note": HOSTILE}
    at = f"{path}/executions/{newest}/feedback"
    assert (await watched.alice.post(at, data=said)).status_code == 303
    typed = {**FORM, "condition_description": "The price is below 300 USD"}
    answer = await watched.alice.post(f"{path}/edit", data=typed)
    assert answer.status_code == 200
    page = read(answer)
    assert "get 1 verdict wrong" in page.one(".sub").text()
    row = page.one(".sent tbody tr")
    assert [one.text() for one in row.all("td")][1:3] == ["Condition met", "Right"]
    assert HOSTILE in row.text()
    assert row.one("a")["href"] == f"{path}/executions/{newest}"
    saved = await watched.page(f"{path}/edit")
    assert saved.one("[name=condition_description]")["value"] == "The price is below 300 USD"


@SQLITE
async def test_a_change_that_contradicts_none_leads_back(watched: Watched) -> None:
    path = await watched.watch()
    await watched.says(path, "Aurora lamp\nPrice: 310.00 USD")
    newest, _ = await watched.executions(path)
    await watched.alice.post(f"{path}/executions/{newest}/feedback", data={"correct": "true"})
    typed = {**FORM, "condition_description": "The price is below 340 USD"}
    answer = await watched.alice.post(f"{path}/edit", data=typed)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
