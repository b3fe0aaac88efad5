"""Costs of models, settled verdicts of tasks, and a `met` that waits for a second execution.

Phase: expand. New tables, and columns that may be empty; the running release ignores them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "spending",
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope IN ('task', 'user')", name=op.f("ck_spending_known_scope")),
        sa.PrimaryKeyConstraint("scope", "scope_id", "day", name=op.f("pk_spending")),
    )
    op.create_index(op.f("ix_spending_day"), "spending", ["day"], unique=False)
    op.create_table(
        "spending_reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending_reservations")),
    )
    op.create_index(
        "ix_spending_reservations_user_id_expires_at",
        "spending_reservations",
        ["user_id", "expires_at"],
        unique=False,
    )
    op.add_column("tasks", sa.Column("settled", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("tasks", sa.Column("unconfirmed_since", MOMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("tasks", "unconfirmed_since")
    op.drop_column("tasks", "settled")
    op.drop_index("ix_spending_reservations_user_id_expires_at", table_name="spending_reservations")
    op.drop_table("spending_reservations")
    op.drop_index(op.f("ix_spending_day"), table_name="spending")
    op.drop_table("spending")
