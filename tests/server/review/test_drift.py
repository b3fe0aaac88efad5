"""What another judge would have said of what was read then."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import delete

from tests.support.world import SHOP, World
from torale.server.evaluation.drift import Drift, rejudge
from torale.server.executions.models import EvidenceText
from torale.server.judge.base import (
    Judge,
    JudgeError,
    Judgement,
    JudgeRequest,
    Quote,
    Trace,
    Usage,
    Verdict,
)
from torale.server.judge.builtin.judge import BuiltinJudge
from torale.server.judge.scripted import ScriptedJudge

CHEAP, DEAR = "Aurora lamp\nPrice: 329.00 USD", "Aurora lamp\nPrice: 399.00 USD"


async def history(world: World) -> None:
    """Two executions: the lamp is dear, then cheap."""
    world.web.pages[SHOP] = DEAR
    task = await world.create(notify_behavior="always", name="The lamp")
    await world.execute(task)
    world.clock.advance(timedelta(hours=1))
    world.web.pages[SHOP] = CHEAP
    await world.execute(task)


async def drift(world: World, judge: Judge, newest: int = 10) -> Drift:
    return await rejudge(world.sessions, judge, newest=newest, at_once=2)


async def test_the_same_judge_says_the_same(world: World) -> None:
    await history(world)

    found = await drift(world, BuiltinJudge())

    assert found.judged == 2
    assert found.changed == ()
    assert found.left_out == ()
    assert found.cost is None
    assert [one.before for one in found.executions] == [Verdict.MET, Verdict.NOT_MET]


async def test_verdicts_that_would_change_are_named(world: World) -> None:
    await history(world)
    asked: list[JudgeRequest] = []

    def refuse(request: JudgeRequest) -> Judgement:
        asked.append(request)
        quote = Quote(SHOP, request.sources[0].text.splitlines()[1])
        trace = Trace("new", usage=Usage(1, 100, 10, Decimal("0.01")))
        return Judgement(Verdict.NOT_MET, "No.", "", 0.9, (quote,), trace=trace)

    found = await drift(world, ScriptedJudge(refuse))

    (changed,) = found.changed
    assert (changed.before, changed.after) == (Verdict.MET, Verdict.NOT_MET)
    assert changed.task == "The lamp"
    assert found.cost == Decimal("0.02")
    assert found.as_json()["changed"] == [changed.as_json()]
    assert changed.as_json()["execution_id"] == str(changed.execution_id)
    assert {one.sources[0].text for one in asked} == {CHEAP, DEAR}, "what was read then"
    assert all(one.now <= world.clock() for one in asked)


async def test_only_the_newest_are_judged_again(world: World) -> None:
    await history(world)

    found = await drift(world, BuiltinJudge(), newest=1)

    assert [one.before for one in found.executions] == [Verdict.MET]


async def test_a_judge_that_fails_changes_nothing_but_is_named(world: World) -> None:
    await history(world)
    failure = JudgeError("model_timeout", "It did not answer.", Trace("m", usage=Usage(1, 5, 5)))

    found = await drift(world, ScriptedJudge([failure, failure]))

    assert found.judged == 0
    assert found.changed == ()
    assert [one.why for one in found.left_out] == ["It did not answer."] * 2


async def test_what_retention_forgot_is_left_out(world: World) -> None:
    await history(world)
    async with world.sessions.begin() as session:
        await session.execute(delete(EvidenceText))

    found = await drift(world, BuiltinJudge())

    assert ["retention" in one.why for one in found.left_out] == [True, True]
    assert found.judged == 0
