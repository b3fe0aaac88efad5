"""The one database: SQLite by default, PostgreSQL past one machine. Same tables, same code."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import (
    TIMESTAMP,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    MetaData,
    String,
    TypeDecorator,
    create_engine,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import greenlet_spawn

from torale.server.parts import Part
from torale.server.settings.base import Settings

BUSY_TIMEOUT_MILLISECONDS = 15_000
READER_TIMEOUT_MILLISECONDS = 500  # nothing else goes on meanwhile


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC. SQLite has no such type: there it is stored naive."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value}")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  (SQLAlchemy's signature)
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(members: type[StrEnum]) -> list[str]:
    return [member.value for member in members]


def words(kind: type[StrEnum], length: int = 20) -> Enum:
    """Return the column type of a StrEnum: its values as plain text, readable by anybody."""
    return Enum(
        kind,
        native_enum=False,
        length=length,
        values_callable=_values,
        validate_strings=True,
    )


def is_one_of(column: str, kind: type[StrEnum]) -> str:
    """Return the condition of a CHECK that holds a column to the values of a StrEnum."""
    return f"{column} IN ({', '.join(repr(value) for value in _values(kind))})"


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it as a class attribute)
        datetime: UtcDateTime(),
        str: String(),
    }


Sessions = async_sessionmaker[AsyncSession]
SESSIONS = Part[Sessions]("sessions")


def _prepare_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver must not open transactions by itself: `_begin_immediate` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _prepare_sqlite_reader(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {READER_TIMEOUT_MILLISECONDS}")
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    # A read that later writes could not upgrade its lock: "database is locked" without waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _give_back_the_lock(
    connection: DBAPIConnection, _: ConnectionPoolEntry, __: BaseException | None
) -> None:
    # A request that is cancelled in the middle of a statement loses its connection; closed with
    # that statement unfinished, SQLite would keep the write lock while anybody refers to it.
    connection.rollback()


def _hook(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
        event.listen(engine, "invalidate", _give_back_the_lock)
    return engine


def sync_url(settings: Settings) -> str:
    """Return the address for drivers that block: migrations and the engine."""
    if settings.is_sqlite:
        return f"sqlite:///{settings.data_dir / 'torale.db'}"
    return settings.database_url.replace("postgresql://", "postgresql+psycopg://", 1)


def connect(settings: Settings) -> AsyncEngine:
    """Open the pool that requests and jobs use. Nothing is dialled yet."""
    url = sync_url(settings).replace("sqlite:///", "sqlite+aiosqlite:///", 1)
    if settings.is_sqlite:
        # Every transaction takes the write lock, so a second connection would only sleep until
        # the first is done: waiting for the connection itself is fair and wakes at once.
        engine = create_async_engine(url, pool_size=1, max_overflow=0)
    else:
        engine = create_async_engine(url, pool_size=10, max_overflow=10, pool_pre_ping=True)
    _hook(engine.sync_engine)
    return engine


class SingleReads:
    """Runs single statements that only look, each of which is a transaction of its own.

    They cost what the statement costs: no BEGIN, no COMMIT, no ping ahead.
    """

    def __init__(self, engine: AsyncEngine | Engine) -> None:
        """Take an engine; one that blocks is for SQLite alone."""
        self._engine = engine

    async def one_or_none(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> Sequence[Any] | None:
        """Return the one row that `statement` finds, if it finds any."""
        try:
            return await self._one_or_none(statement, values)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # Without pings a server that was restarted shows only now; all its connections are
            # gone from the pool by this.
            return await self._one_or_none(statement, values)

    async def _one_or_none(
        self, statement: Executable, values: Mapping[str, Any]
    ) -> Sequence[Any] | None:
        if isinstance(self._engine, Engine):
            return _look(self._engine, statement, values)
        return await greenlet_spawn(_look, self._engine.sync_engine, statement, values)

    async def aclose(self) -> None:
        if isinstance(self._engine, Engine):
            self._engine.dispose()
        else:
            await self._engine.dispose()


def _look(engine: Engine, statement: Executable, values: Mapping[str, Any]) -> Sequence[Any] | None:
    with engine.connect() as connection:
        return connection.execute(statement, values).one_or_none()


def connect_reader(settings: Settings) -> SingleReads:
    """Open connections for statements that only look. Nothing is dialled yet."""
    once = {
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        "pool_reset_on_return": None,
        "max_overflow": 0,  # whoever goes beyond would dial anew each time; waiting is shorter
    }
    if not settings.is_sqlite:
        return SingleReads(create_async_engine(sync_url(settings), pool_size=5, **once))
    # On the event loop itself: SQLite finds a row in less time than it takes to wake a thread,
    # and with a write-ahead log whoever reads waits for nobody.
    engine = create_engine(sync_url(settings), pool_size=1, **once)
    event.listen(engine, "connect", _prepare_sqlite_reader)
    return SingleReads(engine)


def connect_sync(settings: Settings, *, pool_size: int = 5) -> Engine:
    """Open a blocking engine on the same database."""
    return _hook(
        create_engine(sync_url(settings), pool_size=pool_size, max_overflow=10, pool_pre_ping=True)
    )


def make_sessions(engine: AsyncEngine) -> Sessions:
    return async_sessionmaker(engine, expire_on_commit=False)


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with SESSIONS.of(request).begin() as session:
        yield session


# scope="function" commits before the response leaves: a caller told "201" can read its row.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]
