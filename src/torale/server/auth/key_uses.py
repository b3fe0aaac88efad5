"""Uses of keys, when and from where: written in batches, never inside of a request."""

from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.keys import KeyOwner
from torale.server.auth.models import ApiKey, ApiKeyAddress
from torale.server.auth.service import audit
from torale.server.database import Sessions, UtcDateTime
from torale.server.parts import Part

WRITTEN_EVERY = timedelta(minutes=1)
MAX_ADDRESSES = 100
"""Of one key. One that is used from more places tells nothing by yet another."""

_MAX_REMEMBERED = 20_000
_MAX_WRITTEN_AT_ONCE = 500

_WRITE_LAST_USE = (
    update(ApiKey)
    .where(
        ApiKey.id == bindparam("key_id"),
        or_(
            ApiKey.last_used_at.is_(None),
            ApiKey.last_used_at <= bindparam("since", type_=UtcDateTime()),
        ),
    )
    .values(last_used_at=bindparam("at", type_=UtcDateTime()))
    .execution_options(synchronize_session=False)
)


class KeyUses:
    """Remembers uses until `write`; what a killed process had not written yet is lost.

    That is little: a use is written with the next batch, and then none for a minute.
    """

    def __init__(self) -> None:
        self._used: dict[UUID, datetime] = {}
        self._from: dict[tuple[UUID, str], KeyOwner] = {}
        self._known: OrderedDict[tuple[UUID, str], None] = OrderedDict()

    def note(self, owner: KeyOwner, address: str, *, now: datetime) -> None:
        """Remember that a key was used just now.

        Args:
            owner: As it was just looked up.
            address: Whom to count the client's address as.
            now: The time of the request.
        """
        last = owner.last_used_at
        if last is None or last <= now - WRITTEN_EVERY:
            self._used[owner.key_id] = now
        place = (owner.key_id, address)
        if place not in self._known:
            self._from[place] = owner
            self._remember(place)

    def _remember(self, place: tuple[UUID, str]) -> None:
        self._known[place] = None
        if len(self._known) > _MAX_REMEMBERED:
            self._known.popitem(last=False)

    async def write(self, sessions: Sessions, *, now: datetime) -> None:
        """Write down what was noted, in a transaction of its own."""
        if not self._used and not self._from:
            return
        used, self._used = self._used, {}
        places = dict(list(self._from.items())[:_MAX_WRITTEN_AT_ONCE])
        try:
            async with sessions.begin() as session:
                if used:
                    await _write_last_use(session, used)
                for (_, address), owner in places.items():
                    await _write_address(session, owner, address, now=now)
        except BaseException:
            self._used = {**used, **self._used}
            raise
        for place in places:
            del self._from[place]


KEY_USES = Part[KeyUses]("key_uses")


async def _write_last_use(session: AsyncSession, used: dict[UUID, datetime]) -> None:
    # In order of the keys, so that processes which write the same ones do not wait in a circle.
    rows = [
        {"key_id": key_id, "at": used[key_id], "since": used[key_id] - WRITTEN_EVERY}
        for key_id in sorted(used)
    ]
    connection = await session.connection()
    await connection.execute(_WRITE_LAST_USE, rows)


async def _write_address(
    session: AsyncSession, owner: KeyOwner, address: str, *, now: datetime
) -> None:
    """Keep an address of a key, and audit it if no process has seen it before."""
    known = select(func.count()).where(ApiKeyAddress.key_id == owner.key_id).scalar_subquery()
    row = select(
        ApiKey.id, literal(address), literal(now, UtcDateTime()).label("first_used_at")
    ).where(ApiKey.id == owner.key_id, known < MAX_ADDRESSES)
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    columns = ["key_id", "address", "first_used_at"]
    statement = insert(ApiKeyAddress).from_select(columns, row).on_conflict_do_nothing()
    if await session.scalar(statement.returning(ApiKeyAddress.key_id)) is None:
        return
    audit(
        session,
        "api_key.used_from_new_address",
        actor_id=owner.user_id,
        user_id=owner.user_id,
        detail={"key_id": str(owner.key_id), "address": address},
        now=now,
    )
