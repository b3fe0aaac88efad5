"""What the models say and what the migrations build is the same schema, on both databases.

Alembic's own comparison does not see CHECK constraints; the catalogue does.
"""

import re
from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from uuid import uuid4

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from tests.support.databases import make_settings, postgres_database
from tests.support.fakes import FakeClock
from torale.server import migrations
from torale.server.auth.models import ApiKey, User
from torale.server.database import Base, connect_sync
from torale.server.settings.base import Settings

SERVER = Path(migrations.__file__).parent.parent
ROOMS = sorted(path.parent.name for path in SERVER.glob("*/models.py"))

POSTGRES_SHAPE = """
SELECT 'column', table_name, column_name, data_type, is_nullable,
       coalesce(character_maximum_length::text, ''), coalesce(column_default, '')
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'index', tablename, indexname, indexdef, '', '', ''
  FROM pg_indexes WHERE schemaname = 'public'
"""
SQLITE_SHAPE = "SELECT type, tbl_name, name, coalesce(sql, '') FROM sqlite_master"
OURS = "alembic_version"  # Alembic's own table is no model

Shape = set[tuple[str, ...]]


def clauses(sql: str) -> list[str]:
    """Split `CREATE … (a, b (c, d))` at its outer commas, whitespace evened out."""
    head, _, rest = " ".join(sql.split()).partition("(")
    parts, depth = [""], 0
    for letter in rest.rpartition(")")[0]:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [head, *(re.sub(r"\s+", " ", part).strip() for part in parts)]


def shape(engine: Engine) -> Shape:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            rows = connection.execute(text(POSTGRES_SHAPE)).all()
            return {tuple(row) for row in rows if row[1] != OURS}
        rows = connection.execute(text(SQLITE_SHAPE)).all()
    found: Shape = set()
    for kind, table, name, written in rows:
        sql = written.replace('"', "")  # SQLite quotes the name of a table that was renamed
        if table == OURS:
            continue
        if kind == "table":
            found |= {(kind, table, name, clause) for clause in clauses(sql)}
        else:
            found.add((kind, table, name, " ".join(sql.split())))
    return found


@contextmanager
def built_from_models(like: Settings, folder: Path) -> Generator[Engine]:
    for room in ROOMS:
        import_module(f"torale.server.{room}.models")
    if like.is_sqlite:
        folder.mkdir()
        engine = connect_sync(make_settings(folder))
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()
        return
    with postgres_database() as url:
        engine = connect_sync(make_settings(folder, url))
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()


@contextmanager
def opened(settings: Settings) -> Generator[Engine]:
    engine = connect_sync(settings)
    yield engine
    engine.dispose()


def test_the_newest_revision_is_the_head(settings: Settings) -> None:
    with opened(settings) as engine:
        scripts = ScriptDirectory.from_config(migrations.config(engine))

    assert migrations.newest() == scripts.get_current_head()


def test_models_and_migrations_build_the_same_schema(settings: Settings, tmp_path: Path) -> None:
    with opened(settings) as migrated, built_from_models(settings, tmp_path / "models") as wanted:
        built, said = shape(migrated), shape(wanted)

    assert sorted(built - said) == [], "the migrations build what no model says"
    assert sorted(said - built) == [], "no migration builds what the models say"


def test_migrating_again_changes_nothing(settings: Settings) -> None:
    with opened(settings) as engine:
        before = shape(engine)
        migrations.upgrade(engine)

        assert shape(engine) == before


def test_history_is_one_line_and_can_be_undone(settings: Settings) -> None:
    with opened(settings) as engine:
        config = migrations.config(engine)
        assert len(ScriptDirectory.from_config(config).get_heads()) == 1

        before = shape(engine)
        command.downgrade(config, "base")
        assert shape(engine) == set()
        command.upgrade(config, "head")

        assert shape(engine) == before


def test_a_table_that_is_copied_keeps_the_rows_that_belong_to_it(
    settings: Settings, clock: FakeClock
) -> None:
    now = clock()
    owner = User(id=uuid4(), email="alice@example.com", created_at=now, updated_at=now)
    key = ApiKey(
        user_id=owner.id, name="k", key_hash="0", key_prefix="sk_", scopes=[], created_at=now
    )
    with opened(settings) as engine:
        with Session(engine) as session, session.begin():
            session.add(owner)
            session.flush()
            session.add(key)

        command.downgrade(migrations.config(engine), "0005")  # copies `users` on SQLite

        with engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM api_keys")) == 1
