"""Model judge: asks a language model one typed question, without tools; every claim is checked.

Importing it takes two seconds; `providers.py` does so once a model is configured.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from pydantic_ai import Agent, ModelRetry, NativeOutput, PromptedOutput, RunContext, ToolOutput
from pydantic_ai.models import Model
from pydantic_ai.output import OutputSpec
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import UsageLimits

from torale.server.judge.base import Judge, JudgeError, Judgement, JudgeRequest, Trace, Verdict
from torale.server.judge.model.answer import Evidence, ModelAnswer, conclude, object_to
from torale.server.judge.model.calls import MAX_TOKENS, TIMEOUT, Calls, Metered, Sleep, explain
from torale.server.judge.model.choice import OutputMode
from torale.server.judge.model.prompt import INSTRUCTIONS, PROMPT_VERSION, render
from torale.server.judge.passages import select

REPAIRS = 2
_LIMITS = UsageLimits(request_limit=REPAIRS + 1, total_tokens_limit=60_000)
# Thinking would use up the room for the answer, which starts with its reasoning anyway.
_SETTINGS = ModelSettings(
    max_tokens=MAX_TOKENS, timeout=TIMEOUT.total_seconds(), max_retries=0, thinking=False
)
_PARAMETERS = {"max_tokens": MAX_TOKENS, "thinking": False}
_SHAPES: Mapping[OutputMode, OutputSpec[ModelAnswer]] = {
    "tool": ToolOutput(ModelAnswer),
    "native": NativeOutput(ModelAnswer),
    "prompted": PromptedOutput(ModelAnswer),
}


def new_fence() -> str:
    return secrets.token_hex(8)


class LlmJudge(Judge):
    """Asks one model. Its temperature is left alone: many models refuse another."""

    def __init__(
        self,
        name: str,
        model: Model,
        *,
        output: OutputMode,
        timeout: timedelta = TIMEOUT,
        sleep: Sleep = asyncio.sleep,
        fence: Callable[[], str] = new_fence,
    ) -> None:
        self.name = name
        self._model = model
        self._output = output
        self._timeout = timeout
        self._sleep = sleep
        self._fence = fence
        self._agent = _agent(output)

    async def judge(self, request: JudgeRequest) -> Judgement:
        passages = select(request.query, request.condition, request.sources)
        trace = Trace(
            self.name, PROMPT_VERSION, {"output": self._output, **_PARAMETERS}, passages=passages
        )
        if not passages:
            nothing = "Nothing usable was retrieved."
            return Judgement(Verdict.UNKNOWN, nothing, nothing, 0.0, trace=trace)
        prompt = render(request, passages, fence=self._fence())
        evidence = Evidence(request, passages, prompt.uris)
        calls = Calls(request.budget, self._sleep, self._timeout)
        try:
            answer = await self._ask(prompt.text, evidence, calls)
        except Exception as error:
            failure = error if isinstance(error, JudgeError) else explain(self.name, error)
            if failure is None:
                raise
            failure.trace = _with_calls(trace, calls)
            raise failure from error
        grounded = not object_to(answer, evidence).quotes
        return replace(
            conclude(answer, evidence), trace=_with_calls(trace, calls, grounded=grounded)
        )

    async def _ask(self, prompt: str, evidence: Evidence, calls: Calls) -> ModelAnswer:
        result = await self._agent.run(
            prompt, deps=evidence, model=Metered(self._model, calls), usage_limits=_LIMITS
        )
        return result.output

    async def aclose(self) -> None:
        """Close the connections to the provider."""
        async with self._model:
            pass  # a model closes its connections when the last one leaves it


def _agent(output: OutputMode) -> Agent[Evidence, ModelAnswer]:
    agent: Agent[Evidence, ModelAnswer] = Agent(
        output_type=_SHAPES[output],
        instructions=INSTRUCTIONS,
        deps_type=Evidence,
        model_settings=_SETTINGS,
        retries={"output": REPAIRS, "tools": 0},
    )

    @agent.output_validator
    def check(context: RunContext[Evidence], answer: ModelAnswer) -> ModelAnswer:
        """Send an answer back that the sources do not bear out, as long as there are repairs."""
        objections = object_to(answer, context.deps).all
        if objections and context.retry < REPAIRS:
            raise ModelRetry("\n".join(objections))
        return answer

    return agent


def _with_calls(trace: Trace, calls: Calls, **more: bool) -> Trace:
    parameters = {**trace.parameters, "calls": calls.usage.calls, **more}
    return replace(trace, parameters=parameters, reply=calls.reply, usage=calls.usage)
