"""Rows of users, keys, sessions, and the audit of what they did."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
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
    name: Mapped[str | None] = mapped_column(String(100))
    timezone: Mapped[str | None] = mapped_column(String(64))
    role: Mapped[Role] = mapped_column(words(Role), default=Role.USER)
    state: Mapped[UserState] = mapped_column(words(UserState), default=UserState.ACTIVE)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ClerkUser(Base):
    """The last that Clerk said of one of its users: puts news in order, and keeps deletions.

    It outlives the user, and is there before them: whoever stores news locks this row first.
    """

    __tablename__ = "clerk_users"

    clerk_user_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    # By Clerk's clock: of the newest state that was stored.
    updated_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


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


class ApiKeyAddress(Base):
    """A place that a key was used from; IPv6 addresses are kept by their /64."""

    __tablename__ = "api_key_addresses"

    key_id: Mapped[UUID] = mapped_column(
        ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True
    )
    address: Mapped[str] = mapped_column(String(50), primary_key=True)
    first_used_at: Mapped[datetime]


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


class UserSession(Base):
    """One browser that is signed in. Only the SHA-256 of its cookie is kept.

    `provider_session` is the id of the identity provider's own session, if it has one.
    """

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    method: Mapped[str] = mapped_column(String(20))
    provider_session: Mapped[str | None] = mapped_column(String(100), index=True)
    address: Mapped[str] = mapped_column(String(45))
    agent: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)


class Password(Base):
    """The password of an own account, as argon2 keeps it."""

    __tablename__ = "passwords"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    hash: Mapped[str] = mapped_column(String(255))
    changed_at: Mapped[datetime]


class Identity(Base):
    """An account elsewhere that signs a user in: known by its subject, never by its address."""

    __tablename__ = "identities"
    __table_args__ = (UniqueConstraint("provider", "subject"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(254))
    created_at: Mapped[datetime]


class ProofPurpose(StrEnum):
    SIGN_UP = "sign_up"
    RESET = "reset"


class Proof(Base):
    """A mail under way whose single-use code or link proves whose an address is.

    Kept is a digest alone. Addresses that get no such mail have a row too, so that they take
    as long as others.
    """

    __tablename__ = "proofs"
    __table_args__ = (
        CheckConstraint("purpose IN ('sign_up', 'reset')", name="known_purpose"),
        Index("ix_proofs_email_purpose", "email", "purpose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    purpose: Mapped[ProofPurpose] = mapped_column(words(ProofPurpose))
    email: Mapped[str] = mapped_column(String(254))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(255))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SetupLink(Base):
    """The one link that makes the first admin. Its row goes when it is used."""

    __tablename__ = "setup_links"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    nonce: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
