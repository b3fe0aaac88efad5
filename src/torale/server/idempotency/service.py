"""Store of answers: found by a key, kept for a day, forgotten after it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.crypto import UnsealError, Vault
from torale.server.idempotency.errors import AnswerNotKeptError, KeyTakenError
from torale.server.idempotency.in_flight import IdempotentRequest
from torale.server.idempotency.models import AnsweredRequest

KEPT = timedelta(hours=24)
BATCH = 500

_UNREADABLE = "This request was carried out already, and what was answered can no longer be read"


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request was answered with: the status, and the text of the JSON."""

    status: int
    body: str


async def find(
    session: AsyncSession,
    request: IdempotentRequest,
    vault: Vault,
    *,
    repeat_detail: str | None,
    now: datetime,
) -> StoredAnswer | None:
    """Return what this very request was answered with; None if it is to be carried out.

    Args:
        repeat_detail: The sentence for an answer that is not kept.

    Raises:
        KeyTakenError: The key belongs to another request.
        AnswerNotKeptError: It was carried out, and its answer was not kept.
    """
    query = select(AnsweredRequest).where(
        AnsweredRequest.user_id == request.user_id,
        AnsweredRequest.key == request.key,
        AnsweredRequest.created_at > now - KEPT,
    )
    found = await session.scalar(query)
    if found is None:
        return None
    if found.fingerprint != request.fingerprint:
        raise KeyTakenError
    if found.body is None:
        raise AnswerNotKeptError(repeat_detail or _UNREADABLE)
    try:
        return StoredAnswer(found.status, vault.unseal(found.body))
    except UnsealError:
        raise AnswerNotKeptError(_UNREADABLE) from None


async def keep(
    session: AsyncSession,
    request: IdempotentRequest,
    status: int,
    sealed: str | None,
    *,
    now: datetime,
) -> None:
    """Keep an answer in the caller's transaction, in the place of one that is past its time."""
    await session.execute(
        delete(AnsweredRequest).where(
            AnsweredRequest.user_id == request.user_id,
            AnsweredRequest.key == request.key,
            AnsweredRequest.created_at <= now - KEPT,
        )
    )
    session.add(
        AnsweredRequest(
            user_id=request.user_id,
            key=request.key,
            fingerprint=request.fingerprint,
            status=status,
            body=sealed,
            created_at=now,
        )
    )
    await session.flush()


async def keep_unless_kept(
    session: AsyncSession,
    request: IdempotentRequest,
    status: int,
    sealed: str | None,
    *,
    now: datetime,
) -> None:
    """Keep an answer, unless another process was first with one to the same key."""
    try:
        async with session.begin_nested():
            await keep(session, request, status, sealed, now=now)
    except IntegrityError:
        return


async def forget(session: AsyncSession, *, now: datetime) -> int:
    """Delete one batch of what is past its time; answers how many rows went, 0 when done."""
    old = (
        select(AnsweredRequest.user_id, AnsweredRequest.key)
        .where(AnsweredRequest.created_at <= now - KEPT)
        .limit(BATCH)
    )
    rows = (await session.execute(old)).all()
    for user_id, key in rows:
        await session.execute(
            delete(AnsweredRequest).where(
                AnsweredRequest.user_id == user_id, AnsweredRequest.key == key
            )
        )
    return len(rows)
