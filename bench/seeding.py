"""Database full of tasks, and the progress of their executions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text

from torale.server.clock import utc_now
from torale.server.database import UtcDateTime, connect_sync
from torale.server.settings.base import Settings
from torale.server.worker import migrate

USER = "00000000000000000000000000000001"


def open_database(folder: Path, database_url: str = "") -> Engine:
    settings = Settings.model_validate(
        {"TORALE_DATA_DIR": folder, "DATABASE_URL": database_url, "TORALE_SEARCH": "none"}
    )
    migrate(settings)
    return connect_sync(settings)


_USER = """
INSERT INTO users (id, email, email_verified, role, state, created_at, updated_at)
VALUES (:user, 'bench@example.com', :yes, 'user', 'active', :now, :now)
"""

_TASKS = """
INSERT INTO tasks (id, user_id, name, search_query, condition_description, schedule, timezone,
  notify_behavior, state, sources, next_run_at, state_changed_at, created_at, updated_at)
SELECT {id}, :user, 'Lamp ' || n, 'Price of lamp number ' || n, 'The price is below 350 USD',
  '0 9 * * *', 'UTC', 'once', 'active', {sources}, {due}, :now, :now, :now
FROM {series}
"""
_SQLITE = {
    "id": "lower(hex(randomblob(16)))",
    "sources": "json_array(:site || '/lamp/' || n)",
    "due": ":due",
    "series": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :count) "
    "SELECT n FROM s)",
}
_POSTGRES = {
    "id": "gen_random_uuid()",
    "sources": "json_build_array(:site || '/lamp/' || n)",
    "due": "CAST(:due AS timestamptz)",
    "series": "generate_series(1, :count) AS s(n)",
}


def seed(engine: Engine, site: str, *, due: int, idle: int, due_at: datetime) -> None:
    """Write `due` tasks for `due_at` and `idle` tasks for days later."""
    sqlite = engine.dialect.name == "sqlite"
    parts = _SQLITE if sqlite else _POSTGRES
    now = utc_now()

    def stored(moment: datetime) -> object:
        return moment.replace(tzinfo=None).isoformat(" ", "microseconds") if sqlite else moment

    with engine.begin() as connection:
        user = {"user": USER, "yes": True, "now": stored(now)}
        connection.execute(text(_USER), user)
        for count, moment in ((due, due_at), (idle, due_at + timedelta(days=30))):
            values = {
                "user": USER,
                "site": site,
                "count": count,
                "due": stored(moment),
                "now": stored(now),
            }
            if count:
                connection.execute(text(_TASKS.format(**parts)), values)
    if not sqlite:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE tasks"))


@dataclass(frozen=True)
class Progress:
    ended: int
    failed: int
    tasks: int


_PROGRESS = """
SELECT count(*), count(*) FILTER (WHERE status = 'failed'), count(DISTINCT task_id)
FROM executions WHERE completed_at IS NOT NULL
"""


def progress(engine: Engine) -> Progress:
    with engine.begin() as connection:
        return Progress(*connection.execute(text(_PROGRESS)).one())


def lags(engine: Engine, due_at: datetime) -> tuple[list[float], float]:
    """Return each execution's start lag in seconds, sorted, and when the last one ended."""
    query = text("SELECT started_at, completed_at FROM executions").columns(
        started_at=UtcDateTime(), completed_at=UtcDateTime()
    )
    with engine.begin() as connection:
        rows = connection.execute(query).all()
    started = sorted((row.started_at - due_at).total_seconds() for row in rows)
    return started, max((row.completed_at - due_at).total_seconds() for row in rows)
