"""Tables of channels, deliveries and unread events."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from torale.contract.channels import ChannelState, ChannelType, DeliveryStatus, EventType
from torale.server.database import Base, is_one_of, words
from torale.server.notifications.messages.content import EventData

MAX_ERROR_LENGTH = 500

_ALIVE = text("deleted_at IS NULL")
_TO_SEND = text("next_attempt_at IS NOT NULL")


class Channel(Base):
    """Where to tell a user. The target and the signing secrets are sealed."""

    __tablename__ = "channels"
    __table_args__ = (
        CheckConstraint(is_one_of("type", ChannelType), name="known_type"),
        CheckConstraint(is_one_of("state", ChannelState), name="known_state"),
        # One channel per target: a task that names it twice finds the same one.
        Index(
            "uq_channels_user_id_type_target_digest",
            "user_id",
            "type",
            "target_digest",
            unique=True,
            postgresql_where=_ALIVE,
            sqlite_where=_ALIVE,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    type: Mapped[ChannelType] = mapped_column(words(ChannelType))
    name: Mapped[str] = mapped_column(String(100))
    target_sealed: Mapped[str]
    target_digest: Mapped[str] = mapped_column(String(64))
    secret_sealed: Mapped[str | None]
    old_secret_sealed: Mapped[str | None]
    old_secret_until: Mapped[datetime | None]
    state: Mapped[ChannelState] = mapped_column(words(ChannelState))
    code_digest: Mapped[str | None] = mapped_column(String(64))
    code_expires_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(default=0, server_default="0")
    last_delivery_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(MAX_ERROR_LENGTH))
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class TaskChannel(Base):
    """A task tells a channel. `position` keeps the order in which the user named them."""

    __tablename__ = "task_channels"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    channel_id: Mapped[UUID] = mapped_column(
        ForeignKey("channels.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]


class Delivery(Base):
    """One message to one channel. Its id is the idempotency key of every attempt."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(is_one_of("status", DeliveryStatus), name="known_status"),
        UniqueConstraint(
            "execution_id", "channel_id", name="uq_deliveries_execution_id_channel_id"
        ),
        Index("ix_deliveries_user_id_created_at", "user_id", "created_at"),
        Index("ix_deliveries_task_id", "task_id"),
        Index("ix_deliveries_channel_id", "channel_id"),
        # The outbox: those that are still to be sent, a few of all that ever were.
        Index(
            "ix_deliveries_next_attempt_at",
            "next_attempt_at",
            postgresql_where=_TO_SEND,
            sqlite_where=_TO_SEND,
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    # No foreign key: executions end before deliveries do, and rooms look downwards only.
    execution_id: Mapped[UUID | None]
    channel_id: Mapped[UUID] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    event: Mapped[EventType] = mapped_column(words(EventType, length=40))
    data: Mapped[EventData] = mapped_column(JSON)
    status: Mapped[DeliveryStatus] = mapped_column(words(DeliveryStatus))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime | None]
    status_code: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(MAX_ERROR_LENGTH))
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]


class UnreadEvent(Base):
    """An event that its user was told of and has not read: reading deletes it."""

    __tablename__ = "unread_events"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    # No foreign key, as for deliveries.
    execution_id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    event: Mapped[EventType] = mapped_column(words(EventType, length=40))
    created_at: Mapped[datetime]


def cut_error(error: str | None) -> str | None:
    """Return an error as `last_error` has room for it."""
    return error[:MAX_ERROR_LENGTH] if error is not None else None
