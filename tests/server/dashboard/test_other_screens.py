import json

import httpx2
import pytest
from fastapi import FastAPI

from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read, sign_in
from torale.server.database import Sessions


@pytest.fixture
def app(whole_app: FastAPI) -> FastAPI:
    """The whole application: a link that leads nowhere would show."""
    return whole_app


async def test_every_link_of_the_frame_leads_to_a_page(root: httpx2.AsyncClient) -> None:
    page = read(await root.get("/tasks"))
    links = {link["href"].partition("?")[0] for link in page.all("a[href^='/']")}
    assert {"/new", "/inbox", "/api-docs", "/settings/api-keys", "/console"} <= links
    for link in sorted(links):
        assert (await root.get(link)).status_code == 200, link


async def test_channels_are_added_and_removed(root: httpx2.AsyncClient) -> None:
    path = "/settings/notifications"
    bad = await root.post(path, data={"type": "webhook", "target": "nonsense"})
    assert bad.status_code == 422
    assert read(bad).one(".err").text()
    target = {"type": "webhook", "target": "https://hooks.example/torale"}
    assert (await root.post(path, data=target)).status_code == 303
    page = read(await root.get(path))
    assert "whsec_" in page.one(".copyline code").text()
    delete = page.one("form[action$='/delete']")["action"]
    assert (await root.post(delete)).status_code == 303
    page = read(await root.get(path))
    assert page.one(".empty h2").text() == "No channels yet"


async def test_a_test_that_does_not_arrive_says_why(root: httpx2.AsyncClient) -> None:
    path = "/settings/notifications"
    await root.post(path, data={"type": "webhook", "target": "https://hooks.invalid/torale"})
    page = read(await root.get(path))
    action = page.one("form[action$='/test']")["action"]
    answer = await root.post(action, headers={"HX-Request": "true"})
    told = json.loads(answer.headers["hx-trigger"])["toast"]
    assert told["kind"] == "bad"
    assert told["text"].startswith("It did not arrive")


async def test_the_console_is_for_admins(
    app: FastAPI, root: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    async with open_browser(app) as alice:
        user_id = await sign_in(alice, sessions, "alice@example.com", clock)
        assert (await alice.get("/console")).status_code == 403
        assert (await alice.post(f"/console/users/{user_id}/activate")).status_code == 403
        page = read(await root.get("/console/users?q=alice"))
        action = page.one("form[action$='/deactivate']")["action"]
        assert (await root.post(action)).status_code == 303
        refused = await alice.get("/tasks")
        assert refused.status_code in {303, 403}
    assert "inactive" in read(await root.get("/console/users?q=alice")).one("tbody").text()
    assert "user.deactivated" in read(await root.get("/console/audit")).one("main").text()


async def test_the_inbox_is_empty_at_first(root: httpx2.AsyncClient) -> None:
    assert read(await root.get("/inbox")).one(".empty h2").text() == "Nothing yet"
