"""Protocols of the rooms above tasks that tasks need; the composition root hands them in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelOut
from torale.contract.tasks import Regression, Target, TargetOut
from torale.server.parts import Part
from torale.server.tasks.models import Task


class ChannelBook(Protocol):
    """Knows which channels a task tells."""

    async def assign(
        self, session: AsyncSession, task: Task, targets: Sequence[Target], *, now: datetime
    ) -> None:
        """Make `targets` the task's channels: finds the user's channel of a target or makes it.

        Raises:
            InvalidFieldError: A target is malformed, or a channel id is not the user's.
        """
        ...

    async def of_tasks(
        self, session: AsyncSession, task_ids: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[TargetOut]]:
        """Return the channels of each task, in the order in which the user named them."""
        ...

    async def of_user(self, session: AsyncSession, user_id: UUID) -> Sequence[ChannelOut]:
        """Return the newest 100 channels that the user has, whatever their state."""
        ...


class Launcher(Protocol):
    """Starts an execution by hand."""

    async def launch(self, session: AsyncSession, task: Task, *, now: datetime) -> UUID:
        """Write a pending execution and enqueue it; answers its id.

        Raises:
            ConflictError: One of the task is pending or running already.
        """
        ...


RunRegressionCheck = Callable[[], Awaitable[Sequence[Regression]]]


class RegressionCheck(Protocol):
    """Tries a changed condition on the verdicts that the user has judged."""

    async def prepare(self, session: AsyncSession, task: Task) -> RunRegressionCheck:
        """Read, in the caller's transaction, what is to be tried.

        What it answers tries it, in bounded time and outside of any transaction, and answers
        the verdicts that would now contradict the user.
        """
        ...


CHANNEL_BOOK = Part[ChannelBook]("channel_book")
LAUNCHER = Part[Launcher]("launcher")
REGRESSION_CHECK = Part[RegressionCheck]("regression_check")

Channels = Annotated[ChannelBook, Depends(CHANNEL_BOOK)]
Executions = Annotated[Launcher, Depends(LAUNCHER)]
RegressionChecks = Annotated[RegressionCheck, Depends(REGRESSION_CHECK)]
