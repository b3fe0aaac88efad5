"""Tables of executions and the evidence that they rest on."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from torale.contract.executions import ExecutionStatus, Trigger
from torale.server.database import Base, words

_IN_FLIGHT = text("status IN ('pending', 'running')")
IN_FLIGHT = text("executions.status IN ('pending', 'running')")
"""For queries, word for word as the index of those few says it: with parameters in its place
SQLite does not know that the index holds them, and reads whole histories instead.
"""
_MET = text("condition_met IS TRUE")
MET: ColumnElement[bool] = literal_column("executions.condition_met IS TRUE")
"""For queries, likewise: SQLAlchemy would write `IS 1` for SQLite."""
_HAS_TRAIL = text("trail_sha256 IS NOT NULL")


class Execution(Base):
    """One check of one task."""

    __tablename__ = "executions"
    __table_args__ = (
        CheckConstraint(
            "status IN ('pending', 'running', 'success', 'failed')", name="known_status"
        ),
        CheckConstraint(
            "(status IN ('success', 'failed')) = (completed_at IS NOT NULL)",
            name="ended_has_an_end",
        ),
        UniqueConstraint("task_id", "due_at", name="uq_executions_task_id_due_at"),
        # At most one execution of a task at a time.
        Index(
            "uq_executions_in_flight",
            "task_id",
            unique=True,
            postgresql_where=_IN_FLIGHT,
            sqlite_where=_IN_FLIGHT,
        ),
        Index("ix_executions_task_id_created_at", "task_id", "created_at"),
        Index("ix_executions_created_at", "created_at"),
        Index(
            "ix_executions_trail_sha256",
            "trail_sha256",
            postgresql_where=_HAS_TRAIL,
            sqlite_where=_HAS_TRAIL,
        ),
        Index(
            "ix_executions_met",
            "task_id",
            "created_at",
            postgresql_where=_MET,
            sqlite_where=_MET,
        ),
        # A chain has no forks.
        Index("uq_executions_chain", "task_id", "chain_position", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    # The tick it answers; null for one that was started by hand.
    due_at: Mapped[datetime | None]
    trigger: Mapped[Trigger] = mapped_column(words(Trigger))
    job_id: Mapped[str] = mapped_column(String(120), unique=True)
    status: Mapped[ExecutionStatus] = mapped_column(words(ExecutionStatus))
    # How often it was taken up again after its process died.
    takeovers: Mapped[int] = mapped_column(default=0, server_default="0")
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    condition_met: Mapped[bool | None]
    # {"answer", "reasoning", "verdict", "confidence", "judge", "understood", "sources_count",
    #  "quotes", "facts"}
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    grounding_sources: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    notification: Mapped[str | None]
    change_summary: Mapped[str | None]
    error_message: Mapped[str | None]
    error_type: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime]
    # What was judged beside the documents, and how: see `record`. Lists of executions leave it out.
    asked: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), deferred=True, deferred_raiseload=True
    )
    trace: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), deferred=True, deferred_raiseload=True
    )
    # Names an evidence text that holds the large parts: passages, a model's reply, known facts.
    trail_sha256: Mapped[str | None] = mapped_column(String(64))
    # Its place in the task's chain, from 1, and the link itself: see `chain`. Null until it ends;
    # an empty hash marks what ended before there was a chain.
    chain_position: Mapped[int | None]
    chain_hash: Mapped[str | None] = mapped_column(String(64))


class EvidenceText(Base):
    """A text that was read, stored once under its SHA-256 and compressed with zlib."""

    __tablename__ = "evidence_texts"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    compressed: Mapped[bytes] = mapped_column(LargeBinary)
    # When it was last read, to a day: retention asks nothing else.
    seen_at: Mapped[datetime] = mapped_column(index=True)


class EvidenceDocument(Base):
    """One document of one execution."""

    __tablename__ = "evidence_documents"
    __table_args__ = (Index("ix_evidence_documents_sha256", "sha256"),)

    execution_id: Mapped[UUID] = mapped_column(
        ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    # Kept when the text is gone: the digest still proves what was read.
    sha256: Mapped[str] = mapped_column(String(64))
    uri: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(String(20))
    published_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime]
    http_status: Mapped[int | None]
    truncated: Mapped[bool]
    unusable_reason: Mapped[str | None] = mapped_column(String(300))
    # The task named this address in its `sources` then.
    named: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # SHA-256 of this row: the link of the execution's chain rests on it.
    digest: Mapped[str | None] = mapped_column(String(64))


class Feedback(Base):
    """The user's word on a verdict."""

    __tablename__ = "feedback"

    execution_id: Mapped[UUID] = mapped_column(
        ForeignKey("executions.id", ondelete="CASCADE"), primary_key=True
    )
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    correct: Mapped[bool]
    note: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
