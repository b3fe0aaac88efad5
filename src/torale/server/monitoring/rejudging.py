"""Judges stored evidence again, at a pace that leaves the machine to the executions."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from torale.server.database import Sessions
from torale.server.errors import ConflictError, InvalidFieldError, UnavailableError
from torale.server.evidence.base import Gathered
from torale.server.judge.base import Judgement
from torale.server.judge.builtin import BuiltinJudge
from torale.server.monitoring.check import Asked, Checker

AT_ONCE = 2
WAIT = timedelta(seconds=10)
_LONGEST_BREAK = 0.25
_BUSY = "Other histories are being judged again; try again shortly."


class Rejudger:
    """Judges again what was judged before. Nothing of it is stored, nobody is told."""

    def __init__(self, sessions: Sessions, checker: Checker) -> None:
        self.sessions = sessions
        self._configured = checker
        self._builtin = checker.with_judge(BuiltinJudge())
        self._turns = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for a turn: few at a time, so that executions are not held up.

        Raises:
            UnavailableError: It did not come in time.
        """
        try:
            async with asyncio.timeout(WAIT.total_seconds()):
                await self._turns.acquire()
        except TimeoutError:
            raise UnavailableError(_BUSY) from None
        try:
            yield
        finally:
            self._turns.release()

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

    def same_as(self, asked: Asked, decided_by: str) -> Checker:
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


async def judge_again(checker: Checker, asked: Asked, gathered: Gathered) -> Judgement:
    """Judge once, then rest as long as the processor was busy with it: half of one core at most.

    Raises:
        JudgeError: The judge failed, or today's budget is used up.
    """
    started = time.thread_time()
    judgement = await checker.judge(replace(asked.subject, settled=None), gathered, now=asked.at)
    await asyncio.sleep(min(time.thread_time() - started, _LONGEST_BREAK))
    return judgement
