"""What another condition would have done with the history."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from tests.server.review.steps import PRICES, days, run, six_weeks
from tests.support.world import SHOP, World
from torale.contract.tasks import NotifyBehavior
from torale.server.budgets.ledger import BudgetOwner
from torale.server.errors import UnavailableError
from torale.server.evidence.base import Problem
from torale.server.executions.checker import Checker
from torale.server.executions.models import EvidenceText, Execution
from torale.server.judge.base import Judge, JudgeError, Judgement, Quote, Verdict
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.scripted import ScriptedJudge
from torale.server.notifications.models import Delivery
from torale.server.review import recorded_checks
from torale.server.review.backtest import NOT_REACHED, Plan, backtest
from torale.server.review.rejudging import Rejudger

# Six weeks of a lamp: dear, a sale in week three, dear again, a deeper sale in week six.
SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def test_six_weeks_are_told_as_they_were(world: World) -> None:
    task = await six_weeks(world, notify_behavior="always")

    found = await run(world, task)

    assert days(found, "told_then") == days(found, "would_tell") == [*range(14, 21), *range(35, 42)]
    assert (found["told"], found["would_tell"]) == (14, 14)
    assert all(one["verdict_then"] == one["verdict_now"] for one in found["executions"])
    assert found["understood"] == "price < 350 USD"
    assert found["coverage"] == {
        "executions": 42,
        "judged": 42,
        "failed": 0,
        "forgotten": 0,
        "not_reached": 0,
        "share": 1.0,
    }


async def test_another_condition_and_behaviour_tell_otherwise(world: World) -> None:
    task = await six_weeks(world, notify_behavior="always")

    stricter = await run(world, task, condition_description="The price is below 320 USD")
    once = await run(world, task, notify_behavior="once")
    changes = await run(world, task, notify_behavior="track_state")

    assert days(stricter, "would_tell") == [*range(35, 42)]
    assert days(stricter, "told_then") == [*range(14, 21), *range(35, 42)]
    assert stricter["condition_description"] == "The price is below 320 USD"
    assert days(once, "would_tell") == [14], "the first time only"
    assert days(changes, "would_tell") == [14, 21, 35], "and never the baseline"
    first = changes["executions"][14]
    assert "399" in first["change_summary"]
    assert "345" in first["change_summary"]


async def test_a_task_that_told_once_is_backtested_as_one_that_goes_on(world: World) -> None:
    task = await six_weeks(world, PRICES[:20])  # once: it was completed on day 14

    found = await run(world, task, condition_description="The price is below 400 USD")

    assert days(found, "told_then") == [14]
    assert days(found, "would_tell") == [0]
    assert len(found["executions"]) == 15


async def test_a_drop_is_measured_from_the_execution_before(world: World) -> None:
    task = await six_weeks(world, notify_behavior="always")

    found = await run(world, task, condition_description="The price of the lamp changed")

    assert days(found, "would_tell") == [14, 21, 35]


async def test_nothing_is_stored_and_nobody_is_told(world: World) -> None:
    task = await six_weeks(world, PRICES[:16], notify_behavior="always")
    before = await world.show(f"/tasks/{task['id']}")
    mails = len(world.mails)

    async def counts() -> list[int | None]:
        async with world.sessions() as session:
            return [
                await session.scalar(select(func.count()).select_from(table))
                for table in (Execution, EvidenceText, Delivery)
            ]

    kept = await counts()
    await run(world, task, condition_description="The price is below 500 USD")

    assert await counts() == kept
    assert await world.show(f"/tasks/{task['id']}") == before
    assert world.queue.waiting == []
    assert len(world.mails) == mails


async def test_gaps_in_the_history_are_counted(world: World) -> None:
    task = await six_weeks(world, [399, 345], notify_behavior="always")
    world.web.pages.clear()
    world.web.problems = [Problem(SHOP, "timeout", "It did not answer in time.", named=True)]
    failed = await world.execute(task)
    async with world.sessions.begin() as session:
        oldest = "SELECT sha256 FROM evidence_texts ORDER BY seen_at LIMIT 1"
        await session.execute(text(f"DELETE FROM evidence_texts WHERE sha256 = ({oldest})"))

    found = await run(world, task)

    assert found["coverage"] == {
        "executions": 3,
        "judged": 1,
        "failed": 1,
        "forgotten": 1,
        "not_reached": 0,
        "share": 0.5,
    }
    assert [one["skipped"] for one in found["executions"]] == [
        recorded_checks.FORGOTTEN,
        None,
        recorded_checks.NOTHING_READ,
    ]
    assert found["executions"][2]["execution_id"] == failed["id"]
    assert [one["verdict_then"] for one in found["executions"]] == ["not_met", "met", None]


async def test_an_empty_history_is_an_answer(world: World) -> None:
    found = await run(world, await world.create())

    assert found["executions"] == []
    assert found["coverage"]["share"] == 0


@SQLITE
async def test_only_the_newest_are_looked_at(world: World) -> None:
    task = await six_weeks(world, PRICES[:16], notify_behavior="always")

    async with world.sessions() as session:
        found = await recorded_checks.newest(session, UUID(task["id"]), limit=5)

    shown = (await world.show(f"/tasks/{task['id']}/executions?limit=5"))["executions"]
    assert [str(one) for one in found] == [one["id"] for one in reversed(shown)]


@SQLITE
async def test_what_time_does_not_reach_is_said(world: World) -> None:
    task = await six_weeks(world, [399, 345])
    rejudger = Rejudger(world.sessions, Checker(world.web, BuiltinJudge()))
    payer = BudgetOwner(UUID(task["user_id"]), UUID(task["id"]))
    plan = Plan("Price of the lamp", "The price is below 350 USD", NotifyBehavior.ALWAYS, payer)
    async with world.sessions() as session:
        history = await recorded_checks.newest(session, UUID(task["id"]))

    found = await backtest(
        rejudger, rejudger.builtin, plan, history, time_limit=timedelta(seconds=-1)
    )

    assert found.coverage.not_reached == 2
    assert {one.skipped for one in found.executions} == {NOT_REACHED}


MET = Judgement(Verdict.MET, "It does.", "It says so.", 0.9, (Quote(SHOP, "Aurora lamp"),))
UNSURE = replace(MET, verdict=Verdict.UNKNOWN)
FULL = JudgeError("budget_exceeded", "Today's model budget of this task is used up.")


PRAISED = "Critics praise the lamp"  # no rule decides it


class Model(ScriptedJudge):
    name = "openai:small"


@SQLITE
class TestWithAModel:
    @pytest.fixture
    def judge(self) -> Judge:
        broken = JudgeError("model_timeout", "The model did not answer.")
        return Model([UNSURE, UNSURE, UNSURE, UNSURE, MET, broken, UNSURE, FULL])

    async def test_it_is_asked_only_when_named_and_within_the_budget(self, world: World) -> None:
        task = await six_weeks(world, [399, 398, 397, 396], condition_description=PRAISED)

        free = await run(world, task)
        found = await run(world, task, judge="openai:small")

        assert free["judge"] == "builtin"
        assert free["would_tell"] == 0
        assert found["judge"] == "openai:small"
        assert [one["verdict_now"] for one in found["executions"]] == ["met", None, "unknown", None]
        assert [one["would_tell"] for one in found["executions"]] == [True, False, False, False]
        assert found["executions"][1]["skipped"] == "The model did not answer."
        assert found["executions"][3]["skipped"] == FULL.detail
        assert found["coverage"]["not_reached"] == 1

    async def test_a_judge_that_is_not_there_is_refused(self, world: World) -> None:
        task = await world.create()

        response = await world.alice.post(
            f"/api/v1/tasks/{task['id']}/backtest", json={"judge": "openai:large"}
        )

        assert response.status_code == 422
        (problem,) = response.json()["detail"]
        assert problem["loc"] == ["body", "judge"]
        assert "builtin, openai:small" in problem["msg"]


@SQLITE
@pytest.mark.parametrize(
    "spec",
    [
        {"condition_description": "short"},
        {"condition_description": "x" * 501},
        {"notify_behavior": "never"},
        {"judge": 7},
        {"schedule": "* * * * *"},
    ],
)
async def test_nonsense_is_refused(world: World, spec: dict[str, Any]) -> None:
    task = await world.create()

    response = await world.alice.post(f"/api/v1/tasks/{task['id']}/backtest", json=spec)

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"][1] == next(iter(spec))


async def test_a_stranger_finds_no_history(world: World) -> None:
    task = await six_weeks(world, [399])

    for client, task_id in (
        (world.mallory, task["id"]),
        (world.alice, uuid4()),
        (world.alice, "x"),
    ):
        response = await client.post(f"/api/v1/tasks/{task_id}/backtest", json={})
        assert response.status_code == 404
        assert response.json() == {"detail": "Task not found"}
    assert UUID(task["id"])


@SQLITE
async def test_one_user_judges_one_history_at_a_time_and_few_do_at_all(world: World) -> None:
    rejudger = Rejudger(world.sessions, Checker(world.web, BuiltinJudge()))
    soon, alice = timedelta(milliseconds=20), uuid4()

    async with rejudger.turn(alice):
        with pytest.raises(UnavailableError, match="try again"):
            async with rejudger.turn(alice, wait=soon):
                pass
        async with rejudger.turn(uuid4(), wait=soon):
            with pytest.raises(UnavailableError):
                async with rejudger.turn(uuid4(), wait=soon):
                    pass

    async with rejudger.turn(alice, wait=soon), rejudger.turn(uuid4(), wait=soon):
        pass  # whoever ended has made room


@SQLITE
async def test_a_key_that_may_only_read_judges_nothing_again(world: World) -> None:
    task = await six_weeks(world, [345])
    (execution,) = (await world.show(f"/tasks/{task['id']}/executions"))["executions"]
    made = await world.alice.post("/auth/api-keys", json={"name": "Reads", "scopes": ["read"]})
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    base = f"/api/v1/tasks/{task['id']}"

    for tail, body in (
        ("backtest", {}),
        (f"executions/{execution['id']}/replay", None),
        (f"executions/{execution['id']}/feedback", {"correct": True}),
    ):
        response = await world.alice.post(f"{base}/{tail}", json=body, headers=headers)
        assert response.status_code == 403
    path = f"{base}/executions/{execution['id']}/evidence"
    assert (await world.alice.get(path, headers=headers)).status_code == 200
