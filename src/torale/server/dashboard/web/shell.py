"""Frame of every page: the viewer's counts that it shows."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.notifications import inbox


@dataclass(frozen=True, slots=True)
class Shell:
    """`unread` is what waits in the inbox: it stands in the title, the favicon and the rail."""

    unread: int = 0

    @property
    def told(self) -> str:
        """The number as it is shown: `99+` stands for more."""
        return str(self.unread) if self.unread < inbox.MANY else f"{inbox.MANY - 1}+"


async def read(session: AsyncSession, user_id: UUID) -> Shell:
    """Read it, in one statement: it is part of every page."""
    return Shell(await inbox.count(session, user_id))
