"""Events that people have not read yet.

Phase: expand. A new table, that the running release ignores.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "unread_events",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_unread_events_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_unread_events_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "execution_id", name=op.f("pk_unread_events")),
    )
    op.create_index(op.f("ix_unread_events_task_id"), "unread_events", ["task_id"])


def downgrade() -> None:
    op.drop_table("unread_events")
