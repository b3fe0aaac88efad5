"""The main job: due, checked, judged, told."""

from datetime import timedelta
from email import message_from_string
from email.policy import default
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.support.world import SHOP, World
from torale.server.evidence.base import Problem
from torale.server.executions import lifecycle
from torale.server.executions.lifecycle import ExecutionStart
from torale.server.executions.models import EvidenceText, Execution

HOUR = timedelta(hours=1)
ALICE = [{"type": "email", "address": "alice@example.com"}]
DEAR, CHEAP = "Aurora lamp\nPrice: 399.00 USD", "Aurora lamp\nPrice: 329.00 USD"


async def tick(world: World, hours: int = 1) -> int:
    world.clock.advance(HOUR * hours)
    started = await world.dispatcher.tick()
    await world.queue.run_due()
    return started


async def test_a_task_waits_then_tells_once_and_is_completed(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create(notifications=ALICE)

    assert await tick(world) == 1
    waiting = await world.show(f"/tasks/{task['id']}")
    world.web.pages[SHOP] = CHEAP
    assert await tick(world) == 1
    done = await world.show(f"/tasks/{task['id']}")

    assert waiting["state"] == "active"
    assert waiting["last_execution"]["condition_met"] is False
    assert done["state"] == "completed"
    assert done["next_run"] is None
    assert done["last_execution"]["condition_met"] is True
    assert await tick(world) == 0, "a completed task is not due"
    (mail,) = [message_from_string(one, policy=default) for one in world.mails]
    assert mail["To"] == "alice@example.com"
    assert "Condition met" in str(mail["Subject"])
    sends = await world.show("/notifications/sends")
    assert [one["status"] for one in sends["sends"]] == ["delivered"]


async def test_a_verdict_shows_its_evidence(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create()

    execution = await world.execute(task)
    evidence = await world.show(f"/tasks/{task['id']}/executions/{execution['id']}/evidence")

    result = execution["result"]
    assert result["verdict"] == "met"
    assert result["condition_met"] is True
    assert result["judge"] == "builtin"
    (document,) = evidence["evidence"]
    assert document["uri"] == SHOP
    assert document["text"] == CHEAP
    for quote in result["quotes"]:
        assert quote["source"] == SHOP
        assert quote["text"] in document["text"]
    assert execution["grounding_sources"][0]["uri"] == SHOP


async def test_an_unknown_shows_the_words_that_speak_of_the_question(world: World) -> None:
    menu = [f"Department {number}" for number in range(80)]
    world.web.pages[SHOP] = "\n".join([*menu, "The Aurora lamp has no price yet.", "Ask us."])
    task = await world.create()

    execution = await world.execute(task)

    assert execution["result"]["verdict"] == "unknown"
    (shown,) = execution["grounding_sources"]
    assert shown["snippet"] == "The Aurora lamp has no price yet. Ask us."


async def test_equal_texts_are_stored_once(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create()
    await world.execute(task)
    world.clock.advance(HOUR)
    await world.execute(task)

    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(EvidenceText)) == 1


async def test_always_tells_every_time(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    await world.create(notify_behavior="always", notifications=ALICE)

    await tick(world)
    await tick(world)

    assert len(world.mails) == 2


async def test_track_state_starts_silent_and_tells_a_change(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create(notify_behavior="track_state", notifications=ALICE)
    await tick(world)
    await tick(world)
    assert world.mails == [], "a baseline and the same again are no news"

    world.web.pages[SHOP] = "Aurora lamp\nPrice: 389.00 USD"
    await tick(world)

    assert len(world.mails) == 1
    (newest, *_) = (await world.show(f"/tasks/{task['id']}/executions"))["executions"]
    assert newest["condition_met"] is False, "a change is told whether or not the condition is met"
    assert "399" in newest["change_summary"]
    assert "389" in newest["change_summary"]


async def test_other_words_for_the_same_facts_are_no_change(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    await world.create(notify_behavior="track_state", notifications=ALICE)
    await tick(world)
    world.web.pages[SHOP] = "The Aurora lamp, now in the shop\nPrice: $399\nMore words"
    await tick(world)

    assert world.mails == []


async def test_nothing_retrieved_is_a_failure_and_touches_no_state(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create()
    await world.execute(task)
    before = (await world.show(f"/tasks/{task['id']}"))["last_known_state"]
    world.web.pages.clear()
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]

    execution = await world.execute(task)

    assert execution["status"] == "failed"
    assert execution["condition_met"] is None
    assert execution["error_type"] == "timeout"
    assert "did not answer" in execution["error_message"]
    assert (await world.show(f"/tasks/{task['id']}"))["last_known_state"] == before


@pytest.mark.parametrize("reason", ["a captcha", "a login form", "empty"])
async def test_an_unusable_page_is_unknown_with_its_reason(world: World, reason: str) -> None:
    world.web.unusable[SHOP] = reason
    execution = await world.execute(await world.create())

    assert execution["status"] == "success"
    assert execution["condition_met"] is None
    assert execution["result"]["verdict"] == "unknown"
    assert reason in execution["result"]["reasoning"]


async def test_an_empty_search_is_unknown(world: World) -> None:
    execution = await world.execute(await world.create(sources=[]))

    assert execution["status"] == "success"
    assert execution["result"]["verdict"] == "unknown"


async def test_a_named_source_that_fails_keeps_not_met_from_being_said(world: World) -> None:
    other = "https://other.example/lamp"
    world.web.pages[SHOP] = DEAR
    world.web.problems = [Problem(other, "http_503", "The site answered 503.", named=True)]

    execution = await world.execute(await world.create(sources=[SHOP, other]))

    assert execution["result"]["verdict"] == "unknown"
    assert other in execution["result"]["reasoning"]


async def test_three_failures_are_told_once_and_so_is_the_recovery(world: World) -> None:
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]
    await world.create(notifications=ALICE)
    for _ in range(5):
        await tick(world)
    assert len(world.mails) == 1
    assert "failing" in world.mails[0]

    world.web.problems = []
    world.web.pages[SHOP] = DEAR
    await tick(world)
    await tick(world)

    assert len(world.mails) == 2
    assert "work again" in world.mails[1]


async def test_a_condition_met_after_failures_is_told_once(world: World) -> None:
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]
    await world.create(notifications=ALICE)
    for _ in range(3):
        await tick(world)
    world.web.problems = []
    world.web.pages[SHOP] = CHEAP
    await tick(world)

    assert len(world.mails) == 2, "the message of the condition stands for the recovery"
    assert "Condition met" in world.mails[1]


async def test_missed_ticks_collapse_into_one(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create()

    assert await tick(world, hours=30) == 1

    found = await world.show(f"/tasks/{task['id']}/executions")
    assert found["total"] == 1
    assert (await world.show(f"/tasks/{task['id']}"))["next_run"] == "2026-11-25T16:00:00Z"


async def test_a_tick_that_finds_one_running_is_counted_not_queued(world: World) -> None:
    task = await world.create()
    world.clock.advance(HOUR)
    await world.dispatcher.tick()  # nobody works on it
    world.clock.advance(HOUR)

    assert await world.dispatcher.tick() == 0

    shown = await world.show(f"/tasks/{task['id']}")
    assert shown["skipped_ticks"] == 1
    assert shown["next_run"] == "2026-11-24T12:00:00Z"
    assert (await world.show(f"/tasks/{task['id']}/executions"))["total"] == 1


async def test_only_one_execution_at_a_time(world: World) -> None:
    task = await world.create(run_immediately=True)

    response = await world.alice.post(f"/api/v1/tasks/{task['id']}/execute")

    assert response.status_code == 409
    assert "pending or running" in response.json()["detail"]


async def test_a_deleted_task_tells_nobody(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create(run_immediately=True, notifications=ALICE)
    assert (await world.alice.delete(f"/api/v1/tasks/{task['id']}")).status_code == 204

    await world.queue.run_due()

    assert world.mails == []
    async with world.sessions() as session:
        execution = await session.scalar(select(Execution))
        assert execution is not None
        assert execution.error_type == "task_deleted"


async def test_an_execution_that_keeps_killing_its_process_ends(world: World) -> None:
    world.web.pages[SHOP] = DEAR
    task = await world.create(run_immediately=True)
    (job,) = world.queue.waiting
    for _ in range(4):  # each time the process dies right after the start was written
        async with world.sessions.begin() as session:
            await lifecycle.start_executions(
                session, [ExecutionStart(UUID(job.argument), world.clock())]
            )

    await world.queue.run_due()

    (execution,) = (await world.show(f"/tasks/{task['id']}/executions"))["executions"]
    assert execution["status"] == "failed"
    assert execution["error_type"] == "process_died"


async def test_running_a_job_twice_changes_nothing(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create(run_immediately=True, notifications=ALICE)
    (job,) = world.queue.waiting
    await world.queue.run_due()
    before = await world.show(f"/tasks/{task['id']}/executions")

    await world.queue.handlers["execution"](job.argument)
    await world.queue.run_due()

    assert await world.show(f"/tasks/{task['id']}/executions") == before
    assert len(world.mails) == 1


async def test_a_completed_task_tells_again_only_after_it_was_set_active(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create(notifications=ALICE)
    await tick(world)
    await world.execute(task)
    assert len(world.mails) == 1

    response = await world.alice.put(f"/api/v1/tasks/{task['id']}", json={"state": "active"})
    assert response.status_code == 200
    await tick(world)

    assert len(world.mails) == 2
