"""The list of a user's tasks is read in the order of an index.

Batch mode of Alembic copies a table on SQLite without its indexes on expressions: a later
migration that copies `tasks` must make this one again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ATTENTION = (
    "CASE WHEN state = 'paused' THEN 9"
    " ELSE CASE WHEN trouble_streak > 0 THEN"
    " CASE WHEN last_execution ->> 'status' = 'failed' THEN 0 ELSE 2 END"
    " WHEN CAST(last_execution ->> 'condition_met' AS VARCHAR) IN ('true', '1') THEN 4"
    " ELSE 6 END + CASE WHEN next_run_at IS NULL THEN 1 ELSE 0 END END"
)
KEPT = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_tasks_needed",
        "tasks",
        ["user_id", sa.text(f"({ATTENTION})"), "next_run_at", "id"],
        postgresql_where=KEPT,
        sqlite_where=KEPT,
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_needed", "tasks")
