"""When a model is asked, what it may cost, and what its word is worth: over whole executions."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.support.fakes import FakeClock
from tests.support.world import SHOP, World
from torale.server.budgets.ledger import DailyLimits, ModelCost
from torale.server.budgets.models import Spending
from torale.server.executions.models import Execution
from torale.server.judge.base import (
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    Passage,
    Quote,
    Trace,
    Usage,
    Verdict,
)

NEWS, PAPER = "https://news.example/strike", "https://paper.test/strike"
SAID = "The lamp makers walked out on Monday."
QUIET = "The lamp makers are at work as ever."
EVENT: dict[str, Any] = {
    "search_query": "Strike of the lamp makers",
    "condition_description": "The makers of the lamp have gone on strike",
    "notify_behavior": "always",
    "notifications": [{"type": "email", "address": "alice@example.com"}],
    "sources": [],
}
# What is counted in the database is tested on both engines; the rest is the same on either.
pytestmark = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@dataclass
class PricedModel(Judge):
    """Says `met` where a source has the words, and costs 100 tokens and ten cents a call."""

    name = "priced"
    calls: int = 0
    facts: dict[str, str] = field(default_factory=dict[str, str])

    async def judge(self, request: JudgeRequest) -> Judgement:
        held = await request.budget.reserve(tokens=150, cost=Decimal("0.15"))
        self.calls += 1
        await held.settle(tokens=100, cost=Decimal("0.1"))
        quotes = tuple(Quote(one.uri, SAID) for one in request.sources if SAID in one.text)
        first = request.sources[0]
        return Judgement(
            Verdict.MET if quotes else Verdict.NOT_MET,
            "They are on strike." if quotes else "They work.",
            "A source says so.",
            0.9,
            quotes or (Quote(first.uri, first.text),),
            self.facts or {"strike": "yes" if quotes else "no"},
            trace=Trace(
                self.name,
                passages=tuple(Passage(one.uri, one.text) for one in request.sources),
                usage=Usage(1, 90, 10, Decimal("0.1")),
            ),
        )


@pytest.fixture
def model() -> PricedModel:
    return PricedModel()


@pytest.fixture
def judge(model: PricedModel) -> Judge:
    return model


async def task(world: World, **more: Any) -> dict[str, Any]:
    return await world.create(**{**EVENT, "sources": [SHOP], **more})


class TestUnchangedEvidence:
    async def test_asks_the_model_once(self, world: World, model: PricedModel) -> None:
        world.web.pages[SHOP] = QUIET
        made = await task(world)

        first = await world.execute(made)
        world.clock.advance(timedelta(hours=1))
        again = await world.execute(made)

        assert model.calls == 1
        assert first["result"]["judge"] == "priced"
        assert again["result"]["judge"] == "priced (unchanged evidence)"
        assert again["result"]["verdict"] == first["result"]["verdict"] == "not_met"
        assert again["result"]["answer"] == first["result"]["answer"]
        assert "The evidence is the same as on 2026-11-24 09:00 UTC" in again["result"]["reasoning"]

    async def test_is_judged_anew_when_it_changes(self, world: World, model: PricedModel) -> None:
        world.web.pages[SHOP] = QUIET
        made = await task(world)
        await world.execute(made)
        world.web.pages[SHOP] = SAID

        assert (await world.execute(made))["condition_met"] is True
        assert model.calls == 2

    async def test_is_judged_anew_for_another_condition(
        self, world: World, model: PricedModel
    ) -> None:
        world.web.pages[SHOP] = QUIET
        made = await task(world)
        await world.execute(made)
        changed = {"condition_description": "The makers of the lamp have gone home"}
        await world.alice.put(f"/api/v1/tasks/{made['id']}", json=changed)

        await world.execute(made)

        assert model.calls == 2

    @pytest.mark.parametrize("behavior, mails", [("always", 2), ("track_state", 0), ("once", 1)])
    async def test_tells_as_the_task_says(
        self, world: World, model: PricedModel, behavior: str, mails: int
    ) -> None:
        world.web.pages[SHOP] = SAID
        made = await task(world, notify_behavior=behavior)

        await world.execute(made)
        again = await world.execute(made)

        assert again["condition_met"] is True
        assert model.calls == 1
        assert len(world.mails) == mails

    async def test_survives_a_failure_in_between(self, world: World, model: PricedModel) -> None:
        world.web.pages[SHOP] = QUIET
        made = await task(world)
        await world.execute(made)
        del world.web.pages[SHOP]
        world.web.unusable[SHOP] = "captcha"
        assert (await world.execute(made))["condition_met"] is None
        del world.web.unusable[SHOP]
        world.web.pages[SHOP] = QUIET

        assert (await world.execute(made))["condition_met"] is False
        assert model.calls == 1

    async def test_costs_nothing_in_its_trail(self, world: World) -> None:
        world.web.pages[SHOP] = QUIET
        made = await task(world)
        traces: list[Any] = []
        for _ in range(2):
            id_ = UUID((await world.execute(made))["id"])
            async with world.sessions.begin() as session:
                query = select(Execution.trace).where(Execution.id == id_)
                traces.append(await session.scalar(query))

        assert [one["usage"]["calls"] for one in traces] == [1, 0]
        assert traces[1]["parameters"] == {"unchanged_since": "2026-11-24 09:00"}


class TestBudget:
    @pytest.fixture
    def limits(self) -> DailyLimits:
        return DailyLimits(task=ModelCost(tokens=300), user=ModelCost(tokens=1_000))

    async def test_when_it_is_used_up_the_execution_says_so(
        self, world: World, model: PricedModel
    ) -> None:
        made = await task(world)
        executions: list[dict[str, Any]] = []
        for number in range(4):
            world.web.pages[SHOP] = f"{QUIET} Day {number}."
            executions.append(await world.execute(made))

        # 100 + 100 spent leave room for no call of up to 150 more.
        assert [one["condition_met"] for one in executions] == [False, False, None, None]
        assert model.calls == 2
        last = executions[-1]
        assert (last["status"], last["error_type"]) == ("success", None)
        assert last["result"]["verdict"] == "unknown"
        assert "Today's model budget of this task is used up" in last["result"]["reasoning"]
        assert "200 of 300 tokens" in last["result"]["reasoning"]
        async with world.sessions.begin() as session:
            rows = (await session.execute(select(Spending.scope, Spending.tokens))).all()
        assert {tuple(one) for one in rows} == {("task", 200), ("user", 200)}

    async def test_there_is_room_again_tomorrow(
        self, world: World, model: PricedModel, clock: FakeClock
    ) -> None:
        made = await task(world)
        for number in range(3):
            world.web.pages[SHOP] = f"{QUIET} Day {number}."
            await world.execute(made)
        clock.advance(timedelta(hours=15))

        assert (await world.execute(made))["condition_met"] is False
        assert model.calls == 3

    async def test_previews_use_up_the_users(self, world: World, model: PricedModel) -> None:
        world.web.pages[SHOP] = QUIET
        asked = {
            "search_query": EVENT["search_query"],
            "condition_description": EVENT["condition_description"],
            "sources": [SHOP],
        }
        answers = [await world.alice.post("/api/v1/tasks/preview", json=asked) for _ in range(10)]

        last = answers[-1].json()
        assert last["verdict"] == "unknown"
        assert "budget of your account is used up" in last["reasoning"]
        assert model.calls == 9

    async def test_a_condition_that_needs_no_model_goes_on(self, world: World) -> None:
        world.web.pages[SHOP] = f"{QUIET}\nPrice: 329.00 USD"
        made = await task(world, condition_description="The price is below 350 USD")
        executions: list[dict[str, Any]] = []
        for number in range(3):
            world.web.pages[SHOP] = f"Aurora lamp\nPrice: 32{number}.00 USD"
            executions.append(await world.execute(made))

        last = executions[-1]
        assert last["condition_met"] is True
        assert "budget of this task is used up" in last["result"]["reasoning"]


class TestASinglePage:
    async def test_tells_only_after_a_second_execution(
        self, world: World, model: PricedModel
    ) -> None:
        world.web.results[NEWS] = SAID
        made = await task(world, sources=[])

        first = await world.execute(made)
        assert (first["condition_met"], first["result"]["verdict"]) == (None, "unknown")
        assert "a second execution has to find it too" in first["result"]["reasoning"]
        assert world.mails == []

        second = await world.execute(made)
        assert second["condition_met"] is True
        assert len(world.mails) == 1
        assert model.calls == 2, "unchanged or not: the second look is a look"

    async def test_is_forgotten_when_the_second_execution_says_otherwise(
        self, world: World
    ) -> None:
        made = await task(world, sources=[])
        for said in (SAID, QUIET, SAID):
            world.web.results[NEWS] = said
            last = await world.execute(made)

        assert last["condition_met"] is None
        assert world.mails == []

    async def test_is_forgotten_when_the_question_changes(self, world: World) -> None:
        made = await task(world, sources=[])
        world.web.results[NEWS] = SAID
        await world.execute(made)
        changed = {"condition_description": "The makers of the lamp have gone home"}
        await world.alice.put(f"/api/v1/tasks/{made['id']}", json=changed)

        assert (await world.execute(made))["condition_met"] is None

    async def test_needs_no_second_where_another_site_says_so(self, world: World) -> None:
        world.web.results |= {NEWS: SAID, PAPER: SAID}

        assert (await world.execute(await task(world, sources=[])))["condition_met"] is True


class TestOtherWords:
    async def test_are_no_change(self, world: World, model: PricedModel) -> None:
        made = await task(world, notify_behavior="track_state")
        summaries: list[str | None] = []
        for number, facts in enumerate(
            [
                {"price": "349 USD", "opens": "2026-12-01"},
                {"Price": "$349.00", "opens": "December 1, 2026"},
                {"price": "$329", "opens": "1 Dec 2026"},
            ]
        ):
            world.web.pages[SHOP] = f"{QUIET} Day {number}."
            model.facts = facts
            summaries.append((await world.execute(made))["change_summary"])

        assert summaries == [None, None, "price: 349 USD → $329"]
        assert len(world.mails) == 1


@dataclass
class BrokenModel(Judge):
    name = "broken"

    async def judge(self, request: JudgeRequest) -> Judgement:
        raise JudgeError("model_timeout", "The model did not answer in time.")


class TestOtherFailures:
    @pytest.fixture
    def judge(self) -> Judge:
        return BrokenModel()

    async def test_stay_failures(self, world: World) -> None:
        world.web.pages[SHOP] = QUIET

        failed = await world.execute(await task(world))

        assert (failed["status"], failed["error_type"]) == ("failed", "model_timeout")
