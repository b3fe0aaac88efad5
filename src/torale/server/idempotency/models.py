"""Rows of answered requests."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from torale.server.database import Base


class AnsweredRequest(Base):
    """A request with an `Idempotency-Key` that did what it asked for."""

    __tablename__ = "answered_requests"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))  # of method, path and body
    status: Mapped[int]
    # Sealed: it may hold a webhook's secret. Null: what was answered is told only once.
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(index=True)
