"""Evidence that can be replayed and verified.

Phase: expand. Every column may be empty or has a default, and the running release ignores it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_HAS_TRAIL = sa.text("trail_sha256 IS NOT NULL")


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=True)


def upgrade() -> None:
    op.add_column("executions", _json("asked"))
    op.add_column("executions", _json("trace"))
    op.add_column("executions", sa.Column("trail_sha256", sa.String(length=64), nullable=True))
    op.add_column("executions", sa.Column("chain_position", sa.Integer(), nullable=True))
    op.add_column("executions", sa.Column("chain_hash", sa.String(length=64), nullable=True))
    # What ended before there was a chain is told apart from what was added beside it.
    op.execute("UPDATE executions SET chain_hash = '' WHERE completed_at IS NOT NULL")
    op.create_index(
        "ix_executions_trail_sha256",
        "executions",
        ["trail_sha256"],
        unique=False,
        postgresql_where=_HAS_TRAIL,
        sqlite_where=_HAS_TRAIL,
    )
    op.create_index("uq_executions_chain", "executions", ["task_id", "chain_position"], unique=True)

    op.add_column(
        "evidence_documents",
        sa.Column("named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("evidence_documents", sa.Column("digest", sa.String(length=64), nullable=True))

    op.add_column(
        "tasks", sa.Column("chain_length", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("tasks", sa.Column("chain_head", sa.String(length=64), nullable=True))
    op.add_column(
        "tasks", sa.Column("chain_forgotten", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("tasks", sa.Column("chain_anchor", sa.String(length=64), nullable=True))
    op.add_column("tasks", _json("feedback"))

    op.create_table(
        "feedback",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["executions.id"],
            name=op.f("fk_feedback_execution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_feedback_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("execution_id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_task_id"), "feedback", ["task_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_feedback_task_id"), table_name="feedback")
    op.drop_table("feedback")

    for column in ("feedback", "chain_anchor", "chain_forgotten", "chain_head", "chain_length"):
        op.drop_column("tasks", column)
    for column in ("digest", "named"):
        op.drop_column("evidence_documents", column)
    op.drop_index("uq_executions_chain", table_name="executions")
    op.drop_index("ix_executions_trail_sha256", table_name="executions")
    for column in ("chain_hash", "chain_position", "trail_sha256", "trace", "asked"):
        op.drop_column("executions", column)
