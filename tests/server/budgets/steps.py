"""Steps of the budgets' tests."""

from uuid import UUID

from sqlalchemy import select

from torale.server.budgets.models import Spending
from torale.server.database import Sessions


async def spent(sessions: Sessions, scope: str, id_: UUID) -> tuple[int, int]:
    async with sessions.begin() as session:
        query = select(Spending.tokens, Spending.cost).where(
            Spending.scope == scope, Spending.scope_id == id_
        )
        row = (await session.execute(query)).one_or_none()
    return (0, 0) if row is None else (row[0], row[1])
