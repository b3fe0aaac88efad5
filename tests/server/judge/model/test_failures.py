"""What becomes of it when a model's server fails, hangs or talks nonsense, over real HTTP."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from pydantic_ai.exceptions import ModelHTTPError

from tests.server.judge.model.scripted_model import KEY, World, only_tool
from tests.support.models import LAMP, Purse, answer, refused, tool
from tests.support.web import Answer
from torale.server.judge.base import JudgeError, Verdict
from torale.server.judge.model.calls import explain


@only_tool
@pytest.mark.parametrize(
    "status, kind, calls",
    [
        (400, "model_rejected", 1),
        (401, "model_auth", 1),
        (402, "model_quota", 1),
        (403, "model_auth", 1),
        (404, "model_not_found", 1),
        (408, "model_unavailable", 3),
        (413, "model_rejected", 1),
        (418, "model_rejected", 1),
        (422, "model_rejected", 1),
        (429, "model_rate_limited", 3),
        (500, "model_unavailable", 3),
        (502, "model_unavailable", 3),
        (503, "model_unavailable", 3),
        (529, "model_unavailable", 3),
    ],
)
async def test_every_status_has_a_name_and_only_some_are_tried_again(
    world: World, status: int, kind: str, calls: int
) -> None:
    purse = Purse()

    error = await world.fail(refused(status), request=replace(LAMP, budget=purse))

    assert error.kind == kind
    assert len(world.server.asked) == calls
    assert len(world.pauses) == calls - 1
    assert error.detail.startswith("The model openai-chat:stub ")
    assert error.detail.endswith(".")
    assert purse.spent == [(0, Decimal(0))] * calls, "an error costs nothing"


@only_tool
async def test_a_model_that_comes_back_is_heard(world: World) -> None:
    judgement = await world.ask(refused(503), refused(429), tool(answer()))

    assert judgement.verdict is Verdict.MET
    assert 1 <= world.pauses[0] <= 1.5
    assert 2 <= world.pauses[1] <= 3


@only_tool
async def test_a_model_is_given_the_time_that_it_asks_for(world: World) -> None:
    judgement = await world.ask(refused(429, Retry_After="7"), tool(answer()))

    assert judgement.verdict is Verdict.MET
    assert world.pauses == [7.0]


@only_tool
async def test_nobody_waits_for_long(world: World) -> None:
    error = await world.fail(refused(429, Retry_After="3600"), tool(answer()))

    assert error.kind == "model_rate_limited"
    assert world.pauses == []


@only_tool
async def test_a_provider_may_say_why_it_refuses_but_not_what_the_key_is(world: World) -> None:
    error = await world.fail(refused(400, f"response_format is not known to {KEY}\u202e."))

    assert error.detail == (
        "The model openai-chat:stub refused the request (response_format is not known to […])."
    )
    wrong_key = await world.fail(refused(401, f"Incorrect API key provided: {KEY}"))
    assert KEY not in wrong_key.detail


@only_tool
@pytest.mark.parametrize("then", ["stall", "drip"])
async def test_a_model_that_hangs_is_given_up(world: World, then: str) -> None:
    purse = Purse()
    world.server.script(Answer(b"{", headers={"Content-Length": "1000"}, then=then))

    with pytest.raises(JudgeError) as caught:
        await world.judge(timeout=timedelta(seconds=0.2)).judge(replace(LAMP, budget=purse))

    assert caught.value.kind == "model_timeout"
    assert len(world.server.asked) == 3
    assert all(tokens > 1_500 for tokens, _ in purse.spent), "it may be on the bill"


@only_tool
@pytest.mark.parametrize(
    "reply",
    [
        Answer(b"<html>busy</html>"),
        Answer(b"{}", headers={"Content-Type": "application/json"}),
        Answer(b"[1]", headers={"Content-Type": "application/json"}),
    ],
)
async def test_what_is_no_completion_is_a_failure(world: World, reply: Answer) -> None:
    assert (await world.fail(reply)).kind == "model_bad_answer"


@only_tool
async def test_a_broken_connection_is_tried_again(world: World) -> None:
    judgement = await world.ask(Answer(raw=b""), tool(answer()))

    assert judgement.verdict is Verdict.MET
    assert len(world.pauses) == 1


@only_tool
async def test_a_server_that_is_not_there_has_a_name(world: World) -> None:
    purse, judge = Purse(), world.judge()
    await world.server.stop()

    with pytest.raises(JudgeError) as caught:
        await judge.judge(replace(LAMP, budget=purse))

    assert caught.value.kind == "model_unavailable"
    assert purse.spent == [(0, Decimal(0))] * 3, "what was never sent costs nothing"


def test_a_provider_may_wrap_its_words_twice() -> None:
    wrapped = ModelHTTPError(413, "m", {"type": "error", "error": {"message": "Too long."}})

    error = explain("m", wrapped)

    assert error is not None
    assert error.detail == "The model m refused the request (Too long)."


def test_a_bug_is_no_failure_of_the_model() -> None:
    assert explain("m", ZeroDivisionError()) is None
