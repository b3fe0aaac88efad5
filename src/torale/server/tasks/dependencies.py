"""What endpoints of tasks ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import TaskOut
from torale.server.database import Session
from torale.server.settings.base import SETTINGS
from torale.server.tasks import service
from torale.server.tasks.models import Task
from torale.server.tasks.ports import ChannelBook, Channels


@dataclass(frozen=True, slots=True)
class Display:
    """Shows tasks as the wire does.

    Attributes:
        has_model: A language model judges what the builtin judge cannot.
    """

    session: AsyncSession
    channels: ChannelBook
    has_model: bool

    async def one(self, task: Task) -> TaskOut:
        return (await self.all([task]))[0]

    async def all(self, tasks: Sequence[Task]) -> list[TaskOut]:
        return await service.show(self.session, tasks, self.channels, has_model=self.has_model)


def has_model(request: Request) -> bool:
    """Whether the operator configured a language model."""
    return SETTINGS.of(request).has_model


def _display(request: Request, session: Session, channels: Channels) -> Display:
    return Display(session, channels, has_model(request))


Shown = Annotated[Display, Depends(_display)]
