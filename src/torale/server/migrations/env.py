"""Runs migrations. Alembic executes this file; nothing imports it."""

import time
from importlib import import_module
from pathlib import Path

from alembic import context
from sqlalchemy import text

from torale.server.database import Base

_SERVER = Path(__file__).parent.parent
for models in sorted(_SERVER.glob("*/models.py")):  # every room with rows
    import_module(f"torale.server.{models.parent.name}.models")

LOCK = 7_204_118  # any number that is ours: one process migrates at a time
RETRY_SECONDS = 0.2

with context.config.attributes["engine"].connect() as connection:
    postgres = connection.dialect.name == "postgresql"
    if postgres:
        # Not waited for in a statement: an index that is built concurrently would wait for that.
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
            connection.commit()
            time.sleep(RETRY_SECONDS)
        connection.commit()
    else:
        # Batch mode copies a table and drops the old one: its children would go with it. Can be
        # switched outside of a transaction alone, and this connection does not go back.
        connection.detach()
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=postgres,
        render_as_batch=not postgres,
    )
    with context.begin_transaction():
        context.run_migrations()
        if not postgres and connection.execute(text("PRAGMA foreign_key_check")).first():
            raise RuntimeError("a migration left rows whose parents are gone")
    connection.commit()
    if postgres:
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.commit()
