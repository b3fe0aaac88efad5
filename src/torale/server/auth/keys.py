"""Lookup of keys, the hottest query of all: one statement, no transaction, no ORM objects."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from torale.contract.auth import Scope
from torale.server.auth import rules
from torale.server.auth.models import ApiKey, KeyState, Role, User, UserState
from torale.server.database import SingleReads, UtcDateTime
from torale.server.parts import Part

_OWNER = (
    select(
        ApiKey.id,
        ApiKey.scopes,
        ApiKey.last_used_at,
        User.id,
        User.email,
        User.role,
        User.state,
        User.created_at,
    )
    .join(User, User.id == ApiKey.user_id)
    .where(
        ApiKey.key_hash == bindparam("key_hash"),
        ApiKey.state == KeyState.ACTIVE,
        or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > bindparam("now", type_=UtcDateTime())),
    )
)


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """A key that holds, and whose it is."""

    key_id: UUID
    scopes: frozenset[Scope]
    last_used_at: datetime | None
    user_id: UUID
    email: str
    role: Role
    state: UserState
    created_at: datetime


class Keys:
    """Looks keys up. Nothing is kept, so that a key that is revoked is so in every process."""

    def __init__(self, reads: SingleReads) -> None:
        self._reads = reads

    async def find_owner(self, plain: str, *, now: datetime) -> KeyOwner | None:
        """Return whose key that is; None unless it is active."""
        values = {"key_hash": rules.hash_key(plain), "now": now}
        row = await self._reads.one_or_none(_OWNER, values)
        if row is None:
            return None
        key_id, scopes, *rest = row
        return KeyOwner(key_id, _known(tuple(scopes)), *rest)

    async def aclose(self) -> None:
        await self._reads.aclose()


KEYS = Part[Keys]("keys")


@lru_cache(maxsize=64)
def _known(scopes: tuple[str, ...]) -> frozenset[Scope]:
    return frozenset(scope for scope in Scope if scope in scopes)
