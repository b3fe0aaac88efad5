"""Protocols of the rooms above auth that auth needs; the composition root hands them in."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.parts import Part


class PauseTasks(Protocol):
    async def __call__(self, session: AsyncSession, user_id: UUID, *, now: datetime) -> int:
        """Pause every active task of a user; answers how many that were."""
        ...


PAUSE_TASKS = Part[PauseTasks]("pause_tasks")
TaskPauser = Annotated[PauseTasks, Depends(PAUSE_TASKS)]
