"""One execution with its evidence; what its user says of it; the same evidence judged again."""

from uuid import uuid4

import pytest

from tests.server.dashboard.watched import HOSTILE, SHOP, Watched
from tests.support.pages import HTMX, read

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def two_checks(watched: Watched) -> tuple[str, str]:
    """Return the paths of a task and of its newest execution, which met the condition."""
    path = await watched.watch()
    await watched.says(path, "Aurora lamp\nPrice: 310.00 USD\nOnly today")
    newest, _ = await watched.executions(path)
    return path, f"{path}/executions/{newest}"


async def test_it_shows_what_the_verdict_rests_on(watched: Watched) -> None:
    _, path = await two_checks(watched)
    page = await watched.page(path)
    assert page.one("h1").text() == "Condition met"
    document = page.one("details.doc")
    assert document.has("open")
    assert document.one(".chip").text() == "Quoted"
    assert "310.00 USD" in document.one("pre mark").text()
    assert "310.00" in document.one(".quotes q").text()
    assert [one.text() for one in page.all(".ev .diff del")] == ["Before: Price: 399.00 USD"]
    assert [one.text() for one in page.all(".ev .diff ins")] == ["Now: Price: 310.00 USD"]
    moved = [one.text() for one in page.all(".doc .diff > *")]
    assert moved == ["Gone: Price: 399.00 USD", "New: Price: 310.00 USD", "New: Only today"]
    facts = [one.text() for one in page.all(".split-side dd")]
    assert "price < 350 USD" in facts
    assert any(one.startswith("2") for one in facts), "the place in the chain"


@SQLITE
async def test_documents_that_cannot_be_used_say_why(watched: Watched) -> None:
    path = await watched.watch()
    watched.web.unusable[SHOP] = "It asks to log in."
    await watched.says(path, "Sign in to see prices")
    newest, _ = await watched.executions(path)
    document = (await watched.page(f"{path}/executions/{newest}")).one("details.doc")
    assert document.one(".chip").text() == "Not usable"
    assert "Not usable: It asks to log in." in document.text()


async def test_feedback_is_shown_and_can_be_changed(watched: Watched) -> None:
    _, path = await two_checks(watched)
    said = {"correct": "false", "note": "It is the small one."}
    answer = await watched.alice.post(f"{path}/feedback", data=said)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path}#feedback"
    part = (await watched.page(path)).one("#feedback")
    assert "You called it wrong" in part.text()
    assert "It is the small one." in part.one("textarea").text()
    assert "0 right, 1 wrong. Of the alerts that you judged, 0 % were right." in part.text()
    answer = await watched.alice.post(f"{path}/feedback", data={"correct": "true"}, headers=HTMX)
    assert "You called it right" in answer.text
    assert "1 right, 0 wrong. Of the alerts that you judged, 100 % were right." in answer.text
    assert "<html" not in answer.text


@SQLITE
async def test_feedback_that_says_nothing_or_too_much_is_refused(watched: Watched) -> None:
    _, path = await two_checks(watched)
    page = await watched.alice.post(f"{path}/feedback", data={"note": "Hm"})
    assert page.status_code == 422
    assert read(page).one("#feedback .err").text() == "Choose right or wrong."
    long = {"correct": "true", "note": "x" * 501}
    page = await watched.alice.post(f"{path}/feedback", data=long)
    assert page.status_code == 422
    assert "Write at most 500 characters." in read(page).one("#feedback").text()


async def test_the_same_evidence_is_judged_again(watched: Watched) -> None:
    _, path = await two_checks(watched)
    page = read(await watched.alice.post(f"{path}/replay"))
    assert "The same verdict" in page.one("#replay").text()
    part = await watched.alice.post(f"{path}/replay", headers=HTMX)
    assert "The same verdict" in part.text
    assert "<html" not in part.text


@SQLITE
async def test_hostile_titles_answers_and_notes_are_text(watched: Watched) -> None:
    path = await watched.watch()
    await watched.rename(path, name=HOSTILE)
    await watched.says(path, f"{HOSTILE}\nPrice: 310.00 USD {HOSTILE}")
    newest, _ = await watched.executions(path)
    at = f"{path}/executions/{newest}"
    await watched.alice.post(f"{at}/feedback", data={"correct": "true", "note": HOSTILE})
    page = await watched.page(at)
    assert "<script>alert" not in page.html
    assert HOSTILE in page.one("pre.doc-text").text()
    assert HOSTILE in page.one(".said-note").text()
    assert "<script>alert" not in (await watched.alice.post(f"{at}/replay", headers=HTMX)).text


@SQLITE
async def test_strangers_and_other_sites_get_nowhere(watched: Watched) -> None:
    _, path = await two_checks(watched)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    said = {"correct": "true"}
    assert (await watched.mallory.get(path)).status_code == 404
    for action in ("feedback", "replay"):
        at = f"{path}/{action}"
        assert (await watched.mallory.post(at, data=said)).status_code == 404
        refused = await watched.alice.post(at, data=said, headers=elsewhere)
        assert refused.status_code == 403
    missing = f"{path.rpartition('/')[0]}/{uuid4()}"
    assert (await watched.alice.post(f"{missing}/replay")).status_code == 404
    assert "You called" not in (await watched.page(path)).one("#feedback").text()
