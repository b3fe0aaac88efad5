"""Own accounts as people meet them: pages, mails, sessions."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from tests.server.dashboard.account.signing_up import (
    EMAIL,
    FORM,
    KEYS,
    PASSWORD,
    is_signed_in,
    sign_up,
)
from tests.support.databases import ENGINES, Templates
from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read
from tests.support.post import Post
from torale.server.auth import service
from torale.server.auth.accounts import sessions as browser_sessions
from torale.server.auth.accounts.proofs import CODE_LIVES, LINK_LIVES, MAX_TRIES
from torale.server.auth.models import Password, Proof, Role, User, UserSession, UserState
from torale.server.database import Sessions
from torale.server.parts import parts_of
from torale.server.settings.base import SETTINGS, Settings


@pytest.fixture(params=ENGINES[:1])
def settings(
    request: pytest.FixtureRequest, database_templates: Templates, tmp_path: Path
) -> Iterator[Settings]:
    """SQLite alone: what the databases do differently is tried in `test_set_up`."""
    with database_templates.copy(request.param, tmp_path) as made:
        yield made


async def test_signing_up_takes_the_code_that_was_mailed(
    visitor: httpx2.AsyncClient, post: Post
) -> None:
    form = read(await visitor.get("/sign-up?next=/new"))
    assert form.one("input[name=next]")["value"] == "/new"
    asked = await visitor.post("/sign-up", data={**FORM, "next": "/new"})
    where = asked.headers["location"]
    assert read(await visitor.get(where)).one("input[name=code]")
    assert not await is_signed_in(visitor)
    code = await post.code(EMAIL)

    done = await visitor.post(where, data={"code": f" {code[:3]} {code[3:]} ", "next": "/new"})

    assert done.headers["location"] == "/new"
    assert await is_signed_in(visitor)
    assert "bob@example.com" in (await visitor.get(KEYS)).text


async def test_a_code_works_once(visitor: httpx2.AsyncClient, app: FastAPI, post: Post) -> None:
    asked = await visitor.post("/sign-up", data=FORM)
    where, code = asked.headers["location"], await post.code(EMAIL)
    await visitor.post(where, data={"code": code})

    async with open_browser(app) as other:
        again = await other.post(where, data={"code": code})

        assert again.status_code == 422
        assert not await is_signed_in(other)


async def test_a_code_bears_five_tries(visitor: httpx2.AsyncClient, post: Post) -> None:
    asked = await visitor.post("/sign-up", data=FORM)
    where, code = asked.headers["location"], await post.code(EMAIL)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(MAX_TRIES):
        refused = await visitor.post(where, data={"code": wrong})
        assert refused.status_code == 422
        assert "not the code" in read(refused).one(".err").text()

    late = await visitor.post(where, data={"code": code})

    assert "is over" in read(late).one(".err").text()
    assert not await is_signed_in(visitor)


async def test_a_code_lasts_a_quarter_of_an_hour(
    visitor: httpx2.AsyncClient, post: Post, clock: FakeClock
) -> None:
    asked = await visitor.post("/sign-up", data=FORM)
    code = await post.code(EMAIL)
    clock.advance(CODE_LIVES)

    late = await visitor.post(asked.headers["location"], data={"code": code})
    again = await visitor.post(f"{asked.headers['location']}/again")
    done = await visitor.post(again.headers["location"], data={"code": await post.code(EMAIL)})

    assert late.status_code == 422
    assert done.headers["location"] == "/tasks"


async def test_a_known_address_is_answered_like_an_unknown_one(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post, sessions: Sessions
) -> None:
    await sign_up(visitor, post)
    async with open_browser(app) as stranger:
        known = await stranger.post("/sign-up", data={**FORM, "password": "mallory's own one"})
        fresh = await stranger.post("/sign-up", data={**FORM, "email": "new@example.com"})
        pages = [read(await stranger.get(one.headers["location"])) for one in (known, fresh)]
        (told,) = await post.texts(EMAIL)
        guess = await stranger.post(known.headers["location"], data={"code": "123456"})
        forgot_known = await stranger.post("/forgot", data={"email": EMAIL})
        forgot_fresh = await stranger.post("/forgot", data={"email": "b0b@example.com"})
        wrong = await stranger.post("/sign-in", data={**FORM, "password": "wrong but long"})
        nobody = await stranger.post("/sign-in", data={**FORM, "email": "b0b@example.com"})

        assert known.status_code == fresh.status_code == 303
        assert pages[0].one("main").text() == pages[1].one("main").text()
        assert "account already" in told
        assert "not the code" in guess.text
        assert not await is_signed_in(stranger)
    assert forgot_known.text.replace(EMAIL, "") == forgot_fresh.text.replace("b0b@example.com", "")
    assert (wrong.status_code, nobody.status_code) == (422, 422)
    assert wrong.text.replace(EMAIL, "") == nobody.text.replace("b0b@example.com", "")
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 1
    assert await post.texts("b0b@example.com") == []


@pytest.mark.parametrize(
    "form",
    [
        {"email": "no address", "password": PASSWORD},
        {"email": "", "password": PASSWORD},
        {"email": f"{'a' * 250}@example.com", "password": PASSWORD},
        {"email": "bob\x00@example.com", "password": PASSWORD},
        {"email": EMAIL, "password": ""},
        {"email": EMAIL, "password": "123456789"},
        {"email": EMAIL, "password": "a" * 257},
        {"email": EMAIL, "password": "a" * 20},
        {"email": EMAIL, "password": EMAIL},
    ],
    ids=str,
)
async def test_what_will_not_do_is_told_beside_its_field(
    visitor: httpx2.AsyncClient, post: Post, form: dict[str, str]
) -> None:
    refused = await visitor.post("/sign-up", data=form)

    assert refused.status_code == 422
    page = read(refused)
    assert page.one(f"#{page.one('[aria-invalid]')['aria-describedby']}").text()
    assert form["password"] not in refused.text or form["password"] in {"", EMAIL}
    assert await post.texts(form["email"]) == []


@pytest.mark.parametrize(
    "password", ["ħéllø wörld ñ 日本語", " leading and trailing ", "x" * 255 + "y"]
)
async def test_any_password_works_to_its_last_character(
    visitor: httpx2.AsyncClient, post: Post, password: str
) -> None:
    await sign_up(visitor, post, {"email": EMAIL, "password": password})
    await visitor.post("/sign-out")
    assert not await is_signed_in(visitor)

    short = await visitor.post("/sign-in", data={"email": EMAIL, "password": password[:-1]})
    assert short.status_code == 422
    right = await visitor.post(
        "/sign-in", data={"email": " BOB@Example.com ", "password": password}
    )
    assert right.status_code == 303
    assert await is_signed_in(visitor)


async def test_signing_in_leads_on_but_never_elsewhere(
    visitor: httpx2.AsyncClient, post: Post
) -> None:
    await sign_up(visitor, post)
    for wanted, led in [("/new?a=1", "/new?a=1"), ("//evil.example", "/tasks"), ("", "/tasks")]:
        await visitor.post("/sign-out")
        done = await visitor.post("/sign-in", data={**FORM, "next": wanted})
        assert done.headers["location"] == led
    assert (await visitor.get("/sign-in?next=/new")).headers["location"] == "/new"


async def test_a_session_is_new_at_every_sign_in(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post, sessions: Sessions
) -> None:
    await sign_up(visitor, post)
    planted = visitor.cookies["session"]
    async with open_browser(app, session=planted) as victim:
        # Somebody planted their own session in this browser before its user signs in.
        done = await victim.post("/sign-in", data=FORM)
        fresh = re.search(r"session=([\w-]{43})", done.headers["set-cookie"])
        assert fresh
        assert fresh[1] != planted

    assert not await is_signed_in(visitor), "the planted session ended"
    async with open_browser(app, session="A" * 43) as attacker:
        await attacker.post("/sign-in", data=FORM)
        async with open_browser(app, session="A" * 43) as other:
            assert not await is_signed_in(other), "what the browser says is never adopted"
    async with sessions() as session:
        hashes = (await session.scalars(select(UserSession.token_hash))).all()
    assert fresh[1] not in hashes


async def test_the_cookie_is_kept_from_scripts_and_other_sites(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post
) -> None:
    await sign_up(visitor, post)
    plain = await visitor.post("/sign-in", data=FORM)
    async with open_browser(app, "https://torale.example") as browser:
        secure = await browser.post("/sign-in", data=FORM)

    cookie = plain.headers["set-cookie"]
    assert cookie.startswith("session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    cookie = secure.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_signing_out_ends_the_session(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post
) -> None:
    await sign_up(visitor, post)
    token = visitor.cookies["session"]

    done = await visitor.post("/sign-out")

    assert done.headers["location"] == "/"
    async with open_browser(app, session=token) as thief:
        assert not await is_signed_in(thief)
    assert (await visitor.get("/sign-out")).status_code in {404, 405}, "no GET changes anything"


async def test_a_reset_ends_old_sessions_and_old_links(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post
) -> None:
    await sign_up(visitor, post)
    async with open_browser(app) as owner:
        await owner.post("/forgot", data={"email": EMAIL})
        older = await post.link(EMAIL)
        await owner.post("/forgot", data={"email": EMAIL})
        link = await post.link(EMAIL)
        form = read(await owner.get(link))
        assert form.one("input[name=password]")["autocomplete"] == "new-password"
        weak = await owner.post(link, data={"password": "short"})
        assert weak.status_code == 422

        done = await owner.post(link, data={"password": "another long one"})

        assert done.headers["location"] == "/tasks"
        assert await is_signed_in(owner)
        assert not await is_signed_in(visitor), "old sessions ended"
        for used in (link, older):
            assert (await owner.get(used)).status_code == 404
            again = await owner.post(used, data={"password": "a third long one"})
            assert again.status_code == 404
    assert (await visitor.post("/sign-in", data=FORM)).status_code == 422
    assert (
        await visitor.post("/sign-in", data={**FORM, "password": "another long one"})
    ).status_code == 303


async def test_a_link_lasts_an_hour(
    visitor: httpx2.AsyncClient, post: Post, clock: FakeClock
) -> None:
    await sign_up(visitor, post)
    await visitor.post("/forgot", data={"email": EMAIL})
    link = await post.link(EMAIL)
    clock.advance(LINK_LIVES)

    assert (await visitor.get(link)).status_code == 404
    assert (await visitor.post(link, data={"password": PASSWORD})).status_code == 404
    assert (await visitor.get("/reset/" + "0" * 64)).status_code == 404


async def test_no_secret_is_in_the_database(
    visitor: httpx2.AsyncClient, post: Post, sessions: Sessions
) -> None:
    asked = await visitor.post("/sign-up", data=FORM)
    code = await post.code(EMAIL)
    await visitor.post("/forgot", data={"email": EMAIL})
    async with sessions() as session:
        proofs = (await session.scalars(select(Proof))).all()
        kept = " ".join(str(value) for proof in proofs for value in vars(proof).values())
    await visitor.post(asked.headers["location"], data={"code": code})
    async with sessions() as session:
        password = (await session.scalars(select(Password))).one()

    assert code not in kept
    assert PASSWORD not in kept
    assert password.hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_user_of_the_operator_is_claimed_by_proving_the_address(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post, sessions: Sessions, clock: FakeClock
) -> None:
    async with sessions.begin() as session:
        made = await service.find_or_make_user(session, "Bob@example.com", now=clock())
        made_id = made.id
    asked = await visitor.post("/sign-up", data=FORM)
    before = await visitor.post("/sign-in", data=FORM)
    assert before.status_code == 422, "a password counts only when the address is proven"

    await visitor.post(asked.headers["location"], data={"code": await post.code(EMAIL)})

    async with sessions() as session:
        users = (await session.scalars(select(User))).all()
    assert [(user.id, user.role) for user in users] == [(made_id, Role.USER)]
    assert await is_signed_in(visitor)


async def test_a_deactivated_user_is_out_at_once_and_stays_out(
    visitor: httpx2.AsyncClient, post: Post, sessions: Sessions
) -> None:
    await sign_up(visitor, post)
    async with sessions.begin() as session:
        await session.execute(update(User).values(state=UserState.INACTIVE))

    assert not await is_signed_in(visitor)
    assert (await visitor.post("/sign-in", data=FORM)).status_code == 422
    await visitor.post("/forgot", data={"email": EMAIL})
    assert await post.texts(EMAIL) == []


async def test_guessing_is_throttled_by_client_and_by_address(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post, clock: FakeClock
) -> None:
    await sign_up(visitor, post)
    await visitor.post("/sign-out")
    clock.advance(timedelta(hours=1))
    answers = [
        await visitor.post("/sign-in", data={**FORM, "password": f"wrong password {number}"})
        for number in range(11)
    ]
    right = await visitor.post("/sign-in", data=FORM)
    other = await visitor.post("/sign-in", data={**FORM, "email": "other@example.com"})

    assert [one.status_code for one in answers] == [422] * 10 + [429]
    assert right.status_code == 429, "the right password is no way around it"
    assert "Try again in 15 minutes" in read(right).one("[role=alert]").text()
    assert int(right.headers["Retry-After"]) <= 15 * 60
    assert other.status_code == 422, "another address is still open to this client"
    clock.advance(timedelta(minutes=15))
    assert (await visitor.post("/sign-in", data=FORM)).status_code == 303


async def test_mails_to_one_address_are_bounded(
    visitor: httpx2.AsyncClient, post: Post, clock: FakeClock
) -> None:
    answers: list[int] = []
    for _ in range(6):
        answers.append((await visitor.post("/sign-up", data=FORM)).status_code)
        clock.advance(timedelta(minutes=1))

    assert answers == [303] * 5 + [429]
    assert len(await post.texts(EMAIL)) == 5


async def test_with_clerk_there_are_no_own_accounts(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post, settings: Settings
) -> None:
    parts_of(app)[SETTINGS] = settings.model_copy(
        update={"clerk_issuer": "https://clerk.example.com"}
    )

    assert read(await visitor.get("/sign-in")).one("#clerk")["data-mode"] == "sign-in"
    assert read(await visitor.get("/sign-up")).one("#clerk")["data-mode"] == "sign-up"
    for path in ("/sign-in", "/sign-up", "/forgot", "/setup/x", "/reset/x"):
        assert (await visitor.post(path, data=FORM)).status_code == 404, path


async def test_sessions_are_listed_and_ended(
    visitor: httpx2.AsyncClient, app: FastAPI, post: Post, sessions: Sessions, clock: FakeClock
) -> None:
    await sign_up(visitor, post)
    async with open_browser(app) as phone:
        await phone.post("/sign-in", data=FORM, headers={"User-Agent": "Safari/1 (iPhone)"})
        async with sessions.begin() as session:
            user = (await session.scalars(select(User))).one()
            listed = await browser_sessions.of_user(session, user.id, now=clock())
            by_agent = {one.agent: one.id for one in listed}
            assert set(by_agent) == {"Firefox on Linux", "Safari on iPhone"}
            stranger = by_agent["Safari on iPhone"]
            assert not await browser_sessions.end(session, stranger, stranger), "of another user"
            assert await browser_sessions.end(session, user.id, stranger)
        assert not await is_signed_in(phone)
        await phone.post("/sign-in", data=FORM)
        async with sessions.begin() as session:
            await browser_sessions.end_all(session, user.id, but=by_agent["Firefox on Linux"])
        assert not await is_signed_in(phone)
    assert await is_signed_in(visitor)
