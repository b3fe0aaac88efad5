"""When and from where keys were used: in batches, exactly once whoever writes it."""

from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from tests.support.databases import make_settings
from tests.support.fakes import FakeClock
from tests.support.people import BASE_URL, Person
from torale.server.auth.key_uses import KEY_USES, MAX_ADDRESSES, KeyUses
from torale.server.auth.keys import KEYS
from torale.server.auth.models import ApiKey, ApiKeyAddress, AuditEvent
from torale.server.database import Sessions, connect, make_sessions
from torale.server.parts import parts_of

NEW_ADDRESS = "api_key.used_from_new_address"


async def use(app: FastAPI, person: Person, address: str) -> None:
    transport = httpx2.ASGITransport(app=app, client=(address, 4000))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        assert (await client.get("/auth/me", headers=person.headers)).status_code == 200


async def last_use(sessions: Sessions, person: Person) -> datetime | None:
    async with sessions() as session:
        return await session.scalar(select(ApiKey.last_used_at).where(ApiKey.id == person.key_id))


async def events(sessions: Sessions) -> list[dict[str, str]]:
    query = select(AuditEvent).where(AuditEvent.action == NEW_ADDRESS)
    async with sessions() as session:
        return [one.detail for one in await session.scalars(query.order_by(AuditEvent.created_at))]


async def test_a_request_writes_nothing(
    app: FastAPI, sessions: Sessions, person: Person, clock: FakeClock
) -> None:
    await use(app, person, "203.0.113.7")

    assert await last_use(sessions, person) is None
    await parts_of(app)[KEY_USES].write(sessions, now=clock.advance(timedelta(seconds=5)))
    assert await last_use(sessions, person) == clock() - timedelta(seconds=5)


async def test_an_older_use_never_replaces_a_newer_one(
    app: FastAPI, sessions: Sessions, person: Person, clock: FakeClock
) -> None:
    keys = parts_of(app)[KEYS]
    first, second = KeyUses(), KeyUses()
    owner = await keys.find_owner(person.key, now=clock())
    assert owner is not None
    first.note(owner, "203.0.113.7", now=clock())
    second.note(owner, "203.0.113.7", now=clock() + timedelta(seconds=30))

    await second.write(sessions, now=clock())
    await first.write(sessions, now=clock())

    assert await last_use(sessions, person) == clock() + timedelta(seconds=30)
    assert len(await events(sessions)) == 1, "of several processes the first tells"


async def test_what_could_not_be_written_is_written_later(
    app: FastAPI, sessions: Sessions, person: Person, clock: FakeClock, tmp_path: Path
) -> None:
    uses = parts_of(app)[KEY_USES]
    await use(app, person, "203.0.113.7")
    nowhere = connect(make_settings(tmp_path / "nowhere"))

    with pytest.raises(OperationalError):
        await uses.write(make_sessions(nowhere), now=clock())
    await nowhere.dispose()
    await uses.write(sessions, now=clock())

    assert await last_use(sessions, person) == clock()
    assert len(await events(sessions)) == 1


async def test_the_first_use_from_an_address_is_audited_once(
    app: FastAPI, sessions: Sessions, person: Person, clock: FakeClock
) -> None:
    for address in ("203.0.113.7", "2001:db8::1", "203.0.113.7", "2001:db8::2"):
        clock.advance(timedelta(seconds=1))
        await use(app, person, address)
        await parts_of(app)[KEY_USES].write(sessions, now=clock())
    parts_of(app)[KEY_USES] = KeyUses()  # another process
    await use(app, person, "203.0.113.7")
    await parts_of(app)[KEY_USES].write(sessions, now=clock())

    seen = await events(sessions)
    assert [one["address"] for one in seen] == ["203.0.113.7", "2001:db8::/64"]
    assert {one["key_id"] for one in seen} == {str(person.key_id)}
    assert not any(person.key in str(one) for one in seen)


async def test_a_key_that_is_used_from_everywhere_fills_no_table(
    app: FastAPI, sessions: Sessions, person: Person, clock: FakeClock
) -> None:
    uses = parts_of(app)[KEY_USES]
    owner = await parts_of(app)[KEYS].find_owner(person.key, now=clock())
    assert owner is not None
    for number in range(MAX_ADDRESSES + 20):
        uses.note(owner, f"203.0.113.{number}", now=clock())
    await uses.write(sessions, now=clock())

    async with sessions() as session:
        kept = await session.scalar(select(func.count()).select_from(ApiKeyAddress))
    assert kept == MAX_ADDRESSES
    assert len(await events(sessions)) == MAX_ADDRESSES
