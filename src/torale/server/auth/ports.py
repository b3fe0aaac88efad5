"""What the auth room asks of rooms above it; the composition root hands it in."""

from datetime import datetime
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


class PauseTasks(Protocol):
    async def __call__(self, session: AsyncSession, user_id: UUID, *, now: datetime) -> int:
        """Pause every active task of a user; answers how many that were."""
        ...


def _pause_tasks(request: Request) -> PauseTasks:
    pause: PauseTasks = request.app.state.pause_tasks
    return pause


TaskPauser = Annotated[PauseTasks, Depends(_pause_tasks)]
