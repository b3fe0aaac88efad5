"""The way from a session of Clerk to one of ours, against a stand-in of Clerk."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from tests.server.dashboard.account.signing_up import KEYS, is_signed_in
from tests.support.clerk import ClerkStandIn, Failure
from tests.support.databases import ENGINES, Templates
from tests.support.fakes import FakeClock
from tests.support.pages import BASE_URL, open_browser, read, sign_in
from torale.server.auth.clerk.provider import CLERK, Clerk
from torale.server.auth.models import Role, User, UserSession, UserState
from torale.server.database import Sessions
from torale.server.limits import LIMITS, Limits
from torale.server.parts import parts_of
from torale.server.settings.base import SETTINGS, Settings

ADA = "user_ada"
PATH = "/auth/clerk/session"


@pytest.fixture
def stand_in() -> Iterator[ClerkStandIn]:
    with ClerkStandIn() as clerk:
        clerk.add_user(ADA, "ada@example.com")
        yield clerk


@pytest.fixture(params=ENGINES[:1])
def settings(
    request: pytest.FixtureRequest,
    database_templates: Templates,
    tmp_path: Path,
    stand_in: ClerkStandIn,
) -> Iterator[Settings]:
    more = {**stand_in.settings, "clerk_authorized_parties": (BASE_URL,)}
    with database_templates.copy(request.param, tmp_path, **more) as made:
        yield made


@pytest.fixture(autouse=True)
async def clerk(
    app: FastAPI, settings: Settings, sessions: Sessions, clock: FakeClock
) -> AsyncIterator[Clerk]:
    made = Clerk(settings, sessions, clock)
    parts_of(app)[CLERK] = made
    parts_of(app)[LIMITS] = Limits()
    yield made
    await made.aclose()


@pytest.fixture
def ada(stand_in: ClerkStandIn, clock: FakeClock) -> dict[str, str]:
    """The header that the page sends."""
    return stand_in.bearer(ADA, now=clock(), azp=BASE_URL, sid="sess_7")


async def begun(sessions: Sessions) -> list[UserSession]:
    async with sessions() as session:
        return list(await session.scalars(select(UserSession)))


async def test_a_token_becomes_a_session_of_ours(
    visitor: httpx2.AsyncClient, ada: dict[str, str], sessions: Sessions
) -> None:
    answer = await visitor.post(PATH, headers=ada)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "ada@example.com" in (await visitor.get(KEYS)).text
    (kept,) = await begun(sessions)
    assert (kept.method, kept.provider_session) == ("clerk", "sess_7")


async def test_the_user_is_as_clerk_knows_them_now(
    visitor: httpx2.AsyncClient, ada: dict[str, str], stand_in: ClerkStandIn, sessions: Sessions
) -> None:
    await visitor.post(PATH, headers=ada)
    stand_in.change(ADA, email="new@example.com", role="admin")
    await visitor.post(PATH, headers=ada)

    async with sessions() as session:
        user = (await session.scalars(select(User))).one()
    assert (user.email, user.role) == ("new@example.com", Role.ADMIN)
    stand_in.users = Failure.ERROR
    assert (await visitor.post(PATH, headers=ada)).status_code == 204, "who is known goes on"


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000_000_000, "iat": 999_999_940, "nbf": 999_999_940},
        {"azp": "https://evil.example"},
        {"azp": None},
        {"iss": "https://clerk.evil.example"},
        {"sts": "pending"},
        {"sub": "user_nobody"},
    ],
    ids=str,
)
async def test_a_token_that_does_not_hold_signs_nobody_in(
    visitor: httpx2.AsyncClient,
    stand_in: ClerkStandIn,
    clock: FakeClock,
    sessions: Sessions,
    claims: dict[str, object],
) -> None:
    said = {"azp": BASE_URL, **claims}
    answer = await visitor.post(PATH, headers=stand_in.bearer(ADA, now=clock(), **said))

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert await begun(sessions) == []


async def test_what_is_no_token_of_clerk_signs_nobody_in(
    visitor: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    with ClerkStandIn() as other:
        foreign = other.bearer(ADA, now=clock(), azp=BASE_URL)
        foreign_key = other.token(ADA, now=clock(), azp=BASE_URL, iss="http://127.0.0.1")
    for headers, status in (
        (foreign, 401),
        ({"Authorization": f"Bearer {foreign_key}"}, 401),
        ({"Authorization": "Bearer sk_" + "a" * 32}, 403),
        ({"Authorization": "Bearer a.b.c"}, 401),
        ({}, 401),
    ):
        assert (await visitor.post(PATH, headers=headers)).status_code == status, headers
    assert await begun(sessions) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    ],
    ids=str,
)
async def test_a_good_token_from_another_site_signs_nobody_in(
    visitor: httpx2.AsyncClient, ada: dict[str, str], sessions: Sessions, headers: dict[str, str]
) -> None:
    answer = await visitor.post(PATH, headers={**ada, **headers})

    assert answer.status_code == 403
    assert "another site" in answer.json()["detail"]
    assert await begun(sessions) == []


async def test_a_program_without_a_page_gets_no_session(app: FastAPI, ada: dict[str, str]) -> None:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as program:
        assert (await program.post(PATH, headers=ada)).status_code == 403


async def test_a_planted_session_is_worth_nothing(
    visitor: httpx2.AsyncClient,
    mallory: httpx2.AsyncClient,
    ada: dict[str, str],
    sessions: Sessions,
) -> None:
    planted = mallory.cookies["session"]
    visitor.cookies.set("session", planted, domain="127.0.0.1")
    await visitor.post(PATH, headers=ada)

    assert visitor.cookies["session"] != planted
    assert not await is_signed_in(mallory)
    assert len(await begun(sessions)) == 1


async def test_the_deactivated_stay_out(
    visitor: httpx2.AsyncClient, ada: dict[str, str], sessions: Sessions
) -> None:
    await visitor.post(PATH, headers=ada)
    async with sessions.begin() as session:
        await session.execute(update(User).values(state=UserState.INACTIVE))

    assert (await visitor.post(PATH, headers=ada)).status_code == 403
    assert not await is_signed_in(visitor)


async def test_without_a_verified_address_there_is_no_user(
    visitor: httpx2.AsyncClient, stand_in: ClerkStandIn, clock: FakeClock
) -> None:
    stand_in.add_user("user_new", "new@example.com", verified=False)
    headers = stand_in.bearer("user_new", now=clock(), azp=BASE_URL)

    assert (await visitor.post(PATH, headers=headers)).status_code == 422


async def test_tries_are_counted(
    visitor: httpx2.AsyncClient, ada: dict[str, str], clock: FakeClock
) -> None:
    wrong = {"Authorization": "Bearer a.b.c"}
    answers = [(await visitor.post(PATH, headers=wrong)).status_code for _ in range(30)]

    assert answers[:10] == [401] * 10
    assert answers[-1] == 429
    refused = await visitor.post(PATH, headers=ada)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    clock.advance(timedelta(hours=2))


async def test_the_pages_carry_clerk_and_its_policy_and_no_others_do(
    visitor: httpx2.AsyncClient, stand_in: ClerkStandIn, ada: dict[str, str]
) -> None:
    for path, mode in (
        ("/sign-in", "sign-in"),
        ("/sign-up", "sign-up"),
        ("/signed-out", "sign-out"),
    ):
        shown = await visitor.get(path, params={"next": "/inbox"})
        page = read(shown)
        assert page.one("#clerk")["data-mode"] == mode
        scripts = [one["src"] for one in page.all("script[src]")]
        assert "/static/vendor/clerk/clerk.browser.js" in scripts
        assert all(one.startswith("/") for one in scripts)
        key = page.one('script[src$="clerk.browser.js"]')["data-clerk-publishable-key"]
        assert key == stand_in.publishable_key
        policy = shown.headers["Content-Security-Policy"]
        assert f"script-src 'self' https://{stand_in.host} https://challenges" in policy
        assert "'unsafe-eval'" not in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy
        assert shown.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert page.one("noscript")
    for path in ("/", "/nothing"):
        assert "clerk" not in (await visitor.get(path)).headers["Content-Security-Policy"]
    await visitor.post(PATH, headers=ada)
    assert "clerk" not in (await visitor.get(KEYS)).headers["Content-Security-Policy"]


async def test_nobody_is_sent_to_another_site(visitor: httpx2.AsyncClient) -> None:
    for wanted, led in (("/inbox", "/inbox"), ("//evil.example", "/tasks"), ("/\\evil", "/tasks")):
        page = read(await visitor.get("/sign-in", params={"next": wanted}))
        assert page.one("#clerk")["data-next"] == led


async def test_signing_out_ends_ours_and_leads_to_the_end_of_theirs(
    visitor: httpx2.AsyncClient, ada: dict[str, str], sessions: Sessions
) -> None:
    await visitor.post(PATH, headers=ada)
    assert (await visitor.get("/signed-out")).headers["location"] == "/", "not by a mere link"

    done = await visitor.post("/sign-out")

    assert done.headers["location"] == "/signed-out"
    assert await begun(sessions) == []
    page = read(await visitor.get("/signed-out"))
    assert page.one("#clerk")["data-mode"] == "sign-out"
    assert "can’t be reached" in page.one('[data-clerk-problem="unreachable"]').text()


async def test_without_a_publishable_key_the_page_says_what_to_set(
    visitor: httpx2.AsyncClient, app: FastAPI, settings: Settings
) -> None:
    parts_of(app)[SETTINGS] = settings.model_copy(update={"clerk_publishable_key": ""})
    page = read(await visitor.get("/sign-in"))

    assert "CLERK_PUBLISHABLE_KEY is not set" in page.text()
    assert [one for one in page.all("script") if "clerk" in one.html] == []


async def test_without_clerk_there_is_no_such_way_in(
    app: FastAPI, settings: Settings, sessions: Sessions, clock: FakeClock, ada: dict[str, str]
) -> None:
    parts_of(app)[CLERK] = None
    plain = {"clerk_issuer": "", "clerk_publishable_key": ""}
    parts_of(app)[SETTINGS] = settings.model_copy(update=plain)
    async with open_browser(app) as browser:
        assert (await browser.post(PATH, headers=ada)).status_code == 404
        assert (await browser.get("/signed-out")).status_code == 303
        await sign_in(browser, sessions, "bob@example.com", clock)
        assert (await browser.post("/sign-out")).headers["location"] == "/"


async def test_the_account_is_clerks_where_clerk_keeps_it(
    visitor: httpx2.AsyncClient, ada: dict[str, str], sessions: Sessions
) -> None:
    path = "/settings/account"
    await visitor.post(PATH, headers=ada)
    page = read(await visitor.get(path))
    assert "Your account at Clerk stays" in page.text()
    assert page.all("input[type=password]") == []
    shown = await visitor.get(f"{path}/clerk")
    assert read(shown).one("#clerk")["data-mode"] == "profile"
    assert "img.clerk.com" in shown.headers["Content-Security-Policy"]
    typed = {"current": "", "password": "a good password 7"}
    assert (await visitor.post(f"{path}/password", data=typed)).status_code == 404

    done = await visitor.post(f"{path}/delete", data={"email": "ada@example.com"})

    assert done.headers["location"] == "/signed-out"
    assert await begun(sessions) == []
