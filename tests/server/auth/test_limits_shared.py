"""Two servers on one PostgreSQL and one Redis keep one promise."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx2
import pytest

from tests.support.databases import ENGINES, Templates
from tests.support.fakes import FakeClock
from tests.support.people import BASE_URL, GENEROUS, make_person
from torale.server.app import create_app
from torale.server.clock import utc_now
from torale.server.limits import LimitPolicies
from torale.server.settings.base import Settings
from torale.server.worker import Service

ME = "/auth/me"


@dataclass
class Front:
    """A server of its own, without loops: nothing is shared but the databases."""

    service: Service
    client: httpx2.AsyncClient


@asynccontextmanager
async def open_front(settings: Settings, policies: LimitPolicies | None) -> AsyncGenerator[Front]:
    service = Service(settings, kind="serve", executes=False, policies=policies)
    transport = httpx2.ASGITransport(app=create_app(service))
    async with httpx2.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        yield Front(service, client)
    await service.stop()


@pytest.fixture
def shared_settings(
    database_templates: Templates, tmp_path: Path, redis_url: str
) -> Iterator[Settings]:
    if "postgresql" not in ENGINES:
        pytest.skip("needs PostgreSQL")
    with database_templates.copy("postgresql", tmp_path, redis_url=redis_url) as made:
        yield made


@asynccontextmanager
async def two(
    settings: Settings, policies: LimitPolicies | None = None
) -> AsyncGenerator[tuple[Front, Front]]:
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(open_front(settings, policies)) for _ in range(2)
        ]
        yield one, other


async def test_150_requests_at_once_over_two_servers_admit_exactly_100(
    shared_settings: Settings,
) -> None:
    async with two(shared_settings) as fronts:
        person = await make_person(
            fronts[0].service.sessions, "a@example.com", FakeClock(utc_now())
        )

        answers = await asyncio.gather(
            *(fronts[n % 2].client.get(ME, headers=person.headers) for n in range(150))
        )

    statuses = [one.status_code for one in answers]
    assert statuses.count(HTTPStatus.OK) == 100
    assert statuses.count(HTTPStatus.TOO_MANY_REQUESTS) == 50
    left = sorted(int(one.headers["X-RateLimit-Remaining"]) for one in answers)
    assert left == [0] * 50 + list(range(100)), "each got its own place"


async def test_a_revoked_key_fails_on_the_other_server_at_the_first_try(
    shared_settings: Settings,
) -> None:
    failed = 0
    async with two(shared_settings, GENEROUS) as (one, other):
        for number in range(100):
            email = f"user-{number}@example.com"
            person = await make_person(one.service.sessions, email, FakeClock(utc_now()))
            used = await other.client.get(ME, headers=person.headers)
            assert used.status_code == HTTPStatus.OK
            revoked = await one.client.delete(
                f"/auth/api-keys/{person.key_id}", headers=person.headers
            )
            assert revoked.status_code == HTTPStatus.OK
            answer = await other.client.get(ME, headers=person.headers)
            failed += answer.status_code == HTTPStatus.UNAUTHORIZED

    assert failed == 100
