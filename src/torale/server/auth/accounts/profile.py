"""Profile of a user: name, time zone, and leaving for good."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.accounts import proofs
from torale.server.auth.accounts.activation import lock_user
from torale.server.auth.models import Role, User, UserState
from torale.server.auth.service import audit
from torale.server.errors import ConflictError, InvalidFieldError

MAX_NAME = 100
LAST_ADMIN = "You are the only admin. Make somebody else an admin first."


def read_name(text: str) -> str | None:
    """Return a name on one line, or None for none.

    Raises:
        InvalidFieldError: It is too long, or holds what cannot be shown.
    """
    name = " ".join(text.split())
    if len(name) > MAX_NAME:
        raise InvalidFieldError("name", message=f"Write at most {MAX_NAME} characters.")
    if not name.isprintable():
        raise InvalidFieldError("name", message="Write it with letters that can be shown.")
    return name or None


async def change(
    session: AsyncSession, user_id: UUID, *, name: str | None, timezone: str | None, now: datetime
) -> None:
    """Set what a user is called, and the zone that times are shown in; None: the browser's."""
    user = await lock_user(session, user_id)
    user.name = name
    user.timezone = timezone
    user.updated_at = now
    await session.flush()


async def delete_user(session: AsyncSession, user_id: UUID, *, now: datetime) -> None:
    """Delete a user and all that is theirs, at once and for good.

    Their rows take those of their tasks, executions, evidence, channels, deliveries, keys and
    sessions along. Texts of pages, which users share, go when retention finds nobody's evidence
    in them; the audit log keeps that it happened.

    Raises:
        ConflictError: They are the last active admin.
    """
    user = await lock_user(session, user_id)
    if user.role is Role.ADMIN and not await _has_other_admin(session, user_id):
        raise ConflictError(LAST_ADMIN)
    await proofs.use_up(session, user.email.lower())
    await session.execute(delete(User).where(User.id == user_id))
    audit(session, "account.deleted", actor_id=user_id, user_id=user_id, detail={}, now=now)
    await session.flush()


async def _has_other_admin(session: AsyncSession, user_id: UUID) -> bool:
    # All admins are locked, in one order: of two who leave at the same time one stays.
    admins = select(User.id).where(User.role == Role.ADMIN, User.state == UserState.ACTIVE)
    found = (await session.scalars(admins.order_by(User.id).with_for_update())).all()
    return any(admin_id != user_id for admin_id in found)
