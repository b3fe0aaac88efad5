"""Who may call us, and what they did."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from torale.server.database import Base, words


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class UserState(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"


class KeyState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"


class User(Base):
    """Who owns tasks, keys and channels. Known by `clerk_user_id`, never joined by e-mail."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'admin')", name="known_role"),
        CheckConstraint("state IN ('active', 'inactive')", name="known_state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    clerk_user_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    email_verified: Mapped[bool] = mapped_column(default=False)
    role: Mapped[Role] = mapped_column(words(Role), default=Role.USER)
    state: Mapped[UserState] = mapped_column(words(UserState), default=UserState.ACTIVE)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ApiKey(Base):
    """A key for programs. Only its SHA-256 is kept."""

    __tablename__ = "api_keys"
    __table_args__ = (CheckConstraint("state IN ('active', 'revoked')", name="known_state"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    key_prefix: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    state: Mapped[KeyState] = mapped_column(words(KeyState), default=KeyState.ACTIVE)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class AuditEvent(Base):
    """One thing that somebody did to keys, users or the service. Never changed."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_created_at", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    # No foreign keys: an event outlives whom it speaks of.
    actor_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None] = mapped_column(index=True)
    action: Mapped[str] = mapped_column(String(60))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
