"""Users who come from Clerk, and where keys are used from.

Phase: expand. New tables, which the running release ignores.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "clerk_users",
        sa.Column("clerk_user_id", sa.String(length=100), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=True),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("clerk_user_id", name=op.f("pk_clerk_users")),
    )
    op.create_table(
        "api_key_addresses",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.String(length=50), nullable=False),
        sa.Column("first_used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["api_keys.id"],
            name=op.f("fk_api_key_addresses_key_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key_id", "address", name=op.f("pk_api_key_addresses")),
    )


def downgrade() -> None:
    op.drop_table("api_key_addresses")
    op.drop_table("clerk_users")
