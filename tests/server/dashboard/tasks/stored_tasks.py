"""Tasks written straight into the database, for screens that show them."""

from datetime import timedelta
from uuid import UUID

from tests.support.fakes import FakeClock
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.database import Sessions
from torale.server.tasks.models import Task

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"


async def add_task(
    sessions: Sessions, user_id: UUID, clock: FakeClock, name: str, **more: object
) -> UUID:
    values: dict[str, object] = {
        "user_id": user_id,
        "name": name,
        "search_query": "price of it",
        "condition_description": "the price is below 350 USD",
        "schedule": "0 9 * * *",
        "timezone": "UTC",
        "notify_behavior": NotifyBehavior.ONCE,
        "state": TaskState.ACTIVE,
        "sources": [],
        "next_run_at": clock() + timedelta(hours=1),
        "state_changed_at": clock(),
        "created_at": clock(),
        "updated_at": clock(),
    }
    task = Task(**{**values, **more})
    async with sessions.begin() as session:
        session.add(task)
    return task.id
