"""The link that makes the first admin."""

import asyncio

import httpx2
from fastapi import FastAPI
from sqlalchemy import func, select

from tests.server.dashboard.account.signing_up import FORM, KEYS, PASSWORD, is_signed_in, sign_up
from tests.support.fakes import FakeClock
from tests.support.pages import open_browser, read
from tests.support.post import Post
from torale.server.auth import service
from torale.server.auth.accounts import first_admin
from torale.server.auth.accounts.own_accounts import Accounts
from torale.server.auth.models import Role, User
from torale.server.database import Sessions


async def set_up_token(sessions: Sessions, accounts: Accounts, clock: FakeClock) -> str | None:
    async with sessions.begin() as session:
        return await first_admin.offer(session, accounts.proofs.vault, now=clock())


async def test_the_set_up_link_makes_the_first_admin_once(
    visitor: httpx2.AsyncClient,
    post: Post,
    accounts: Accounts,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    token = await set_up_token(sessions, accounts, clock)
    assert token
    assert token == await set_up_token(sessions, accounts, clock), "the same at each start"
    assert (await visitor.get("/setup/" + "0" * 64)).status_code == 404
    assert read(await visitor.get(f"/setup/{token}")).one("input[name=email]")
    assert (await visitor.post(f"/setup/{token}", data={**FORM, "password": ""})).status_code == 422

    done = await visitor.post(f"/setup/{token}", data=FORM)

    assert done.headers["location"] == "/tasks"
    assert 'href="/console"' in (await visitor.get(KEYS)).text
    assert (await visitor.get(f"/setup/{token}")).status_code == 404
    assert (await visitor.post(f"/setup/{token}", data=FORM)).status_code == 404
    assert await set_up_token(sessions, accounts, clock) is None


async def test_a_signed_in_user_becomes_the_admin_under_a_new_session(
    visitor: httpx2.AsyncClient,
    app: FastAPI,
    post: Post,
    accounts: Accounts,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    await sign_up(visitor, post)
    token = await set_up_token(sessions, accounts, clock)
    before = visitor.cookies["session"]
    async with open_browser(app) as other:
        taken = await other.post(f"/setup/{token}", data=FORM)
        assert "has an account" in read(taken).one(".err").text()

    await visitor.post(f"/setup/{token}")

    assert 'href="/console"' in (await visitor.get(KEYS)).text
    assert visitor.cookies["session"] != before
    async with open_browser(app, session=before) as older:
        assert not await is_signed_in(older)


async def test_of_twenty_set_ups_at_once_one_makes_an_admin(
    app: FastAPI, post: Post, accounts: Accounts, sessions: Sessions, clock: FakeClock
) -> None:
    token = await set_up_token(sessions, accounts, clock)

    async def try_it(number: int) -> int:
        form = {"email": f"operator{number}@example.com", "password": PASSWORD}
        async with open_browser(app) as browser:
            return (await browser.post(f"/setup/{token}", data=form)).status_code

    answers = await asyncio.gather(*(try_it(number) for number in range(20)))

    assert sorted(answers) == [303] + [404] * 19
    async with sessions() as session:
        admins = await session.scalars(select(User).where(User.role == Role.ADMIN))
        assert len(admins.all()) == 1
        assert await session.scalar(select(func.count()).select_from(User)) == 1


async def test_there_is_no_link_where_there_is_an_admin(
    app: FastAPI, accounts: Accounts, sessions: Sessions, clock: FakeClock
) -> None:
    token = await set_up_token(sessions, accounts, clock)
    async with sessions.begin() as session:
        await service.find_or_make_user(session, "op@example.com", is_admin=True, now=clock())

    async with open_browser(app) as browser:
        assert (await browser.get(f"/setup/{token}")).status_code == 404
        assert (await browser.post(f"/setup/{token}", data=FORM)).status_code == 404
    assert await set_up_token(sessions, accounts, clock) is None


async def test_nobody_becomes_an_admin_without_the_link(
    visitor: httpx2.AsyncClient, post: Post, sessions: Sessions
) -> None:
    await sign_up(visitor, post, {**FORM, "role": "admin", "is_admin": "1"})

    async with sessions() as session:
        assert (await session.scalars(select(User.role))).all() == [Role.USER]
