"""What every screen stands on: who may write, where one is led, how failures are shown."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import FakeClock
from tests.support.pages import HTMX, open_browser, read, sign_in
from torale.server.auth import service
from torale.server.auth.accounts.sessions import IDLE, LONGEST
from torale.server.clock import CLOCK
from torale.server.dashboard.web.origins import is_own
from torale.server.dashboard.web.pages import safe_path
from torale.server.dashboard.web.times import time_tag
from torale.server.database import Sessions
from torale.server.limits import LIMITS, LimitPolicies, LimitPolicy, Limits, Window
from torale.server.parts import parts_of
from torale.server.settings.base import SETTINGS, Settings

KEYS = "/settings/api-keys"
FORM = {"name": "Script"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "nonsense"},
        {"Sec-Fetch-Site": "", "Origin": "http://127.0.0.1:8000"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9000"},
        {"Origin": "http://127.0.0.1:8000.evil.example"},
        {"Origin": "http://["},
        {},
    ],
    ids=str,
)
async def test_another_site_cannot_write(
    alice: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    del alice.headers["Sec-Fetch-Site"]

    refused = await alice.post(KEYS, data=FORM, headers=headers)

    assert refused.status_code == 403
    assert "another site" in read(refused).text()
    assert "Script" not in (await alice.get(KEYS)).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:8000"},
    ],
    ids=str,
)
async def test_our_own_pages_write(alice: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    del alice.headers["Sec-Fetch-Site"]

    assert (await alice.post(KEYS, data=FORM, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "origin, host, own",
    [
        ("https://torale.example", "torale.example", True),
        ("https://torale.example", "10.0.0.5:8000", True),
        ("http://torale.example", "torale.example", False),
        ("https://torale.example:8443", "torale.example", False),
        ("https://www.torale.example", "torale.example", False),
        ("http://10.0.0.5:8000", "10.0.0.5:8000", False),
    ],
)
def test_behind_a_proxy_the_public_url_counts(origin: str, host: str, own: bool) -> None:
    found = is_own(site=None, origin=origin, host=host, public_url="https://torale.example")

    assert found is own


async def test_reading_is_for_everybody(alice: httpx2.AsyncClient) -> None:
    page = await alice.get(KEYS, headers={"Sec-Fetch-Site": "cross-site"})

    assert page.status_code == 200


async def test_pages_are_hardened(alice: httpx2.AsyncClient) -> None:
    for response in (await alice.get(KEYS), await alice.get("/nowhere"), await alice.get("/")):
        headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "speculation.json" in headers["Speculation-Rules"]


async def test_whoever_is_not_signed_in_is_led_there_and_back(visitor: httpx2.AsyncClient) -> None:
    asked = await visitor.get(KEYS, params={"a": "1&b"})
    posted = await visitor.post(KEYS, headers={"Referer": "http://127.0.0.1:8000/new?x=1"})
    swapped = await visitor.get(
        KEYS, headers={**HTMX, "HX-Current-URL": "http://127.0.0.1:8000/new"}
    )

    nowhere = await visitor.post(KEYS, headers={"Referer": "http://["})

    assert asked.status_code == 303
    assert nowhere.headers["location"] == "/sign-in"
    assert asked.headers["location"] == f"/sign-in?next={KEYS}%3Fa%3D1%2526b"
    assert posted.headers["location"] == "/sign-in?next=/new%3Fx%3D1"
    assert swapped.status_code == 401
    assert swapped.headers["HX-Redirect"] == "/sign-in?next=/new"


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil", "https://evil.example", "javascript:alert(1)", "", None, "tasks"],
)
def test_only_paths_of_ours_are_led_to(path: str | None) -> None:
    assert safe_path(path) == "/tasks"


@given(st.text())
def test_whatever_is_led_to_stays_here(path: str) -> None:
    led = httpx2.URL("http://127.0.0.1:8000").join(safe_path(path))

    assert (led.scheme, led.netloc) == ("http", b"127.0.0.1:8000")


async def test_a_missing_page_is_a_page_for_people_and_json_for_programs(
    visitor: httpx2.AsyncClient,
) -> None:
    person = await visitor.get("/nowhere")
    program = await visitor.get("/nowhere", headers={"Accept": "*/*"})
    api = await visitor.get("/api/v1/nothing")

    assert person.status_code == program.status_code == api.status_code == 404
    assert "no such page" in read(person).one("h1").text()
    assert program.json() == api.json() == {"detail": "Not Found"}


async def test_a_bug_is_a_page_that_tells_nothing(
    app: FastAPI, visitor: httpx2.AsyncClient
) -> None:
    async def bug() -> None:
        raise RuntimeError("secret inside")

    app.add_api_route("/bug", bug)

    broken = await visitor.get("/bug")
    swapped = await visitor.get("/bug", headers=HTMX)

    assert broken.status_code == swapped.status_code == 500
    assert "secret" not in read(broken).text()
    assert "our side" in broken.text
    assert '"kind": "bad"' in swapped.headers["HX-Trigger"]
    assert swapped.content == b""


async def test_a_session_ends_when_it_is_not_used(
    alice: httpx2.AsyncClient, clock: FakeClock
) -> None:
    clock.advance(IDLE - timedelta(seconds=1))
    assert (await alice.get(KEYS)).status_code == 200
    clock.advance(IDLE - timedelta(seconds=1))
    assert (await alice.get(KEYS)).status_code == 200, "used, so it goes on"

    clock.advance(IDLE)

    assert (await alice.get(KEYS)).status_code == 303


async def test_a_session_ends_however_much_it_is_used(
    alice: httpx2.AsyncClient, clock: FakeClock
) -> None:
    ends = clock() + LONGEST
    while clock() + IDLE < ends:
        clock.advance(IDLE - timedelta(seconds=1))
        assert (await alice.get(KEYS)).status_code == 200

    clock.now = ends

    assert (await alice.get(KEYS)).status_code == 303


async def test_a_user_asks_so_often_and_no_more(
    app: FastAPI, alice: httpx2.AsyncClient, mallory: httpx2.AsyncClient
) -> None:
    few = (Window("minute", 2, 60),)
    parts_of(app)[LIMITS] = Limits(LimitPolicies(callers=LimitPolicy("callers", few)))
    ready = {"Sec-Purpose": "prefetch"}

    prefetched = [(await alice.get(KEYS, headers=ready)).status_code for _ in range(3)]
    asked = [(await alice.get(KEYS)).status_code for _ in range(2)]
    refused = await alice.get(KEYS)

    assert prefetched == [200, 200, 429]
    assert asked == [200, 200], "what is only got ready counts by itself"
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) <= 60
    assert "Too many requests" in read(refused).one("h1").text()
    assert (await mallory.get(KEYS)).status_code == 200


async def test_the_first_page_says_what_runs_here(
    visitor: httpx2.AsyncClient, alice: httpx2.AsyncClient
) -> None:
    page = read(await visitor.get("/"))
    signed_in = await alice.get("/")

    assert "torale server create-key" in page.text()
    hrefs = {link["href"] for link in page.all("a")}
    assert {"/docs", "/redoc", "/openapi.json", "/sign-in", "/sign-up", KEYS} <= hrefs
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/tasks")


async def test_times_are_told_in_the_viewers_zone(alice: httpx2.AsyncClient) -> None:
    await alice.post(KEYS, data=FORM)
    for zone, shown in [
        ("Asia/Kolkata", "14:30 UTC+05:30"),
        ("../../etc/passwd", "09:00 UTC"),
        ("", "09:00 UTC"),
    ]:
        alice.cookies.set("tz", zone, domain="127.0.0.1")
        created = read(await alice.get(KEYS)).one("td[data-label=Created] time")
        assert created.text() == "now"
        assert created["title"] == f"Tue 24 Nov 2026, {shown}"


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)]
)
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_the_ends_of_time_can_be_told(moment: datetime, zone: str) -> None:
    told = time_tag(moment, ZoneInfo(zone), FakeClock()(), "exact")
    assert str(moment.year) in told


@pytest.mark.parametrize("cookie, theme", [("dark", "dark"), ("'><script>", "auto")])
async def test_the_theme_is_the_cookies(alice: httpx2.AsyncClient, cookie: str, theme: str) -> None:
    alice.cookies.set("theme", cookie, domain="127.0.0.1")

    assert read(await alice.get(KEYS)).one("html")["data-theme"] == theme


@pytest.mark.parametrize("cookie", ["", "nonsense", "e30=", "bnVsbA=="])
async def test_a_planted_flash_does_no_harm(alice: httpx2.AsyncClient, cookie: str) -> None:
    alice.cookies.set("flash", cookie, domain="127.0.0.1")

    assert read(await alice.get(KEYS)).one("#toasts").text() == ""


async def test_a_prefetch_does_not_use_up_what_is_told_once(alice: httpx2.AsyncClient) -> None:
    await alice.post(KEYS, data=FORM)
    action = read(await alice.get(KEYS)).one("tbody form")["action"]
    await alice.post(action)

    await alice.get(KEYS, headers={"Sec-Purpose": "prefetch"})

    assert "Revoked" in read(await alice.get(KEYS)).one("#toasts").text()


async def test_without_authentication_one_is_straight_in(
    app: FastAPI, sessions: Sessions, settings: Settings
) -> None:
    async with sessions.begin() as session:
        await service.ensure_local_user(session, parts_of(app)[CLOCK]())
    parts_of(app)[SETTINGS] = settings.model_copy(update={"noauth": "1"})
    async with open_browser(app) as browser:
        page = read(await browser.get(KEYS))
        foreign = await browser.get(KEYS, headers={"Host": "evil.example"})

    assert "TORALE_NOAUTH=1" in page.one(".banner").text()
    assert page.all('form[action="/sign-out"]') == []
    assert page.one('a[href="/console"]')
    assert foreign.status_code == 403


async def test_plain_http_is_pointed_out(
    app: FastAPI, sessions: Sessions, clock: FakeClock, alice: httpx2.AsyncClient
) -> None:
    async with open_browser(app, "http://192.168.1.5:8000") as browser:
        await sign_in(browser, sessions, "alice@example.com", clock)
        token = browser.cookies["session"]
        page = read(await browser.get(KEYS, headers={"Cookie": f"session={token}"}))

    assert "Plain http" in page.one(".banner").text()
    assert read(await alice.get(KEYS)).all(".banner") == [], "this machine needs none"


async def test_the_console_is_for_admins(
    alice: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    assert 'href="/console"' not in (await alice.get(KEYS)).text
    assert 'href="/console"' in (await admin.get(KEYS)).text
