"""Settings, account: what is kept, who is signed out, what is handed out, what is deleted."""

import json
import zlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, inspect, select

from tests.server.dashboard.account.signing_up import EMAIL, PASSWORD, is_signed_in, sign_up
from tests.server.dashboard.tasks.stored_tasks import HOSTILE, add_task
from tests.support.fakes import Accepted, FakeClock, FakeQueue
from tests.support.pages import open_browser, read, sign_in
from tests.support.post import Post
from torale.contract.channels import ChannelState, ChannelType, DeliveryStatus, EventType
from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.auth import service
from torale.server.auth.accounts.own_accounts import Accounts
from torale.server.auth.models import (
    ApiKey,
    AuditEvent,
    Identity,
    Role,
    User,
    UserSession,
)
from torale.server.crypto import VAULT
from torale.server.dashboard.account import account_page, export
from torale.server.database import Sessions
from torale.server.engine.base import JOB_QUEUE
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.notifications.channels.registry import SENDERS, make_senders
from torale.server.notifications.models import Channel, Delivery
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task

PATH = "/settings/account"
PROFILE = {"name": "Ada", "timezone": "Europe/Berlin", "theme": "dark"}


@pytest.fixture(autouse=True)
def whole(app: FastAPI, accounts: Accounts, settings: Settings, queue: FakeQueue) -> None:
    """Lay down what the account's page wants of the other rooms."""
    assert accounts  # of our own
    parts_of(app)[JOB_QUEUE] = queue
    parts_of(app)[SENDERS] = make_senders(settings, Accepted())


async def count(sessions: Sessions, model: type[Any]) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def told(browser: httpx2.AsyncClient) -> str:
    return read(await browser.get(PATH)).one("#toasts").text()


async def test_name_and_zone_are_the_users_and_the_theme_the_browsers(
    alice: httpx2.AsyncClient,
) -> None:
    page = read(await alice.get(PATH))
    assert page.one('input[name="theme"][checked]')["value"] == "auto"

    assert (await alice.post(PATH, data=PROFILE)).headers["location"] == PATH

    page = read(await alice.get(PATH))
    assert page.one("#f-name")["value"] == "Ada"
    assert page.one("option[selected]")["value"] == "Europe/Berlin"
    assert page.one("html")["data-theme"] == "dark"
    assert page.one("html")["data-zone"] == "Europe/Berlin"
    assert page.one('input[name="theme"][checked]')["value"] == "dark"
    assert "Ada" in page.one(".me").text()
    await alice.post(PATH, data={**PROFILE, "name": " ", "timezone": "", "theme": "<b>"})
    page = read(await alice.get(PATH))
    assert (page.one("#f-name")["value"], page.one("html")["data-theme"]) == ("", "auto")


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", "x" * 101),
        ("name", "a\u202eb"),
        ("name", "a\x00b"),
        ("timezone", "Europe/Atlantis"),
        ("timezone", "../../etc/passwd"),
    ],
)
async def test_what_will_not_do_is_told_beside_its_field(
    alice: httpx2.AsyncClient, field: str, value: str
) -> None:
    answer = await alice.post(PATH, data={**PROFILE, field: value})

    assert answer.status_code == 422
    assert read(answer).one(f"#f-{field}")["aria-invalid"] == "true"
    assert read(await alice.get(PATH)).one("#f-name")["value"] == ""


async def test_a_hostile_name_is_text(alice: httpx2.AsyncClient) -> None:
    await alice.post(PATH, data={**PROFILE, "name": HOSTILE})

    page = read(await alice.get(PATH))
    assert page.one("#f-name")["value"] == HOSTILE
    assert HOSTILE in page.one(".me").text()


