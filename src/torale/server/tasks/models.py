"""Rows of tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Dialect,
    ForeignKey,
    Index,
    String,
    TypeDecorator,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.database import Base, words
from torale.server.evidence.source import SOURCES, Source

_ACTIVE = text("state = 'active'")
_KEPT = text("deleted_at IS NULL")
ATTENTION = (
    "CASE WHEN state = 'paused' THEN 9"
    " ELSE CASE WHEN trouble_streak > 0 THEN"
    " CASE WHEN last_execution ->> 'status' = 'failed' THEN 0 ELSE 2 END"
    " WHEN CAST(last_execution ->> 'condition_met' AS VARCHAR) IN ('true', '1') THEN 4"
    " ELSE 6 END + CASE WHEN next_run_at IS NULL THEN 1 ELSE 0 END END"
)
"""How much a task needs its user: 0 failing, 2 could not tell, 4 met, 6 waiting, 9 paused; one
more if not due.

Part of an index: where a query sorts or filters by it, it must say just this. JSON's true is
1 on SQLite.
"""


class SourceList(TypeDecorator[tuple[Source, ...]]):
    """The sources of a task: a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(
        self,
        value: Sequence[Source] | None,
        dialect: Dialect,  # noqa: ARG002  (SQLAlchemy's signature)
    ) -> object:
        return None if value is None else SOURCES.dump_python(tuple(value))

    def process_result_value(
        self,
        value: object,
        dialect: Dialect,  # noqa: ARG002  (SQLAlchemy's signature)
    ) -> tuple[Source, ...]:
        return SOURCES.validate_python(value)


class Task(Base):
    """One condition that a user asked us to watch for. The row itself is the schedule."""

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint(
            "(state = 'active') = (next_run_at IS NOT NULL)", name="only_active_is_due"
        ),
        CheckConstraint("state IN ('active', 'paused', 'completed')", name="known_state"),
        CheckConstraint("deleted_at IS NULL OR state <> 'active'", name="deleted_is_not_active"),
        # The dispatcher's one query: what is due, soonest first.
        Index("ix_tasks_due", "next_run_at", postgresql_where=_ACTIVE, sqlite_where=_ACTIVE),
        Index("ix_tasks_user_id_created_at", "user_id", "created_at"),
        # The list of a user: those that need them first.
        Index(
            "ix_tasks_needed",
            "user_id",
            text(f"({ATTENTION})"),
            "next_run_at",
            "id",
            postgresql_where=_KEPT,
            sqlite_where=_KEPT,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    search_query: Mapped[str] = mapped_column(String(500))
    condition_description: Mapped[str] = mapped_column(String(500))
    schedule: Mapped[str] = mapped_column(String(100))
    timezone: Mapped[str] = mapped_column(String(64))
    notify_behavior: Mapped[NotifyBehavior] = mapped_column(words(NotifyBehavior))
    state: Mapped[TaskState] = mapped_column(words(TaskState))
    sources: Mapped[tuple[Source, ...]] = mapped_column(SourceList)
    next_run_at: Mapped[datetime | None]
    skipped_ticks: Mapped[int] = mapped_column(default=0, server_default="0")
    # {"answer", "facts", "timestamp"} of the last execution that could tell.
    last_known_state: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # The last verdict of a model and what it rested on: see `judge.settled`. Null without one.
    settled: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # Since when a `met` waits for a second execution that finds it too.
    unconfirmed_since: Mapped[datetime | None]
    # {"id", "condition_met", "status", "started_at", "completed_at"}: written in the transaction
    # that writes the execution, so that a list of tasks is one query.
    last_execution: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # Executions in a row that failed or could not tell, and whether the user was told of it.
    trouble_streak: Mapped[int] = mapped_column(default=0, server_default="0")
    trouble_told: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # The chain of its executions: how many links it has and the last one; how many of its first
    # links retention has removed, and the last of those.
    chain_length: Mapped[int] = mapped_column(default=0, server_default="0")
    chain_head: Mapped[str | None] = mapped_column(String(64))
    chain_forgotten: Mapped[int] = mapped_column(default=0, server_default="0")
    chain_anchor: Mapped[str | None] = mapped_column(String(64))
    # {"right", "wrong", "precision"} of the user's feedback; null while there is none.
    feedback: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    state_changed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
