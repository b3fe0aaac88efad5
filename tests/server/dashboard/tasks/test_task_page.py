"""One task: its schedule in words, its last 30 days, its history, messages and failures."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.server.dashboard.watched import HOSTILE, SHOP, Watched
from torale.server.dashboard.tasks.advice import advice
from torale.server.dashboard.tasks.charts import days
from torale.server.dashboard.tasks.differences import changes
from torale.server.evidence.base import Problem

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_a_task_without_a_number_shows_its_last_30_days(watched: Watched) -> None:
    stock = {"condition_description": "The lamp is back in stock"}
    watched.web.pages[SHOP] = "Aurora lamp\nSold out."
    path = await watched.watch(search_query="Aurora lamp availability", **stock)
    await watched.says(path, "Aurora lamp\nIn stock. Add to cart.")
    await watched.says(path, "Aurora lamp\nIn stock. Add to cart.")
    page = await watched.page(path)
    band = page.all(".days30 li")
    assert len(band) == 30
    assert [one["class"] for one in band[-3:]] == ["d-same", "d-met", "d-met"]
    assert band[0].text().endswith(": no check")
    assert band[-1].text().endswith(": 1 met")
    assert [one.text() for one in page.all(".nums dd")] == ["3", "2", "0", "0"]


@SQLITE
async def test_the_schedule_is_told_in_words_in_its_zone(watched: Watched) -> None:
    path = await watched.watch()
    facts = [one.text() for one in (await watched.page(path)).all(".facts dd")]
    told = next(one for one in facts if one.startswith("Every day at 09:00"))
    assert "Europe/Berlin" in told
    assert "09:00 UTC+01:00" in told or "09:00 UTC+02:00" in told


async def test_messages_are_shown_with_their_check(watched: Watched) -> None:
    path = await watched.watch(notify_behavior="always", webhooks="https://hooks.example/torale")
    await watched.says(path, "Aurora lamp\nPrice: 310.00 USD")
    newest, _ = await watched.executions(path)
    message = (await watched.page(path)).one(".sends li")
    assert "Delivered" in message.text()
    assert message.one("a")["href"] == f"{path}/executions/{newest}"


@SQLITE
async def test_a_failure_says_what_to_do(watched: Watched) -> None:
    path = await watched.watch()
    watched.clock.advance(timedelta(days=1))
    del watched.web.pages[SHOP]
    watched.web.problems = [Problem(SHOP, "http_404", "It answered 404.", named=True)]
    assert (await watched.alice.post(f"{path}/run")).status_code == 303
    await watched.queue.run_due()
    event = (await watched.page(path)).one(".ev")
    assert event.one("h3").text() == "Check failed"
    assert "Edit the sources and name its new address." in event.text()


async def test_could_not_tell_is_no_failure_and_says_why(watched: Watched) -> None:
    path = await watched.watch()
    await watched.says(path, "Aurora lamp\nAsk us for the price.")
    page = await watched.page(path)
    assert page.one(".detail-head .status").text() == "Could not tell"
    why = page.one(".why").text()
    assert why.startswith("The last check could not tell: ")
    listed = await watched.page("/tasks?show=unknown")
    assert listed.one("td .status").text() == "Could not tell"
    assert why.endswith(listed.one(".t-ans").text())
    assert "Understood as" not in why
    assert (await watched.page("/tasks?show=failing")).all(".t-title") == []


@SQLITE
async def test_hostile_names_and_pages_are_text(watched: Watched) -> None:
    path = await watched.watch()
    await watched.rename(path, name=HOSTILE)
    await watched.says(path, f"{HOSTILE}\nPrice: 310.00 USD {HOSTILE}")
    page = await watched.page(path)
    assert page.one("h1").text() == HOSTILE
    assert "<script>alert" not in page.html


@SQLITE
async def test_strangers_see_no_task(watched: Watched) -> None:
    path = await watched.watch()
    assert (await watched.mallory.get(path)).status_code == 404
    assert (await watched.mallory.get(f"{path}/live")).status_code == 404


def test_days_begin_at_midnight_of_the_zone_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = days.starts(datetime(2026, 3, 30, 12, tzinfo=UTC), berlin)
    assert len(found) == 30
    assert found[-1] == datetime(2026, 3, 29, 22, tzinfo=UTC)
    assert found[-2] == datetime(2026, 3, 28, 23, tzinfo=UTC)
    labels = [one.label for one in days.band(found, [Counter[str]()] * 30)]
    assert labels[-2:] == ["Sun 29 Mar: no check", "Mon 30 Mar: no check"]


def test_a_day_is_called_after_the_best_that_happened() -> None:
    at = [datetime(2026, 3, 1, tzinfo=UTC)]
    [day] = days.band(at, [Counter(failed=2, same=3)])
    assert (day.kind, day.label) == ("same", "Sun 1 Mar: 3 not met, 2 failed")


def test_changes_name_what_was_and_what_is() -> None:
    before = {"verdict": "not_met", "facts": {"price": "399 USD", "stock": "yes"}}
    after = {"verdict": "met", "facts": {"price": "310 USD", "stock": "yes", "seller": "A"}}
    assert changes(before, after) == [
        ("del", "Price: 399 USD"),
        ("ins", "Price: 310 USD"),
        ("same", "Stock: yes"),
        ("ins", "Seller: A"),
    ]
    assert changes(before, before) == []
    assert changes(before, {"verdict": "unknown", "facts": {}}) == []


@pytest.mark.parametrize("kind", ["budget_exceeded", "model_timeout", "http_503", "never_seen"])
def test_every_failure_has_its_advice(kind: str) -> None:
    assert advice(kind).endswith(".")
