"""Real databases for tests: SQLite always, PostgreSQL where TEST_POSTGRES names a server.

Each worker migrates one template of each engine. A test gets a copy of it, in milliseconds; those
on PostgreSQL are emptied and handed out again, as making one takes longer than most tests.
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
from torale.server.database import connect_sync
from torale.server.settings.base import Settings

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
def postgres_database() -> Generator[str]:
    """Make a database, hand out its address, drop it."""
    url = _create()
    try:
        yield url
    finally:
        _drop(url)


def _create(template: str | None = None) -> str:
    name = f"torale_{uuid4().hex[:12]}"
    create = SQL("CREATE DATABASE {}").format(Identifier(name))
    if template:
        create += SQL(" TEMPLATE {}").format(Identifier(_name(template)))
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(create)
    return f"{POSTGRES}/{name}"


def _drop(url: str) -> None:
    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as admin:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(_name(url))))


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]


def _shape(database: psycopg.Connection) -> str:
    """Tell databases apart whose tables and indexes are not the same ones."""
    found = database.execute(
        "SELECT md5(string_agg(concat_ws(' ', oid, relname, relnatts), ',' ORDER BY oid))"
        " FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    ).fetchone()
    assert found is not None
    return str(found[0])


def _empty(database: psycopg.Connection) -> None:
    """Take every row, and whoever is still connected, out of a database; its schema stays."""
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    rows = database.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'dbos')"
        " AND tablename NOT IN ('alembic_version', 'dbos_migrations')"
    )
    tables = [Identifier(*row) for row in rows.fetchall()]
    look = SQL("SELECT ARRAY[{}]").format(
        SQL(", ").join(SQL("EXISTS (SELECT FROM {})").format(table) for table in tables)
    )
    found = database.execute(look).fetchone()
    assert found is not None
    filled = [table for table, has_rows in zip(tables, found[0], strict=True) if has_rows]
    if filled:
        database.execute(SQL("TRUNCATE {} CASCADE").format(SQL(", ").join(filled)))


class Templates:
    """The migrated templates of one test worker."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "sqlite"
        self._folder.mkdir()
        migrate(make_settings(self._folder))
        self.postgres: str | None = None
        self._shape = ""
        self._made: list[str] = []
        self._unused: list[str] = []

    @contextmanager
    def copy(self, engine: str, folder: Path, **more: object) -> Generator[Settings]:
        if engine == "sqlite":
            shutil.copy(self._folder / "torale.db", folder / "torale.db")
            yield make_settings(folder, **more)
            return
        assert self.postgres is not None
        url = self._unused.pop() if self._unused else self._make(self.postgres)
        yield make_settings(folder, url, **more)
        with psycopg.connect(url) as database:
            if _shape(database) == self._shape:  # else the test changed the schema
                _empty(database)
                self._unused.append(url)

    def _make(self, template: str) -> str:
        if not self._shape:
            with psycopg.connect(template) as database:
                self._shape = _shape(database)
        url = _create(template)
        self._made.append(url)
        return url

    def drop(self) -> None:
        """Drop every copy."""
        for url in self._made:
            _drop(url)


@contextmanager
def templates(folder: Path) -> Generator[Templates]:
    made = Templates(folder)
    if not POSTGRES:
        yield made
        return
    with postgres_database() as url:
        migrate(make_settings(folder, url))
        made.postgres = url
        try:
            yield made
        finally:
            made.drop()
