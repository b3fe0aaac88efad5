"""The ground that all tests stand on: a clock, real databases."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest
from redis import Redis
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.databases import ENGINES, Templates, templates
from tests.support.fakes import FakeClock
from tests.support.redis import REDIS
from torale.server.database import Sessions, connect, make_sessions
from torale.server.settings.base import Settings

HERE = Path(__file__).parent

# A busy machine stalls any example for longer than the 200 ms that Hypothesis allows by default.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with those that start processes and browsers: a long test ends the run late else."""
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in {"e2e", "browser"})


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def database_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with templates(tmp_path_factory.mktemp("templates")) as made:
        yield made


@pytest.fixture(params=ENGINES)
def settings(
    request: pytest.FixtureRequest, database_templates: Templates, tmp_path: Path
) -> Iterator[Settings]:
    """Settings of a server on a fresh, migrated database: each test runs on both engines."""
    with database_templates.copy(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def redis_url(worker_id: str) -> str:
    """An empty database of Redis, of this test worker alone."""
    if not REDIS:
        pytest.skip("needs Redis")
    number = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    url = f"{REDIS}/{number % 16}"
    with Redis.from_url(url) as emptied:
        emptied.flushdb()
    return url


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def sessions(settings: Settings) -> AsyncIterator[Sessions]:
    engine = connect(settings)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """A session to look with; what it changes is undone."""
    async with sessions() as session:
        yield session
