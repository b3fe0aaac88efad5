"""Dependencies of endpoints that honour `Idempotency-Key`."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.clock import Now
from torale.server.crypto import VAULT, Vault
from torale.server.database import SESSIONS, Session, Sessions
from torale.server.idempotency import service
from torale.server.idempotency.in_flight import (
    IN_FLIGHT_LOCKS,
    IdempotentRequest,
    lock_across_processes,
)

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description=(
            "Any text of yours, 1 to 255 visible ASCII characters. For 24 hours the same request "
            "with the same key is carried out once and answered the same, with "
            "`Idempotency-Replayed: true`. The key with another request: 422; while the first "
            "runs: 409. A request that failed may be sent again."
        ),
    ),
]


class Replay(Exception):  # noqa: N818  (no error: the way out for an answer that was kept)
    """This request was answered before."""

    def __init__(self, answer: service.StoredAnswer) -> None:
        super().__init__()
        self.response = Response(
            answer.body,
            answer.status,
            {"Idempotency-Replayed": "true"},
            media_type="application/json",
        )


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that is held by the request that is carried out now.

    Attributes:
        session: The request's own; None if it has none, or several.
        repeat_detail: The answer to a repetition, if the first answer is not to be kept.
    """

    request: IdempotentRequest
    vault: Vault
    sessions: Sessions
    session: AsyncSession | None
    now: datetime
    repeat_detail: str | None

    async def admit(self, session: AsyncSession) -> None:
        """Go on if the request is to be carried out.

        Raises:
            Replay: It was, and this is the answer.
            KeyTakenError: The key belongs to another request.
            AnswerNotKeptError: It was carried out, and its answer was not kept.
        """
        kept = await service.find(
            session, self.request, self.vault, repeat_detail=self.repeat_detail, now=self.now
        )
        if kept is not None:
            raise Replay(kept)

    async def keep(self, response: Response) -> None:
        """Keep the answer, in the request's own transaction if it has one."""
        sealed = (
            self.vault.seal(bytes(response.body).decode()) if self.repeat_detail is None else None
        )
        status = response.status_code
        if self.session is not None:
            await service.keep(self.session, self.request, status, sealed, now=self.now)
            return
        async with self.sessions.begin() as session:
            await service.keep_unless_kept(session, self.request, status, sealed, now=self.now)


async def _identify(request: Request, user_id: UUID, key: str) -> IdempotentRequest:
    body = (await request.body()).decode("latin-1")
    content = f"{request.method} {request.scope['path']}\n{body}"
    # Keyed: a body may be as short as a code of six digits.
    return IdempotentRequest(user_id, key, VAULT.of(request).digest("idempotency", content))


def _held_key(
    request: Request,
    identified: IdempotentRequest,
    session: AsyncSession | None,
    now: datetime,
    repeat_detail: str | None,
) -> HeldKey:
    return HeldKey(identified, VAULT.of(request), SESSIONS.of(request), session, now, repeat_detail)


def _in_flight(
    user_of: Callable[..., UUID],
) -> Callable[..., AsyncIterator[IdempotentRequest | None]]:
    async def hold(
        request: Request, user_id: Annotated[UUID, Depends(user_of)], key: Key = None
    ) -> AsyncIterator[IdempotentRequest | None]:
        if key is None:
            yield None
            return
        with IN_FLIGHT_LOCKS.of(request).hold(await _identify(request, user_id, key)) as identified:
            yield identified

    return hold


def carried_out_once(
    user_of: Callable[..., UUID], *, apart: bool = False, repeat_detail: str | None = None
) -> Any:
    """Return the dependency of an endpoint that honours `Idempotency-Key`.

    Its router's routes must be of the kind OnceRoute.

    Args:
        user_of: A dependency that tells whose request it is.
        apart: The endpoint has no transaction of its own, or several: it talks to the network.
            Its answer is kept right after it. If the process dies in between, a repetition is
            carried out anew.
        repeat_detail: The sentence for a repetition of what is told only once, and not kept.
    """
    # Ahead of the transaction: on SQLite that would wait for the very request it repeats.
    in_flight = Depends(_in_flight(user_of), scope="function")

    async def claim_inside(
        request: Request,
        identified: Annotated[IdempotentRequest | None, in_flight],
        session: Session,
        now: Now,
    ) -> None:
        if identified is not None:
            held_key = _held_key(request, identified, session, now, repeat_detail)
            await lock_across_processes(session, identified)
            await held_key.admit(session)
            request.state.held_key = held_key

    async def claim_apart(
        request: Request, identified: Annotated[IdempotentRequest | None, in_flight], now: Now
    ) -> None:
        if identified is not None:
            held_key = _held_key(request, identified, None, now, repeat_detail)
            async with held_key.sessions.begin() as session:
                await held_key.admit(session)
            request.state.held_key = held_key

    return Depends(claim_apart if apart else claim_inside)