async def test_browsers_are_listed_and_signed_out(
    app: FastAPI, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    async with open_browser(app) as phone, open_browser(app) as desk:
        for device in (phone, desk):
            await sign_in(device, sessions, "alice@example.com", clock)
        page = read(await alice.get(PATH))
        rows = page.all("tbody tr")
        assert len(rows) == 3
        assert sum("This browser" in row.text() for row in rows) == 1
        ends = [form["action"] for form in page.all("form[action$='/end']")]
        await alice.post(ends[1])
        assert [await is_signed_in(one) for one in (phone, desk)].count(True) == 1

        await alice.post(f"{PATH}/sessions/end")

        assert not await is_signed_in(phone)
        assert not await is_signed_in(desk)
    assert len(read(await alice.get(PATH)).all("tbody tr")) == 1


async def test_strangers_and_other_sites_change_nothing(
    alice: httpx2.AsyncClient,
    mallory: httpx2.AsyncClient,
    visitor: httpx2.AsyncClient,
    sessions: Sessions,
) -> None:
    async with sessions() as session:
        query = select(UserSession.id).join(User, User.id == UserSession.user_id)
        theirs = await session.scalar(query.where(User.email == "alice@example.com"))
    assert (await mallory.post(f"{PATH}/sessions/{theirs}/end")).status_code == 404
    assert await is_signed_in(alice)
    actions = (PATH, f"{PATH}/sessions/end", f"{PATH}/password", f"{PATH}/delete")
    typed = {**PROFILE, "email": "alice@example.com", "password": PASSWORD}
    for action in actions:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            assert (await alice.post(action, data=typed, headers=headers)).status_code == 403
        assert "/sign-in" in (await visitor.post(action, data=typed)).headers["location"]
    for path in (PATH, f"{PATH}/export"):
        assert "/sign-in" in (await visitor.get(path)).headers["location"]
    assert await count(sessions, User) == 2


async def test_a_new_password_ends_the_other_sessions(
    app: FastAPI, visitor: httpx2.AsyncClient, post: Post
) -> None:
    await sign_up(visitor, post)
    before = visitor.cookies["session"]
    new = {"current": PASSWORD, "password": "another good one 7"}
    async with open_browser(app) as phone:
        await phone.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        for wrong in ({"current": "not this one"}, {"password": "short"}, {"current": ""}):
            refused = await visitor.post(f"{PATH}/password", data={**new, **wrong})
            assert refused.status_code == 422
            assert read(refused).one("[aria-invalid]")
        assert await is_signed_in(phone)

        done = await visitor.post(f"{PATH}/password", data=new)

        assert done.headers["location"] == PATH
        assert visitor.cookies["session"] != before
        assert await is_signed_in(visitor)
        assert not await is_signed_in(phone)
        await phone.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
        assert not await is_signed_in(phone), "the old password"
        await phone.post("/sign-in", data={"email": EMAIL, "password": new["password"]})
        assert await is_signed_in(phone)


async def test_the_current_password_cannot_be_guessed_from_a_stolen_session(
    visitor: httpx2.AsyncClient, post: Post
) -> None:
    await sign_up(visitor, post)
    guesses = [
        await visitor.post(f"{PATH}/password", data={"current": f"{n}", "password": PASSWORD})
        for n in range(12)
    ]

    assert guesses[-1].status_code == 429
    assert "too many tries" in read(guesses[-1]).text()


async def test_the_last_way_in_stays(
    alice: httpx2.AsyncClient,
    mallory: httpx2.AsyncClient,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    async with sessions.begin() as session:
        user = await service.find_or_make_user(session, "alice@example.com", now=clock())
        for key in ("google", "github"):
            session.add(
                Identity(user_id=user.id, provider=key, subject="1", email=None, created_at=clock())
            )
    page = read(await alice.get(PATH))
    ends = [form["action"] for form in page.all("form[action$='/disconnect']")]
    assert len(ends) == 2
    assert (await mallory.post(ends[0])).status_code == 404

    await alice.post(ends[0])
    assert "is disconnected" in await told(alice)
    await alice.post(ends[1])
    assert "only way in" in await told(alice)
    assert await count(sessions, Identity) == 1
    # Whoever signed in just now may set a password without an old one; then the other can go.
    clock.advance(account_page.RECENT + timedelta(seconds=1))
    late = await alice.post(f"{PATH}/password", data={"password": PASSWORD})
    assert late.status_code == 422
    await sign_in(alice, sessions, "alice@example.com", clock)
    await alice.post(f"{PATH}/password", data={"password": PASSWORD})
    await alice.post(ends[1])
    assert await count(sessions, Identity) == 0


async def fill(sessions: Sessions, user_id: UUID, clock: FakeClock, app: FastAPI) -> str:
    """Give a user one of each; answers the plain text of the key."""
    task_id = await add_task(sessions, user_id, clock, HOSTILE)
    async with sessions.begin() as session:
        _, plain = await service.create_key(session, user_id, "home", [], None, clock())
        seal = parts_of(app)[VAULT].seal
        channel = Channel(
            user_id=user_id,
            type=ChannelType.WEBHOOK,
            name="hook",
            target_sealed=seal("https://hooks.example/torale"),
            target_digest="0" * 64,
            secret_sealed=seal("whsec_secret"),
            state=ChannelState.ACTIVE,
            created_at=clock(),
        )
        execution = Execution(
            task_id=task_id,
            trigger=Trigger.MANUAL,
            job_id=str(task_id),
            status=ExecutionStatus.SUCCESS,
            completed_at=clock(),
            condition_met=True,
            grounding_sources=[],
            created_at=clock(),
        )
        session.add_all([channel, execution])
        await session.flush()
        sha = f"{user_id.int % 10**9:064}"
        session.add(
            EvidenceText(
                sha256=sha, compressed=zlib.compress(b"It costs 5 \xe2\x82\xac."), seen_at=clock()
            )
        )
        session.add(
            EvidenceDocument(
                execution_id=execution.id,
                position=0,
                sha256=sha,
                uri="https://shop.example/",
                title="Shop",
                kind="page",
                fetched_at=clock(),
                truncated=False,
            )
        )
        session.add(
            Delivery(
                user_id=user_id,
                task_id=task_id,
                execution_id=execution.id,
                channel_id=channel.id,
                event=EventType.CONDITION_MET,
                data={},
                status=DeliveryStatus.DELIVERED,
                created_at=clock(),
            )
        )
    return plain


async def test_all_that_is_somebodys_is_handed_out_and_nothing_of_others(
    app: FastAPI,
    alice: httpx2.AsyncClient,
    mallory: httpx2.AsyncClient,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    async with sessions() as session:
        ids = {one.email: one.id for one in await session.scalars(select(User))}
    plain = await fill(sessions, ids["alice@example.com"], clock, app)
    await fill(sessions, ids["mallory@example.com"], clock, app)

    answer = await alice.get(f"{PATH}/export")

    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    found = json.loads(answer.text)
    assert found["user"][0]["email"] == "alice@example.com"
    for name in ("sessions", "api_keys", "tasks", "executions", "notifications", "channels"):
        assert len(found[name]) == 1, name
    assert found["tasks"][0]["name"] == HOSTILE
    assert found["evidence"][0]["text"] == "It costs 5 €."
    assert found["audit"][0]["action"] == "api_key.created"
    for secret in (plain, "whsec_secret", "key_hash", "token_hash", "sealed", "mallory"):
        assert secret not in answer.text


async def test_an_export_of_many_has_each_once(
    alice: httpx2.AsyncClient,
    sessions: Sessions,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(export, "PAGE", 2)
    async with sessions() as session:
        (user_id,) = await session.scalars(select(User.id))
    names = {f"Task {number}" for number in range(5)}
    for name in names:
        await add_task(sessions, user_id, clock, name)

    found = json.loads((await alice.get(f"{PATH}/export")).text)

    assert sorted(one["name"] for one in found["tasks"]) == sorted(names)


async def test_each_column_is_handed_out_or_withheld_on_purpose() -> None:
    withheld = {
        "user_id",  # the one whose document it is
        "key_hash",
        "token_hash",
        "provider_session",
        # Of our own works, rebuilt from what is there.
        *("settled", "unconfirmed_since", "last_execution", "trouble_streak", "trouble_told"),
        *("chain_length", "chain_head", "chain_forgotten", "chain_anchor", "skipped_ticks"),
        *("state_changed_at", "job_id", "takeovers", "asked", "trace", "trail_sha256"),
        "next_attempt_at",
    }
    for model, names in export.EXPORTED.items():
        columns = {one.key for one in inspect(model).column_attrs}
        exported = set(names.split())
        assert exported <= columns, model
        assert columns - exported - withheld == set(), model


async def test_an_account_goes_with_all_that_is_in_it(
    app: FastAPI,
    alice: httpx2.AsyncClient,
    mallory: httpx2.AsyncClient,
    sessions: Sessions,
    clock: FakeClock,
) -> None:
    async with sessions() as session:
        ids = {one.email: one.id for one in await session.scalars(select(User))}
    for user_id in ids.values():
        await fill(sessions, user_id, clock, app)
    wrong = await alice.post(f"{PATH}/delete", data={"email": "mallory@example.com"})
    assert wrong.status_code == 422
    assert "to confirm" in read(wrong).one(".err").text()

    done = await alice.post(f"{PATH}/delete", data={"email": " Alice@example.com "})

    assert done.headers["location"] == "/"
    assert not await is_signed_in(alice)
    assert await is_signed_in(mallory)
    for model in (User, UserSession, ApiKey, Task, Execution, EvidenceDocument, Channel, Delivery):
        assert await count(sessions, model) == 1, model
    async with sessions() as session:
        query = select(AuditEvent).where(AuditEvent.action == "account.deleted")
        (event,) = await session.scalars(query)
    assert (event.user_id, event.detail) == (ids["alice@example.com"], {})


async def test_deleting_needs_a_fresh_sign_in(
    alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    clock.advance(account_page.RECENT + timedelta(seconds=1))
    refused = await alice.post(f"{PATH}/delete", data={"email": "alice@example.com"})

    assert refused.status_code == 422
    assert "Sign out and in again" in read(refused).text()
    assert await count(sessions, User) == 1


async def test_the_last_admin_stays(
    admin: httpx2.AsyncClient, alice: httpx2.AsyncClient, sessions: Sessions, clock: FakeClock
) -> None:
    typed = {"email": "admin@example.com"}
    refused = await admin.post(f"{PATH}/delete", data=typed)
    assert refused.status_code == 422
    assert "only admin" in read(refused).text()
    async with sessions.begin() as session:
        user = await service.find_or_make_user(
            session, "alice@example.com", is_admin=True, now=clock()
        )
        assert user.role is Role.ADMIN
    assert (await admin.post(f"{PATH}/delete", data=typed)).status_code == 303
    assert await count(sessions, User) == 1
