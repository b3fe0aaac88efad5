"""Real databases for tests: SQLite always, PostgreSQL where TEST_POSTGRES names a server.

Each worker migrates one template; each test gets a copy of it, in milliseconds.
"""

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Identifier

from torale.server import migrations
from torale.server.config import Settings
from torale.server.database import connect_sync

POSTGRES = os.environ.get("TEST_POSTGRES", "")
ENGINES = ("sqlite", "postgresql") if POSTGRES else ("sqlite",)
SECRET = "a-secret-key-for-tests-0123456789"


def make_settings(folder: Path, url: str = "", /, **more: object) -> Settings:
    """Build settings as an operator would, blind to the environment of whoever runs the tests."""
    values = {"data_dir": folder, "database_url": url, "secret_key": SECRET, "search": "none"}
    unknown = set(more) - set(Settings.model_fields)
    assert not unknown, f"no such settings: {unknown}"
    return Settings.model_validate({**values, **more})


def migrate(settings: Settings) -> None:
    engine = connect_sync(settings)
    migrations.upgrade(engine)
    engine.dispose()


@contextmanager
def postgres_database(template: str | None = None) -> Generator[str]:
    """Make a database, hand out its address, drop it."""
    name = f"torale_{uuid4().hex[:12]}"
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        create = SQL("CREATE DATABASE {}").format(Identifier(name))
        if template:
            create += SQL(" TEMPLATE {}").format(Identifier(template))
        admin.execute(create)
    try:
        yield f"{POSTGRES}/{name}"
    finally:
        with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
            admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


class Templates:
    """The migrated templates of one test worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "sqlite"
        self._folder.mkdir()
        migrate(make_settings(self._folder))
        self.postgres: str | None = None

    @contextmanager
    def copy(self, engine: str, folder: Path, **more: object) -> Generator[Settings]:
        if engine == "sqlite":
            shutil.copy(self._folder / "torale.db", folder / "torale.db")
            yield make_settings(folder, **more)
            return
        assert self.postgres is not None
        with postgres_database(self.postgres) as url:
            yield make_settings(folder, url, **more)


@contextmanager
def templates(folder: Path) -> Generator[Templates]:
    made = Templates(folder)
    if not POSTGRES:
        yield made
        return
    with postgres_database() as url:
        migrate(make_settings(folder, url))
        made.postgres = url.rsplit("/", 1)[1]
        yield made
