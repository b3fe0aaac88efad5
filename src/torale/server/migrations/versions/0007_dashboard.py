"""Nothing: it was released empty, and databases know it by its number."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
