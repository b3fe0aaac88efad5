from collections.abc import Iterator

import pytest

from tests.e2e.servers import Shop, open_shop
from tests.support.databases import ENGINES, postgres_database


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database: SQLite in the data folder, or one of PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    with postgres_database() as url:
        yield url


@pytest.fixture
def postgres_url() -> Iterator[str]:
    if "postgresql" not in ENGINES:
        pytest.skip("needs PostgreSQL")
    with postgres_database() as url:
        yield url
