"""The model judge over real HTTP, against a server that says what it is told."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.server.judge.model.scripted_model import FENCE, KEY, World, only_tool, say
from tests.support.models import INVENTED, LAMP, SHOP, Purse, answer, text, tool
from torale.server.judge.base import Quote, SourceDocument, Verdict
from torale.server.judge.model.choice import Access, choose
from torale.server.judge.model.providers import connect


async def test_a_right_answer_becomes_a_verdict_with_its_trace(world: World) -> None:
    judgement = await world.ask(say(world.mode, answer()))

    assert judgement.verdict is Verdict.MET
    assert judgement.answer == "The lamp costs 329 USD."
    assert judgement.quotes == (Quote(SHOP, "Price: 329.00 USD"),)
    assert judgement.facts == {"price": "329.00 USD"}
    trace = judgement.trace
    assert trace is not None
    assert trace.judge == "openai-chat:stub"
    assert trace.prompt_version == "1"
    assert trace.parameters["output"] == world.mode
    assert trace.parameters["grounded"] is True
    assert [one.uri for one in trace.passages] == [SHOP]
    assert trace.reply is not None
    assert "329.00 USD" in trace.reply
    assert (trace.usage.calls, trace.usage.input_tokens, trace.usage.output_tokens) == (
        1,
        1_000,
        100,
    )
    assert trace.usage.cost is None, "nobody knows what this model costs"


async def test_the_request_is_what_every_compatible_server_understands(world: World) -> None:
    await world.ask(say(world.mode, answer()))

    (asked,) = world.server.asked
    assert asked["model"] == "stub"
    assert asked["max_tokens"] == 1_500
    assert asked["stream"] is False
    assert "temperature" not in asked
    (seen,) = world.server.requests("/v1/chat/completions")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    prompt = world.server.prompt()
    assert f"<<{FENCE} condition>>\nThe price is below 350 USD\n<</{FENCE}>>" in prompt
    assert "Now: Tuesday, 2026-11-24 09:00 UTC" in prompt
    match world.mode:
        case "tool":
            assert asked["tool_choice"] == "required"
            assert len(asked["tools"]) == 1, "the tool that takes the answer, and no other"
            assert "response_format" not in asked
            schema = asked["tools"][0]["function"]["parameters"]
        case "native":
            assert "tools" not in asked
            assert asked["response_format"]["type"] == "json_schema"
            schema = asked["response_format"]["json_schema"]["schema"]
        case _:
            assert "tools" not in asked
            assert asked["response_format"] == {"type": "json_object"}
            assert '"reasoning"' in asked["messages"][1]["content"], "the schema is in the prompt"
            return
    assert schema["properties"]["reasoning"]["maxLength"] == 600, "a grammar must bound it"
    assert schema["additionalProperties"] is False


@only_tool
async def test_openais_own_models_know_the_token_limit_by_its_new_name(world: World) -> None:
    await world.ask(tool(answer()), model="gpt-5.4-mini")

    (asked,) = world.server.asked
    assert asked["max_completion_tokens"] == 1_500
    assert "max_tokens" not in asked


async def test_an_invented_quote_is_sent_back_and_mended(world: World) -> None:
    judgement = await world.ask(say(world.mode, INVENTED), say(world.mode, answer()))

    assert judgement.verdict is Verdict.MET
    assert judgement.trace is not None
    assert judgement.trace.usage.calls == 2
    assert judgement.trace.usage.input_tokens == 2_000
    assert "do not stand in source 1" in str(world.server.asked[-1]["messages"][-1]["content"])


async def test_quotes_that_stay_invented_prove_nothing(world: World) -> None:
    judgement = await world.ask(say(world.mode, INVENTED))

    assert len(world.server.asked) == 3, "one question, two repairs"
    assert judgement.verdict is Verdict.UNKNOWN
    assert judgement.quotes == ()
    assert judgement.facts == {}
    assert judgement.trace is not None
    assert judgement.trace.parameters["grounded"] is False


async def test_invalid_json_is_sent_back_and_mended(world: World) -> None:
    judgement = await world.ask(
        say(world.mode, '{"reasoning": '),
        say(world.mode, {"verdict": "met"}),
        say(world.mode, answer()),
    )

    assert judgement.verdict is Verdict.MET


async def test_an_answer_longer_than_allowed_is_sent_back(world: World) -> None:
    long = answer(reasoning="x" * 601)

    judgement = await world.ask(say(world.mode, long), say(world.mode, answer()))

    assert judgement.verdict is Verdict.MET
    assert len(world.server.asked) == 2


@pytest.mark.parametrize(
    "said",
    [
        '{"reasoning": ',
        "Sure! The condition is met, as the lamp is cheap.",
        "",
        "[]",
        answer(verdict="yes"),
        answer(confidence=90),
        answer(quotes=[{"source": 0, "text": "Price: 329.00 USD"}]),
        answer(extra="field"),
    ],
)
async def test_what_never_has_the_agreed_form_is_a_failure(world: World, said: Any) -> None:
    error = await world.fail(say(world.mode, said))

    assert error.kind == "model_bad_answer"
    assert len(world.server.asked) == 3
    assert error.trace is not None
    assert error.trace.usage.calls == 3, "what was spent is known all the same"


@only_tool
async def test_prose_in_place_of_a_tool_call_is_a_failure(world: World) -> None:
    error = await world.fail(text("The condition is met."))

    assert error.kind == "model_bad_answer"


async def test_an_answer_that_is_cut_off_is_a_failure(world: World) -> None:
    error = await world.fail(say(world.mode, '{"reasoning": "It', cut=True))

    assert error.kind == "model_bad_answer"


@pytest.mark.parametrize("mode", ["prompted"])
async def test_json_in_a_fence_is_understood_where_it_is_only_asked_for(world: World) -> None:
    judgement = await world.ask(text(f"```json\n{json.dumps(answer())}\n```"))

    assert judgement.verdict is Verdict.MET


@only_tool
async def test_what_a_known_model_costs_is_counted(world: World) -> None:
    purse = Purse()

    judgement = await world.ask(
        tool(INVENTED, model="gpt-5.4-mini"),
        tool(answer(), model="gpt-5.4-mini"),
        request=replace(LAMP, budget=purse),
        model="gpt-5.4-mini",
    )

    assert judgement.trace is not None
    assert judgement.trace.usage.cost == Decimal("0.00240")
    assert purse.spent == [(1_100, Decimal("0.00120"))] * 2
    for tokens, cost in purse.asked:
        assert tokens >= 1_100 + 1_500
        assert cost is not None
        assert cost >= Decimal("0.00120")


async def test_the_budget_is_asked_before_every_call(world: World) -> None:
    purse = Purse(calls=2)

    error = await world.fail(say(world.mode, INVENTED), request=replace(LAMP, budget=purse))

    assert error.kind == "budget_exceeded"
    assert len(world.server.asked) == 2
    assert len(purse.spent) == 2
    assert error.trace is not None
    assert error.trace.usage.calls == 2


async def test_an_empty_budget_asks_no_model(world: World) -> None:
    error = await world.fail(say(world.mode, answer()), request=replace(LAMP, budget=Purse(0)))

    assert error.kind == "budget_exceeded"
    assert world.server.asked == []


async def test_what_a_server_does_not_count_is_estimated_upwards(world: World) -> None:
    purse = Purse()

    judgement = await world.ask(
        say(world.mode, answer(), tokens=None), request=replace(LAMP, budget=purse)
    )

    assert judgement.trace is not None
    assert judgement.trace.usage.input_tokens > 1_000
    assert judgement.trace.usage.output_tokens > 50
    assert purse.spent[0][0] <= purse.asked[0][0]


async def test_a_model_that_eats_tokens_is_stopped(world: World) -> None:
    error = await world.fail(say(world.mode, answer(), tokens=(70_000, 10)))

    assert error.kind == "model_bad_answer"
    assert len(world.server.asked) == 1


async def test_sources_without_text_cost_nothing(world: World) -> None:
    empty = replace(LAMP, sources=(SourceDocument(SHOP, "Lamp", ""),))

    judgement = await world.ask(say(world.mode, answer()), request=empty)

    assert judgement.verdict is Verdict.UNKNOWN
    assert world.server.asked == []


@only_tool
async def test_a_reply_is_kept_as_it_came_but_bounded(world: World) -> None:
    error = await world.fail(tool('{"reasoning": "' + "x" * 20_000 + '"}'))

    assert error.trace is not None
    assert error.trace.reply is not None
    assert len(error.trace.reply) == 8_000


@only_tool
async def test_every_execution_has_a_fence_of_its_own(world: World) -> None:
    world.server.script(tool(answer()))
    access = Access(openai_key=KEY, openai_url=world.server.base_url)
    judge = connect(choose("openai:stub", access, "tool", variable="TORALE_MODEL"), access)

    for _ in range(3):
        await judge.judge(LAMP)
    await judge.aclose()

    fences = {world.server.prompt(call).split("FENCE: ")[1][:16] for call in range(3)}
    assert len(fences) == 3
