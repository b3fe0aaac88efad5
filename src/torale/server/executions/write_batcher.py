"""What many ask for at the same moment, done in one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from contextvars import Context
from datetime import timedelta
from typing import Generic, TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.database import Sessions

log = structlog.get_logger()

MAX_BATCH = 32
CLOSING = timedelta(seconds=1)

Asked = TypeVar("Asked")
Told = TypeVar("Told")

Act = Callable[[AsyncSession, Sequence[Asked]], Awaitable[Sequence[Told]]]
"""Does what is asked in the transaction, and answers each in order. It must not commit."""


class WriteBatcher(Generic[Asked, Told]):
    """Gathers what is asked while a transaction runs, and does all of it in the next one.

    Nobody waits for company: who comes alone is served at once. The harm that one does is its
    own: when a transaction fails, each of its parts is tried again in one of its own.
    """

    def __init__(self, sessions: Sessions, act: Act[Asked, Told]) -> None:
        self._sessions = sessions
        self._act = act
        self._waiting: deque[tuple[Asked, asyncio.Future[Told]]] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def ask(self, one: Asked) -> Told:
        """Return the answer once it is committed.

        Raises:
            Exception: What kept this one, and not its company, from being done.
        """
        future: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._writer is None or self._writer.done():
            # In no context: it serves many, and logs under the name of none.
            self._writer = asyncio.create_task(self._serve(), name="group", context=Context())
        return await future

    async def aclose(self) -> None:
        """Let the transaction that is under way end, and begin no other."""
        self._waiting.clear()
        if self._writer is not None and not self._writer.done():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._writer, CLOSING.total_seconds())

    async def _serve(self) -> None:
        while self._waiting:
            count = min(MAX_BATCH, len(self._waiting))
            batch = [self._waiting.popleft() for _ in range(count)]
            # Whoever gave up meanwhile wants nothing done any more.
            batch = [(one, future) for one, future in batch if not future.done()]
            if not await self._is_done(batch):
                for alone in batch:
                    await self._do_alone(*alone)

    async def _is_done(self, batch: Sequence[tuple[Asked, asyncio.Future[Told]]]) -> bool:
        if len(batch) < 2:
            return False
        try:
            answers = await self._commit([one for one, _ in batch])
        except Exception as error:  # noqa: BLE001  (if it comes again, whom it concerns is told)
            log.warning("group.split", asked=len(batch), error=type(error).__name__)
            return False
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        return True

    async def _do_alone(self, one: Asked, future: asyncio.Future[Told]) -> None:
        try:
            (answer,) = await self._commit([one])
        except Exception as error:  # noqa: BLE001  (handed to the one who asked)
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(answer)

    async def _commit(self, asked: Sequence[Asked]) -> Sequence[Told]:
        async with self._sessions.begin() as session:
            return await self._act(session, asked)
