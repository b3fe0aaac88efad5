"""The wire shape of users and API keys."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field

from torale.contract.base import Input, Moment, Output, Text

_LAST_YEAR = 9998
"""Databases that show local times cannot show the last hours of 9999."""


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def _printable_line(value: str) -> str:
    # Joiners are part of many scripts and emoji.
    if not all(c.isprintable() or c in "\u200c\u200d" for c in value):
        raise ValueError("must hold printable characters only")
    return value


def _storable(value: datetime) -> datetime:
    if not 1 < value.year <= _LAST_YEAR:
        raise ValueError("is out of range")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


KeyName = Annotated[Text, Field(min_length=1, max_length=100), AfterValidator(_printable_line)]
Expiry = Annotated[datetime, AfterValidator(_storable)]


# A request for a new API key.
class KeyCreate(Input):
    name: KeyName
    expires_at: Annotated[Expiry | None, Field(description="Never, if absent.")] = None
    scopes: Annotated[
        list[Scope] | None,
        Field(min_length=1, max_length=10, description="`read` and `write`, if absent."),
    ] = None


# An API key without its secret.
class KeyOut(Output):
    id: UUID
    key_prefix: str
    name: str
    scopes: Sequence[str]
    state: Annotated[str, Field(description="`active`, `revoked` or `expired`.")]
    expires_at: Moment | None
    last_used_at: Moment | None
    created_at: Moment


class KeyCreated(KeyOut):
    """The only answer that ever holds the key itself."""

    key: Annotated[str, Field(repr=False)]


# A user who was copied from Clerk.
class SyncedUserOut(Output):
    id: UUID
    clerk_user_id: str
    email: str
    state: str
    created_at: Moment


# The user who is signed in.
class UserOut(Output):
    id: UUID
    email: str
    state: str
    created_at: Moment
