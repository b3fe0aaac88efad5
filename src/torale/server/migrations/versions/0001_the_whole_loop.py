"""The whole loop."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime().with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_created_at", "audit_events", ["created_at"], unique=False)
    op.create_index(op.f("ix_audit_events_user_id"), "audit_events", ["user_id"], unique=False)

    op.create_table(
        "evidence_texts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("compressed", sa.LargeBinary(), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_evidence_texts")),
    )
    op.create_index(op.f("ix_evidence_texts_seen_at"), "evidence_texts", ["seen_at"], unique=False)
    op.create_table(
        "processes",
        sa.Column("executor_id", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("executes", sa.Boolean(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("heartbeat_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("executor_id", name=op.f("pk_processes")),
    )
    op.create_index(op.f("ix_processes_heartbeat_at"), "processes", ["heartbeat_at"], unique=False)

    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clerk_user_id", sa.String(length=100), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_verified", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("role IN ('user', 'admin')", name=op.f("ck_users_known_role")),
        sa.CheckConstraint("state IN ('active', 'inactive')", name=op.f("ck_users_known_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("clerk_user_id", name=op.f("uq_users_clerk_user_id")),
    )
    op.create_index(op.f("ix_users_email"), "users", ["email"], unique=False)

    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("key_prefix", sa.String(length=20), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('active', 'revoked')", name=op.f("ck_api_keys_known_state")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_api_keys_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    op.create_index(op.f("ix_api_keys_user_id"), "api_keys", ["user_id"], unique=False)

    op.create_table(
        "channels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("target_sealed", sa.String(), nullable=False),
        sa.Column("target_digest", sa.String(length=64), nullable=False),
        sa.Column("secret_sealed", sa.String(), nullable=True),
        sa.Column("old_secret_sealed", sa.String(), nullable=True),
        sa.Column("old_secret_until", MOMENT, nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("code_expires_at", MOMENT, nullable=True),
        sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_delivery_at", MOMENT, nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'unverified', 'disabled')", name=op.f("ck_channels_known_state")
        ),
        sa.CheckConstraint(
            "type IN ('email', 'webhook', 'apprise')", name=op.f("ck_channels_known_type")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_channels_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
    )
    op.create_index(
        "uq_channels_user_id_type_target_digest",
        "channels",
        ["user_id", "type", "target_digest"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("search_query", sa.String(length=500), nullable=False),
        sa.Column("condition_description", sa.String(length=500), nullable=False),
        sa.Column("schedule", sa.String(length=100), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("notify_behavior", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("next_run_at", MOMENT, nullable=True),
        sa.Column("skipped_ticks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_known_state", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("last_execution", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("trouble_streak", sa.Integer(), server_default="0", nullable=False),
        sa.Column("trouble_told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state_changed_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'active') = (next_run_at IS NOT NULL)",
            name=op.f("ck_tasks_only_active_is_due"),
        ),
        sa.CheckConstraint(
            "deleted_at IS NULL OR state <> 'active'", name=op.f("ck_tasks_deleted_is_not_active")
        ),
        sa.CheckConstraint(
            "state IN ('active', 'paused', 'completed')", name=op.f("ck_tasks_known_state")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_tasks_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_due",
        "tasks",
        ["next_run_at"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )
    op.create_index("ix_tasks_user_id_created_at", "tasks", ["user_id", "created_at"], unique=False)

    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", MOMENT, nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("delivered_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'retrying', 'delivered', 'failed')",
            name=op.f("ck_deliveries_known_status"),
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f("fk_deliveries_channel_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_deliveries_task_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_deliveries_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint(
            "execution_id", "channel_id", name="uq_deliveries_execution_id_channel_id"
        ),
    )
    op.create_index("ix_deliveries_channel_id", "deliveries", ["channel_id"], unique=False)
    op.create_index("ix_deliveries_task_id", "deliveries", ["task_id"], unique=False)
    op.create_index(
        "ix_deliveries_user_id_created_at", "deliveries", ["user_id", "created_at"], unique=False
    )

    op.create_table(
        "executions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("trigger", sa.String(length=20), nullable=False),
        sa.Column("job_id", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("takeovers", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("completed_at", MOMENT, nullable=True),
        sa.Column("condition_met", sa.Boolean(), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("grounding_sources", sa.JSON(), nullable=False),
        sa.Column("notification", sa.String(), nullable=True),
        sa.Column("change_summary", sa.String(), nullable=True),
        sa.Column("error_message", sa.String(), nullable=True),
        sa.Column("error_type", sa.String(length=60), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(status IN ('success', 'failed')) = (completed_at IS NOT NULL)",
            name=op.f("ck_executions_ended_has_an_end"),
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'success', 'failed')",
            name=op.f("ck_executions_known_status"),
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_executions_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
        sa.UniqueConstraint("job_id", name=op.f("uq_executions_job_id")),
        sa.UniqueConstraint("task_id", "due_at", name="uq_executions_task_id_due_at"),
    )
    op.create_index("ix_executions_created_at", "executions", ["created_at"], unique=False)
    op.create_index(
        "ix_executions_task_id_created_at", "executions", ["task_id", "created_at"], unique=False
    )
    op.create_index(
        "uq_executions_in_flight",
        "executions",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('pending', 'running')"),
        sqlite_where=sa.text("status IN ('pending', 'running')"),
    )

    op.create_table(
        "task_channels",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"],
            ["channels.id"],
            name=op.f("fk_task_channels_channel_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_channels_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", "channel_id", name=op.f("pk_task_channels")),
    )
    op.create_index(
        op.f("ix_task_channels_channel_id"), "task_channels", ["channel_id"], unique=False
    )

    op.create_table(
        "evidence_documents",
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uri", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("published_at", MOMENT, nullable=True),
        sa.Column("fetched_at", MOMENT, nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("truncated", sa.Boolean(), nullable=False),
        sa.Column("unusable_reason", sa.String(length=300), nullable=True),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["executions.id"],
            name=op.f("fk_evidence_documents_execution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("execution_id", "position", name=op.f("pk_evidence_documents")),
    )
    op.create_index("ix_evidence_documents_sha256", "evidence_documents", ["sha256"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_evidence_documents_sha256", table_name="evidence_documents")

    op.drop_table("evidence_documents")
    op.drop_index(op.f("ix_task_channels_channel_id"), table_name="task_channels")

    op.drop_table("task_channels")
    op.drop_index("uq_executions_in_flight", table_name="executions")
    op.drop_index("ix_executions_task_id_created_at", table_name="executions")
    op.drop_index("ix_executions_created_at", table_name="executions")

    op.drop_table("executions")
    op.drop_index("ix_deliveries_user_id_created_at", table_name="deliveries")
    op.drop_index("ix_deliveries_task_id", table_name="deliveries")
    op.drop_index("ix_deliveries_channel_id", table_name="deliveries")

    op.drop_table("deliveries")
    op.drop_index("ix_tasks_user_id_created_at", table_name="tasks")
    op.drop_index("ix_tasks_due", table_name="tasks")

    op.drop_table("tasks")
    op.drop_index("uq_channels_user_id_type_target_digest", table_name="channels")

    op.drop_table("channels")
    op.drop_index(op.f("ix_api_keys_user_id"), table_name="api_keys")

    op.drop_table("api_keys")
    op.drop_index(op.f("ix_users_email"), table_name="users")

    op.drop_table("users")
    op.drop_index(op.f("ix_processes_heartbeat_at"), table_name="processes")

    op.drop_table("processes")
    op.drop_index(op.f("ix_evidence_texts_seen_at"), table_name="evidence_texts")
    op.drop_table("evidence_texts")
    op.drop_index(op.f("ix_audit_events_user_id"), table_name="audit_events")
    op.drop_index("ix_audit_events_created_at", table_name="audit_events")

    op.drop_table("audit_events")
