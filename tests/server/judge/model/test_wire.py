"""The hosted providers' own APIs, through their own libraries and real HTTP.

The replies in `wire/` are written by hand after the providers' documentation; they are no
recordings, for nothing here holds a key. Providers whose library is not installed are left out:
pip install 'torale[anthropic,google]' brings them in.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.support.models import INVENTED, LAMP, SHOP, ModelServer, refused
from tests.support.web import Answer
from torale.server.judge.base import JudgeError, Judgement, Quote, Verdict
from torale.server.judge.model.choice import Access, choose
from torale.server.judge.model.judge import LlmJudge
from torale.server.judge.model.providers import build_model

WIRE = Path(__file__).parent / "wire"
KEY = "test-key-0123456789-not-a-real-one"


@dataclass(frozen=True)
class Provider:
    """What a provider's API is like.

    Attributes:
        variable: Where its own library looks for another address of the API, below `base`.
    """

    model: str
    module: str
    path: str
    variable: str
    base: str = ""


PROVIDERS = {
    "openai": Provider("gpt-5.4-mini", "openai", "/v1/responses", "OPENAI_BASE_URL", "/v1"),
    "anthropic": Provider("claude-haiku-5-5", "anthropic", "/v1/messages", "ANTHROPIC_BASE_URL"),
    "google": Provider(
        "gemini-3.5-flash-lite",
        "google.genai",
        "/v1/models/gemini-3.5-flash-lite:generateContent",
        "GOOGLE_GEMINI_BASE_URL",
    ),
}


def installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False


every_provider = pytest.mark.parametrize(
    "provider", [name for name, one in PROVIDERS.items() if installed(one.module)]
)


def reply(provider: str, said: dict[str, Any] | None = None) -> Answer:
    """The provider's reply from its file, with another answer of the model if one is given."""
    body = json.loads((WIRE / f"{provider}.json").read_text())
    if said is not None:
        match provider:
            case "openai":
                body["output"][0]["arguments"] = json.dumps(said)
            case "anthropic":
                body["content"][0]["input"] = said
            case _:
                body["candidates"][0]["content"]["parts"][0]["functionCall"]["args"] = said
    return Answer(json.dumps(body).encode(), 200, {"Content-Type": "application/json"})


@dataclass
class Stage:
    """A provider's API on this machine. Pauses are written down, not waited for."""

    server: ModelServer
    provider: str
    pauses: list[float] = field(default_factory=list[float])

    async def ask(self, *replies: Answer) -> Judgement:
        self.server.answers(PROVIDERS[self.provider].path, replies)
        access = Access(openai_key=KEY, anthropic_key=KEY, google_key=KEY)
        name = f"{self.provider}:{PROVIDERS[self.provider].model}"
        choice = choose(name, access, variable="TORALE_MODEL")

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        model = build_model(choice, access)
        judge = LlmJudge(choice.label, model, output=choice.output, sleep=sleep)
        try:
            return await judge.judge(LAMP)
        finally:
            await judge.aclose()

    @property
    def asked(self) -> list[Any]:
        calls = self.server.requests(PROVIDERS[self.provider].path)
        return [json.loads(one.body) for one in calls]


@pytest.fixture
async def stage(provider: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    async with ModelServer() as server:
        chosen = PROVIDERS[provider]
        monkeypatch.setenv(chosen.variable, f"{server.url}{chosen.base}")
        yield Stage(server, provider)


@every_provider
async def test_a_verdict_with_its_quotes_and_its_cost(stage: Stage) -> None:
    judgement = await stage.ask(reply(stage.provider, INVENTED), reply(stage.provider))

    assert len(stage.asked) == 2, "the invented quote was sent back"
    assert judgement.verdict is Verdict.MET
    assert judgement.quotes == (Quote(SHOP, "Price: 329.00 USD"),)
    assert judgement.trace is not None
    usage = judgement.trace.usage
    assert (usage.calls, usage.input_tokens, usage.output_tokens) == (2, 2_000, 200)
    assert usage.cost is not None
    assert 0 < usage.cost < Decimal("0.01")


@every_provider
async def test_the_answer_is_bounded_and_taken_by_the_only_tool(stage: Stage) -> None:
    await stage.ask(reply(stage.provider))

    (asked,) = stage.asked
    match stage.provider:
        case "openai":
            assert asked["max_output_tokens"] == 1_500
            assert asked["reasoning"]["effort"] == "none", "else thinking uses up the room"
            assert asked["tool_choice"] == "required"
            (only,) = asked["tools"]
        case "anthropic":
            assert asked["max_tokens"] == 1_500
            (only,) = asked["tools"]
        case _:
            assert asked["generationConfig"]["maxOutputTokens"] == 1_500
            assert asked["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"
            ((only,),) = (one["functionDeclarations"] for one in asked["tools"])
    assert only["name"] == "final_result"


@every_provider
@pytest.mark.parametrize(
    "status, kind, calls",
    [(401, "model_auth", 1), (429, "model_rate_limited", 3), (503, "model_unavailable", 3)],
)
async def test_only_our_own_attempts_are_made(
    stage: Stage, status: int, kind: str, calls: int
) -> None:
    with pytest.raises(JudgeError) as caught:
        await stage.ask(refused(status))

    assert caught.value.kind == kind
    assert len(stage.asked) == calls, "the provider's library tries nothing again by itself"
    assert len(stage.pauses) == calls - 1
    assert KEY not in caught.value.detail


@every_provider
async def test_the_time_that_a_provider_asks_for_is_given(stage: Stage) -> None:
    judgement = await stage.ask(refused(429, Retry_After="7"), reply(stage.provider))

    assert judgement.verdict is Verdict.MET
    assert stage.pauses == [7.0]
