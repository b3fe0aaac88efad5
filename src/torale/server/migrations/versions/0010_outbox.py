"""Messages that are still to be sent are found by an index, not among all that ever were.

Phase: expand. A new index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TO_SEND = sa.text("next_attempt_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_next_attempt_at",
        "deliveries",
        ["next_attempt_at"],
        postgresql_where=TO_SEND,
        sqlite_where=TO_SEND,
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_next_attempt_at", "deliveries")
