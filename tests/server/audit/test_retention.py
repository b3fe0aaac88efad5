"""What is forgotten, and what never is."""

import pytest
from sqlalchemy import func, select, update

from tests.server.audit.steps import DAY, forget, pad
from tests.support.fakes import START
from tests.support.world import SHOP, World
from torale.contract.executions import ExecutionStatus
from torale.server.audit import retention
from torale.server.audit.retention import RetentionRound
from torale.server.database import Sessions
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.notifications.models import UnreadEvent
from torale.server.tasks.models import Task

PAGE = "Aurora lamp\nPrice: 399.00 USD"


async def count(
    sessions: Sessions, table: type[Execution | EvidenceText | Task | UnreadEvent]
) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def texts_of(world: World, task_id: str, execution_id: str) -> list[str | None]:
    shown = await world.show(f"/tasks/{task_id}/executions/{execution_id}/evidence")
    return [one["text"] for one in shown["evidence"]]


async def test_a_text_goes_when_it_is_old_and_not_among_the_last_50(world: World) -> None:
    world.web.pages[SHOP] = PAGE
    task = await world.create()
    execution = await world.execute(task)
    await pad(world, task["id"], 49)

    assert await forget(world, days=91) == 0, "one of the last 50"
    assert await texts_of(world, task["id"], execution["id"]) == [PAGE]
    await pad(world, task["id"], 1)
    assert await forget(world) == 1

    assert await texts_of(world, task["id"], execution["id"]) == [None]
    async with world.sessions() as session:
        digest = await session.scalar(select(EvidenceDocument.sha256))
    shown = await world.show(f"/tasks/{task['id']}/executions/{execution['id']}/evidence")
    assert shown["evidence"][0]["id"] == digest, "the digest still proves what was read"


async def test_a_young_text_stays(world: World) -> None:
    world.web.pages[SHOP] = PAGE
    task = await world.create()
    await world.execute(task)
    await pad(world, task["id"], 60)

    assert await forget(world, days=89) == 0


async def test_a_text_stays_while_anybody_needs_it(world: World) -> None:
    world.web.pages[SHOP] = PAGE
    crowded, calm = await world.create(), await world.create()
    await world.execute(crowded)
    kept = await world.execute(calm)
    await pad(world, crowded["id"], 60)

    assert await forget(world, days=91) == 0
    assert await texts_of(world, calm["id"], kept["id"]) == [PAGE]


async def test_a_text_that_was_read_again_is_young(world: World) -> None:
    world.web.pages[SHOP] = PAGE
    task = await world.create()
    await world.execute(task)
    world.clock.advance(80 * DAY)
    await world.execute(task)
    await pad(world, task["id"], 60)

    assert await forget(world, days=80) == 0
    assert await forget(world, days=11) == 1


async def test_old_executions_go_except_the_last_50(world: World) -> None:
    world.web.pages[SHOP] = PAGE
    task, other = await world.create(), await world.create()
    await world.execute(other)
    await pad(world, task["id"], 30)
    await pad(world, task["id"], 40)

    assert await forget(world, days=399) == 0
    assert await forget(world, days=2) == 20

    assert (await world.show(f"/tasks/{task['id']}/executions"))["total"] == 50
    assert (await world.show(f"/tasks/{other['id']}/executions"))["total"] == 1
    assert await forget(world) == 0


async def test_young_executions_stay_however_many(world: World) -> None:
    task = await world.create()
    await pad(world, task["id"], 80)

    assert await forget(world, days=399) == 0
    assert await count(world.sessions, Execution) == 80


async def test_an_unread_event_goes_with_its_execution(world: World) -> None:
    world.web.pages[SHOP] = "Aurora lamp\nPrice: 299.00 USD"
    task = await world.create(notify_behavior="always")
    await world.execute(task)
    assert await count(world.sessions, UnreadEvent) == 1
    await pad(world, task["id"], 49)
    await forget(world, days=401)
    assert await count(world.sessions, UnreadEvent) == 1, "one of the last 50"
    await pad(world, task["id"], 1)
    await forget(world)
    assert await count(world.sessions, UnreadEvent) == 0


async def test_an_execution_in_flight_is_never_forgotten(world: World) -> None:
    task = await world.create(run_immediately=True)
    await pad(world, task["id"], 60)

    await forget(world, days=500)

    async with world.sessions() as session:
        status = select(func.count()).where(Execution.status == ExecutionStatus.PENDING)
        assert await session.scalar(status) == 1


async def test_the_history_of_a_deleted_task_stays_until_retention(world: World) -> None:
    world.web.pages[SHOP] = PAGE
    task = await world.create()
    await world.execute(task)
    assert (await world.alice.delete(f"/api/v1/tasks/{task['id']}")).status_code == 204

    await forget(world, days=399)
    assert await count(world.sessions, Task) == 1
    assert await count(world.sessions, Execution) == 1
    await forget(world, days=2)

    assert await count(world.sessions, Task) == 0
    assert await count(world.sessions, Execution) == 0
    assert await count(world.sessions, EvidenceText) == 0


async def test_much_is_forgotten_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    task = await world.create()
    await pad(world, task["id"], 70)
    async with world.sessions.begin() as session:
        await session.execute(update(Execution).values(created_at=START - 401 * DAY))
    batches = RetentionRound(now=world.clock(), evidence_days=90, execution_days=400)

    async with world.sessions.begin() as session:
        one_batch = await batches.delete_batch(session)

    assert one_batch == 7
    assert await forget(world) == 13
    assert await count(world.sessions, Execution) == 50
