"""A model judge before a scripted server."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from tests.support.models import LAMP, ModelServer, text, tool
from tests.support.web import Answer
from torale.server.judge.base import JudgeError, Judgement, JudgeRequest
from torale.server.judge.model.choice import Access, OutputMode, choose
from torale.server.judge.model.judge import LlmJudge
from torale.server.judge.model.providers import build_model

FENCE = "0123456789abcdef"
KEY = "sk-test-0123456789-not-a-real-key"


def say(mode: str, said: Any, **options: Any) -> Answer:
    return tool(said, **options) if mode == "tool" else text(said, **options)


@dataclass
class World:
    """A judge before a scripted model. Pauses are written down, not waited for."""

    server: ModelServer
    mode: OutputMode
    pauses: list[float]
    judges: list[LlmJudge]

    def judge(self, model: str = "stub", *, timeout: timedelta = timedelta(seconds=5)) -> LlmJudge:
        access = Access(openai_key=KEY, openai_url=self.server.base_url)
        choice = choose(f"openai-chat:{model}", access, self.mode, variable="TORALE_MODEL")

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        scripted = LlmJudge(
            choice.label,
            build_model(choice, access),
            output=self.mode,
            timeout=timeout,
            sleep=sleep,
            fence=lambda: FENCE,
        )
        self.judges.append(scripted)
        return scripted

    async def ask(
        self, *replies: Answer, request: JudgeRequest = LAMP, model: str = "stub"
    ) -> Judgement:
        self.server.script(*replies)
        return await self.judge(model).judge(request)

    async def fail(self, *replies: Answer, request: JudgeRequest = LAMP) -> JudgeError:
        with pytest.raises(JudgeError) as caught:
            await self.ask(*replies, request=request)
        return caught.value


@asynccontextmanager
async def open_world(mode: OutputMode) -> AsyncGenerator[World]:
    async with ModelServer() as server:
        made = World(server, mode, [], [])
        yield made
        for judge in made.judges:
            await judge.aclose()


only_tool = pytest.mark.parametrize("mode", ["tool"])
