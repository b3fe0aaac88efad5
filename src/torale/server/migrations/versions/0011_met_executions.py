"""Executions that met their condition are found by an index, not among all that ever were.

Phase: expand. A new index, built beside the writes on PostgreSQL.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

MET = sa.text("condition_met IS TRUE")


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        with op.get_context().autocommit_block():  # not in a transaction
            _create(concurrently=True)
    else:
        _create(concurrently=False)


def _create(*, concurrently: bool) -> None:
    op.create_index(
        "ix_executions_met",
        "executions",
        ["task_id", "created_at"],
        postgresql_where=MET,
        sqlite_where=MET,
        postgresql_concurrently=concurrently,
    )


def downgrade() -> None:
    op.drop_index("ix_executions_met", "executions")
