"""What the server keeps of people."""

from sqlalchemy import select

from torale.server.auth.models import User
from torale.server.database import Sessions


async def users(sessions: Sessions) -> list[User]:
    async with sessions() as session:
        return list(await session.scalars(select(User).order_by(User.created_at, User.email)))
