"""What is kept of a judgement, shown, and judged again."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from tests.server.audit.steps import forget
from tests.server.executions.steps import address, replay
from tests.support.world import SHOP, World
from torale.server.evidence.base import Problem
from torale.server.evidence.source import Source
from torale.server.executions.checker import CheckRequest, CheckResult, JudgeInput
from torale.server.executions.evidence_trail import record
from torale.server.judge.base import (
    Example,
    Judge,
    JudgeError,
    Judgement,
    Passage,
    Quote,
    Trace,
    Usage,
    Verdict,
)
from torale.server.judge.scripted import ScriptedJudge

DEAR, CHEAP = "Aurora lamp\nPrice: 399.00 USD", "Aurora lamp\nPrice: 329.00 USD"
OTHER = "https://other.example/lamp"
SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


async def evidence(world: World, task: Mapping[str, Any], execution: Mapping[str, Any]) -> Any:
    return await world.show(address(task, execution, "evidence").removeprefix("/api/v1"))


async def test_every_execution_of_six_weeks_is_judged_the_same_again(world: World) -> None:
    """Prices up and down, a changed condition, a second shop, gaps: each replay is exact."""
    task = await world.create(notify_behavior="track_state", sources=[SHOP, OTHER])
    executions: list[dict[str, Any]] = []
    for day in range(42):
        world.clock.advance(timedelta(days=1))
        world.web.pages = {SHOP: f"Aurora lamp\nPrice: {399 - day * 2}.00 USD"}
        world.web.unusable = {OTHER: "a captcha"} if day % 5 == 0 else {}
        world.web.problems = []
        if day % 7 == 3:
            gone = Problem(OTHER, "timeout", "It did not answer in time.", named=True)
            world.web.problems = [gone]
        elif day % 5:
            world.web.pages[OTHER] = f"Aurora lamp\nPrice: {405 - day * 2}.00 USD"
        if day == 20:
            change = {"condition_description": "The price drops below 380 USD"}
            assert (await world.alice.put(f"/api/v1/tasks/{task['id']}", json=change)).is_success
        executions.append(await world.execute(task))

    verdicts = [one["result"]["verdict"] for one in executions]
    assert set(verdicts) == {"met", "not_met", "unknown"}
    for execution in executions:
        again = await replay(world, task, execution)
        then = execution["result"]
        assert again["same"] is True
        assert again["evidence_complete"] is True
        told = ("verdict", "answer", "reasoning", "confidence", "quotes", "judge", "condition_met")
        assert {one: again[one] for one in told} == {one: then[one] for one in told}
    shown = await world.show(f"/tasks/{task['id']}/executions")
    assert shown["total"] == 42, "nothing was stored"


async def test_a_replay_knows_what_was_known_then(world: World) -> None:
    world.web.pages[SHOP] = "News of the lamp\nFirst line\n" + "A long text.\n" * 300
    task = await world.create(
        condition_description="The page changed", notify_behavior="track_state"
    )
    executions: list[dict[str, Any]] = []
    for line in ("First line", "First line", "Second line"):
        world.clock.advance(timedelta(days=1))
        world.web.pages[SHOP] = f"News of the lamp\n{line}\n" + "A long text.\n" * 300
        executions.append(await world.execute(task))

    verdicts = [(await replay(world, task, one))["verdict"] for one in executions]

    assert verdicts == [one["result"]["verdict"] for one in executions]
    assert verdicts[1:] == ["not_met", "met"]


async def test_evidence_shows_what_was_asked_and_where_it_is_chained(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create(notify_behavior="always")
    first = await world.execute(task)
    world.clock.advance(timedelta(hours=1))
    second = await world.execute(task)
    change = {"condition_description": "The price is below 100 USD"}
    await world.alice.put(f"/api/v1/tasks/{task['id']}", json=change)

    shown = [await evidence(world, task, one) for one in (first, second)]

    assert [one["chain"]["position"] for one in shown] == [1, 2]
    assert all(len(one["chain"]["hash"]) == 64 for one in shown)
    newest = shown[1]
    assert newest["condition"] == "The price is below 350 USD", "as it was then"
    assert newest["query"] == task["search_query"]
    assert newest["judged_at"] == second["started_at"]
    assert newest["judge"] == "builtin"
    assert newest["model"] is newest["prompt_version"] is newest["reply"] is newest["usage"] is None
    assert newest["passages"] == []
    assert newest["evidence"][0]["text"] == CHEAP


async def test_nothing_empty_is_written(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    await world.execute(await world.create())

    async with world.sessions() as session:
        query = "SELECT trace, trail_sha256, CAST(asked AS text) AS asked FROM executions"
        row = (await session.execute(text(query))).one()
        texts = await session.scalar(text("SELECT count(*) FROM evidence_texts"))

    assert row.trace is row.trail_sha256 is None
    assert texts == 1
    assert "examples" not in row.asked
    assert "payer" not in row.asked


PASSAGES = (Passage(SHOP, "Price: 329.00 USD"),)
USAGE = Usage(calls=1, input_tokens=900, output_tokens=80, cost=Decimal("0.0012"))
TRACE = Trace("openai:small", "7", {"output": "tool"}, PASSAGES, '{"verdict": "met"}', USAGE)
MET = Judgement(
    Verdict.MET, "It costs 329 USD.", "329 is less.", 0.9, (Quote(SHOP, "329.00 USD"),), trace=TRACE
)


class Model(ScriptedJudge):
    """A judge that answers as a model would, with a trace."""

    name = "openai:small"


@SQLITE
class TestOfAModel:
    @pytest.fixture
    def judge(self) -> Judge:
        return Model(lambda _: MET)

    async def test_evidence_shows_prompt_reply_and_usage(self, world: World) -> None:
        world.web.pages[SHOP] = CHEAP
        task = await world.create()
        shown = await evidence(world, task, await world.execute(task))

        assert shown["judge"] == shown["model"] == "openai:small"
        assert shown["prompt_version"] == "7"
        assert shown["parameters"] == {"output": "tool"}
        assert shown["passages"] == [{"uri": SHOP, "text": "Price: 329.00 USD"}]
        assert shown["reply"] == '{"verdict": "met"}'
        assert shown["usage"] == {
            "calls": 1,
            "input_tokens": 900,
            "output_tokens": 80,
            "cost": "0.0012",
        }

    async def test_passages_and_reply_are_forgotten_with_the_texts(self, world: World) -> None:
        world.web.pages[SHOP] = CHEAP
        task = await world.create(notify_behavior="always")
        old = await world.execute(task)
        world.clock.advance(timedelta(days=91))
        world.web.pages[SHOP] = DEAR.replace("399", "319")
        for _ in range(50):
            world.clock.advance(timedelta(minutes=1))
            await world.execute(task)
        await forget(world)

        shown = await evidence(world, task, old)
        again = await world.alice.post(address(task, old, "replay"))

        assert shown["evidence"][0]["text"] is None
        assert again.status_code == 409
        assert "forgotten" in again.json()["detail"]


@SQLITE
class TestOfAModelThatFails:
    @pytest.fixture
    def judge(self) -> Judge:
        failure = JudgeError("model_timeout", "The model did not answer.", TRACE)
        return Model([MET, failure, failure, replace(MET, verdict=Verdict.UNKNOWN)])

    async def test_what_it_was_asked_is_kept_and_a_replay_says_so(self, world: World) -> None:
        world.web.pages[SHOP] = CHEAP
        task = await world.create(notify_behavior="always")
        good = await world.execute(task)
        world.clock.advance(timedelta(days=8))
        bad = await world.execute(task)

        assert bad["error_type"] == "model_timeout"
        assert (await evidence(world, task, bad))["reply"] == '{"verdict": "met"}'
        failed = await world.alice.post(address(task, good, "replay"))
        assert failed.status_code == 503
        assert failed.json() == {"detail": "The model did not answer."}
        other = await replay(world, task, good)
        assert (other["verdict"], other["same"]) == ("unknown", False)


async def test_what_cannot_be_judged_again_says_why(world: World) -> None:
    gone = Problem(SHOP, "timeout", "It did not answer in time.", named=True)
    world.web.problems = [gone]
    task = await world.create()
    failed = await world.execute(task)
    response = await world.alice.post(address(task, failed, "replay"))
    assert response.status_code == 409
    assert "failed before" in response.json()["detail"]

    pending = (await world.alice.post(f"/api/v1/tasks/{task['id']}/execute")).json()
    response = await world.alice.post(address(task, {"id": pending["execution_id"]}, "replay"))
    assert response.status_code == 409
    assert response.json() == {"detail": "This execution has not ended."}
    await world.queue.run_due()

    world.web.problems, world.web.pages[SHOP] = [], CHEAP
    known = await world.execute(task)
    async with world.sessions.begin() as session:
        await session.execute(text("UPDATE executions SET asked = NULL"))
    response = await world.alice.post(address(task, known, "replay"))
    assert response.status_code == 409
    assert "older than" in response.json()["detail"]


async def test_another_judge_than_then_is_not_taken_for_it(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create()
    execution = await world.execute(task)
    async with world.sessions.begin() as session:
        changed = "UPDATE executions SET asked = {}, result = {}"
        columns = [
            f"CAST(replace(CAST({column} AS text), 'builtin', 'openai:old') AS {kind})"
            for column in ("asked", "result")
            for kind in ("text" if world.settings.is_sqlite else "json",)
        ]
        await session.execute(text(changed.format(*columns)))

    response = await world.alice.post(address(task, execution, "replay"))

    assert response.status_code == 409
    assert "openai:old" in response.json()["detail"]


async def test_a_stranger_replays_and_reads_nothing(world: World) -> None:
    world.web.pages[SHOP] = CHEAP
    task = await world.create()
    execution = await world.execute(task)
    other = await world.create()

    theirs = await world.mallory.post(address(task, execution, "replay"))
    missing = await world.mallory.post(address({"id": uuid4()}, execution, "replay"))
    assert theirs.status_code == missing.status_code == 404
    assert theirs.json() == missing.json()
    for client, path in (
        (world.mallory, address(task, execution, "evidence")),
        (world.alice, address(other, execution, "replay")),
        (world.alice, address(task, {"id": "nonsense"}, "replay")),
    ):
        call = client.post if path.endswith("replay") else client.get
        assert (await call(path)).status_code == 404


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
moments = st.datetimes(timezones=st.just(UTC))
subjects = st.builds(
    CheckRequest,
    query=words,
    condition=words,
    sources=st.lists(st.builds(Source, words), max_size=3).map(tuple),
    facts=st.none() | st.dictionaries(words, st.text(max_size=1_500), max_size=4),
    examples=st.lists(
        st.builds(Example, answer=words, verdict=st.sampled_from(Verdict), correct=st.booleans()),
        max_size=2,
    ).map(tuple),
    watched_since=st.none() | moments,
    is_second=st.booleans(),
)
problems = st.builds(Problem, uri=words, kind=words, reason=words, named=st.booleans())


@given(
    subject=subjects,
    at=moments,
    missing=st.lists(problems, max_size=2).map(tuple),
    trace=st.none() | st.just(TRACE),
)
def test_what_was_asked_is_recalled_exactly(
    subject: CheckRequest, at: datetime, missing: tuple[Problem, ...], trace: Trace | None
) -> None:
    asked = JudgeInput(subject, at, missing, "builtin")

    kept = record.record_of(CheckResult((), None, None, asked, trace))

    assert kept.asked is not None
    large = record.read_large_parts(kept.text)
    assert record.judge_input_of(kept.asked, large) == asked
    assert large.passages == (trace.passages if trace else ())


def test_a_trail_is_bounded() -> None:
    trace = replace(TRACE, reply="x" * 100_000, passages=(Passage(SHOP, "y" * 30_000),) * 9)
    asked = JudgeInput(CheckRequest("q", "c", (), None), datetime(2026, 1, 1, tzinfo=UTC))

    large = record.read_large_parts(
        record.record_of(CheckResult((), None, None, asked, trace)).text
    )

    assert len(large.reply or "") == record.MAX_REPLY
    assert sum(len(one.text) for one in large.passages) <= record.MAX_PASSAGES


def test_what_another_release_kept_otherwise_is_not_guessed() -> None:
    assert record.judge_input_of({"subject": {"query": 7}}, record.LargeParts()) is None
