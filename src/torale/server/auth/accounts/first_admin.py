"""First admin of a server without operator's commands, by a link that works once.

It is printed where only the operator reads. Without it nobody becomes an admin by themselves.
"""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.auth.models import Role, SetupLink, User
from torale.server.auth.service import audit
from torale.server.crypto import Vault


async def offer(session: AsyncSession, vault: Vault, *, now: datetime) -> str | None:
    """Return the token of the link, the same until it is used; None once there is an admin."""
    if await _has_admin(session):
        await session.execute(delete(SetupLink))
        return None
    link = await session.get(SetupLink, 1)
    if link is None:
        link = await _make(session, vault, now=now)
    token = _token(vault, link.nonce)
    # Another TORALE_SECRET_KEY made it: that link is lost, so this one takes its place.
    link.token_hash = _sha256(token)
    await session.flush()
    return token


async def _make(session: AsyncSession, vault: Vault, *, now: datetime) -> SetupLink:
    nonce = secrets.token_hex(16)
    digest = _sha256(_token(vault, nonce))
    link = SetupLink(id=1, nonce=nonce, token_hash=digest, created_at=now)
    try:
        async with session.begin_nested():
            session.add(link)
    except IntegrityError:  # another process starts at the same time
        return await session.get_one(SetupLink, 1, populate_existing=True)
    return link


async def is_open(session: AsyncSession, token: str) -> bool:
    """Tell whether a link would make an admin."""
    query = select(SetupLink.id).where(SetupLink.token_hash == _sha256(token))
    return await session.scalar(query) is not None and not await _has_admin(session)


async def use(session: AsyncSession, token: str) -> bool:
    """Use the link up; tells whether it was there. Of any number at once, one is told so."""
    gone = delete(SetupLink).where(SetupLink.token_hash == _sha256(token)).returning(SetupLink.id)
    return await session.scalar(gone) is not None and not await _has_admin(session)


async def promote(session: AsyncSession, user: User, *, now: datetime) -> None:
    """Make the user an admin who used the link."""
    user.role = Role.ADMIN
    user.updated_at = now
    detail = {"by": "set-up link"}
    audit(session, "user.promoted", actor_id=user.id, user_id=user.id, detail=detail, now=now)
    await session.flush()


async def _has_admin(session: AsyncSession) -> bool:
    query = select(User.id).where(User.role == Role.ADMIN).limit(1)
    return await session.scalar(query) is not None


def _token(vault: Vault, nonce: str) -> str:
    return vault.digest("setup-link", nonce)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
