"""What users say of verdicts, and what becomes of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from tests.server.audit.steps import forget
from tests.server.review.steps import say
from tests.support.world import SHOP, World
from torale.server.evidence.base import Problem
from torale.server.executions import feedback
from torale.server.executions.models import Feedback
from torale.server.judge.base import Example, Judge, Judgement, Quote, Verdict
from torale.server.judge.scripted import ScriptedJudge

SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


async def looks(world: World, task: Mapping[str, Any], *prices: int) -> list[dict[str, Any]]:
    executions: list[dict[str, Any]] = []
    for price in prices:
        world.clock.advance(HOUR)
        world.web.pages[SHOP] = f"Aurora lamp\nPrice: {price}.00 USD"
        executions.append(await world.execute(task))
    return executions


async def test_feedback_is_kept_and_the_latest_word_counts(world: World) -> None:
    task = await world.create(notify_behavior="always")
    (execution,) = await looks(world, task, 329)

    first = await say(world, task, execution, correct=True)
    world.clock.advance(HOUR)
    second = await say(world, task, execution, correct=False, note="Refurbished, not new.")

    assert (first["correct"], first["note"]) == (True, "")
    assert (second["correct"], second["note"]) == (False, "Refurbished, not new.")
    assert second["created_at"] == first["created_at"] < second["updated_at"]
    shown = await world.show(f"/tasks/{task['id']}/executions/{execution['id']}/evidence")
    assert shown["feedback"] == second
    async with world.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Feedback)) == 1


async def test_precision_is_shown_per_task(world: World) -> None:
    task = await world.create(notify_behavior="always")
    assert task["feedback"] == {"right": 0, "wrong": 0, "precision": None}
    executions = await looks(world, task, 329, 329, 329, 329, 399)
    assert [one["result"]["verdict"] for one in executions] == [*["met"] * 4, "not_met"]

    for execution, correct in zip(executions, (True, True, True, False, False), strict=True):
        await say(world, task, execution, correct=correct)

    expected = {"right": 3, "wrong": 2, "precision": 0.75}
    assert (await world.show(f"/tasks/{task['id']}"))["feedback"] == expected
    (listed,) = (await world.show("/tasks"))["tasks"]
    assert listed["feedback"] == expected


async def test_without_a_judged_met_there_is_no_precision(world: World) -> None:
    task = await world.create()
    (execution,) = await looks(world, task, 399)
    await say(world, task, execution, correct=True)

    shown = (await world.show(f"/tasks/{task['id']}"))["feedback"]

    assert shown == {"right": 1, "wrong": 0, "precision": None}


async def test_only_verdicts_are_judged(world: World) -> None:
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]
    task = await world.create()
    failed = await world.execute(task)

    response = await world.alice.post(
        f"/api/v1/tasks/{task['id']}/executions/{failed['id']}/feedback", json={"correct": False}
    )

    assert response.status_code == 409
    assert "no verdict" in response.json()["detail"]


class TestWithAModel:
    @pytest.fixture
    def judge(self) -> Judge:
        quote = Quote(SHOP, "Aurora lamp")
        return ScriptedJudge(lambda _: Judgement(Verdict.MET, "Cheap.", "Is so.", 0.9, (quote,)))

    async def test_wrong_verdicts_are_examples_newest_first(
        self, world: World, judge: ScriptedJudge
    ) -> None:
        task = await world.create(
            notify_behavior="always", condition_description="Critics praise the lamp"
        )
        executions = await looks(world, task, *range(300, 309))
        assert judge.requests[-1].examples == ()
        for at, execution in enumerate(executions):
            world.clock.advance(HOUR)
            await say(world, task, execution, correct=at == 4, note=f"note {at}")

        await looks(world, task, 310)

        told: tuple[Example, ...] = judge.requests[-1].examples
        assert [one.note for one in told] == ["note 8", "note 7", "note 6", "note 5", "note 3"]
        assert len(told) == feedback.MAX_EXAMPLES
        assert {(one.answer, one.verdict, one.correct) for one in told} == {
            ("Cheap.", Verdict.MET, False)
        }
        assert judge.requests[-1].watched_since is not None

    async def test_feedback_on_another_question_is_no_example(
        self, world: World, judge: ScriptedJudge
    ) -> None:
        task = await world.create(notify_behavior="always")
        (execution,) = await looks(world, task, 300)
        await say(world, task, execution, correct=False)
        change = {"condition_description": "The lamp is in stock again"}
        await world.alice.put(f"/api/v1/tasks/{task['id']}", json=change)

        await looks(world, task, 300)

        assert judge.requests[-1].examples == ()


async def test_a_changed_condition_is_tried_on_what_was_judged(world: World) -> None:
    task = await world.create(notify_behavior="always")
    met, refurbished, dear, _ = await looks(world, task, 329, 345, 399, 340)
    await say(world, task, met, correct=True)
    world.clock.advance(HOUR)
    await say(world, task, refurbished, correct=False, note="Too dear for me.")
    await say(world, task, dear, correct=True)
    url = f"/api/v1/tasks/{task['id']}"

    better = await world.alice.put(url, json={"condition_description": "Price below 340 USD"})
    worse = await world.alice.put(url, json={"condition_description": "Price below 320 USD"})
    back = await world.alice.put(url, json={"condition_description": "Price below 350 USD"})

    assert "regressions" not in better.json(), "it now agrees with all that was said"
    (lost,) = worse.json()["regressions"]
    assert lost["execution_id"] == met["id"]
    assert (lost["verdict_then"], lost["verdict_now"], lost["correct"]) == ("met", "not_met", True)
    (again,) = back.json()["regressions"]
    assert again["execution_id"] == refurbished["id"]
    assert (again["verdict_now"], again["note"]) == ("met", "Too dear for me.")
    assert back.json()["condition_description"] == "Price below 350 USD", "it was changed anyhow"


@SQLITE
async def test_what_needs_a_model_is_not_tried(world: World) -> None:
    task = await world.create(notify_behavior="always")
    (execution,) = await looks(world, task, 329)
    await say(world, task, execution, correct=True)
    url = f"/api/v1/tasks/{task['id']}"

    vague = await world.alice.put(url, json={"condition_description": "Something nice happens"})
    renamed = await world.alice.put(url, json={"name": "Another name"})

    assert vague.status_code == renamed.status_code == 200
    assert "regressions" not in vague.json()
    assert "regressions" not in renamed.json()


@SQLITE
async def test_feedback_goes_with_its_execution(world: World) -> None:
    task = await world.create(notify_behavior="always")
    (execution,) = await looks(world, task, 329)
    await say(world, task, execution, correct=True)
    world.clock.advance(timedelta(days=500))
    await looks(world, task, *[399] * 50)

    await forget(world)

    shown = await world.show(f"/tasks/{task['id']}")
    assert shown["feedback"] == {"right": 0, "wrong": 0, "precision": None}


@SQLITE
@pytest.mark.parametrize(
    "words",
    [{}, {"correct": "perhaps"}, {"correct": True, "note": "x" * 501}, {"correct": True, "no": 1}],
)
async def test_nonsense_is_refused(world: World, words: dict[str, Any]) -> None:
    task = await world.create()
    (execution,) = await looks(world, task, 329)
    path = f"/api/v1/tasks/{task['id']}/executions/{execution['id']}/feedback"

    assert (await world.alice.post(path, json=words)).status_code == 422


async def test_a_stranger_says_nothing(world: World) -> None:
    task = await world.create()
    (execution,) = await looks(world, task, 329)
    path = f"/api/v1/tasks/{task['id']}/executions/{execution['id']}/feedback"

    theirs = await world.mallory.post(path, json={"correct": False})
    nobody = await world.mallory.post(
        path.replace(task["id"], str(uuid4())), json={"correct": False}
    )

    assert theirs.status_code == nobody.status_code == 404
    assert theirs.json() == nobody.json()
    assert (await world.show(f"/tasks/{task['id']}"))["feedback"]["wrong"] == 0
