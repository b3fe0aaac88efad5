"""Rejudging of stored evidence, at a pace that leaves the machine to the executions."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from uuid import UUID
from weakref import WeakValueDictionary

from fastapi import Depends

from torale.server.database import Sessions
from torale.server.errors import ConflictError, InvalidFieldError, UnavailableError
from torale.server.evidence.base import Gathered
from torale.server.executions.checker import Checker, JudgeInput
from torale.server.judge.base import Judgement
from torale.server.parts import Part

AT_ONCE = 2
WAIT = timedelta(seconds=10)
_LONGEST_REST = 0.5  # seconds
_BUSY = "Other histories are being judged again; try again shortly."


class Rejudger:
    """Judges again what was judged before. Nothing of it is stored, nobody is told."""

    def __init__(self, sessions: Sessions, checker: Checker) -> None:
        self.sessions = sessions
        self._configured = checker
        self._builtin = checker.without_model()
        self._turns = asyncio.Semaphore(AT_ONCE)
        # A lock is there as long as somebody holds it or waits for it.
        self._users: WeakValueDictionary[UUID, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, user_id: UUID, *, wait: timedelta = WAIT) -> AsyncGenerator[None]:
        """Wait for a turn: few at a time and one a user, so that executions are not held up.

        Raises:
            UnavailableError: It did not come in time.
        """
        mine = self._users.setdefault(user_id, asyncio.Lock())
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(wait.total_seconds()):
                    await held.enter_async_context(mine)
                    await held.enter_async_context(self._turns)
            except TimeoutError:
                raise UnavailableError(_BUSY) from None
            yield

    @property
    def builtin(self) -> Checker:
        """Judges without a model: the same evidence, the same verdict."""
        return self._builtin

    def named(self, name: str) -> Checker:
        """Return the checker of the judge that a user asks for.

        Raises:
            InvalidFieldError: There is no such judge here.
        """
        if name == self._builtin.judge_name:
            return self._builtin
        if name == self._configured.judge_name:
            return self._configured
        choices = dict.fromkeys((self._builtin.judge_name, self._configured.judge_name))
        raise InvalidFieldError("judge", message=f"must be one of: {', '.join(choices)}")

    def same_as(self, asked: JudgeInput, decided_by: str) -> Checker:
        """Return the checker that judges as it was judged then.

        Raises:
            ConflictError: The judge of then is not the one that is configured now.
        """
        if asked.judge == self._configured.judge_name:
            return self._configured
        if decided_by == self._builtin.judge_name:
            return self._builtin
        raise ConflictError(
            f"This was judged by {asked.judge}; the server now judges with "
            f"{self._configured.judge_name}."
        )


REJUDGER = Part[Rejudger]("rejudger")
Rejudging = Annotated[Rejudger, Depends(REJUDGER)]


@asynccontextmanager
async def paced() -> AsyncGenerator[None]:
    """Rest after some work, so that all who judge again leave a third of the processor free."""
    started = time.thread_time()
    yield
    busy = time.thread_time() - started
    await asyncio.sleep(min(busy * AT_ONCE, _LONGEST_REST))


async def judge_again(checker: Checker, asked: JudgeInput, gathered: Gathered) -> Judgement:
    """Judge what was judged before, as if it were then.

    Raises:
        JudgeError: The judge failed, or today's budget is used up.
    """
    return await checker.judge(replace(asked.subject, settled=None), gathered, now=asked.at)
