"""Metered calls to a model: paid for in advance, counted, repeated when it helps."""

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from pydantic_ai import exceptions as failures
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelResponse,
    TextPart,
    ToolCallPart,
)
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from torale.server.judge.base import JudgeError, Usage
from torale.server.judge.budget import Budget, Reservation
from torale.server.judge.text.folding import visible

ATTEMPTS = 3
TIMEOUT = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(seconds=30)
MAX_TOKENS = 1_500
MAX_REPLY = 8_000
_OVERHEAD_TOKENS = 500  # what a provider wraps around a request

Sleep = Callable[[float], Awaitable[None]]

# The first that fits counts: the more special ones stand above.
_KINDS: tuple[tuple[type[Exception], str, str], ...] = (
    (failures.ModelRateLimitError, "model_rate_limited", "gets too many requests from this key"),
    (failures.ModelQuotaExceededError, "model_quota", "says that the account's quota is used up"),
    (failures.ModelAuthenticationError, "model_auth", "does not accept the API key"),
    (failures.ModelNotFoundError, "model_not_found", "is not known at this address"),
    (failures.ModelContextWindowExceededError, "model_rejected", "cannot read that much text"),
    (failures.ModelRequestRejectedError, "model_rejected", "refused the request"),
    (failures.ModelTimeoutError, "model_timeout", "did not answer in time"),
    (TimeoutError, "model_timeout", "did not answer in time"),
    (failures.ModelAPIError, "model_unavailable", "cannot be reached, or is out of order"),
    (failures.ContentFilterError, "model_rejected", "refused to judge these texts"),
    (failures.UsageLimitExceeded, "model_bad_answer", "used more tokens than one judgement may"),
    (failures.IncompleteToolCall, "model_bad_answer", "was cut off before its answer was whole"),
    (failures.UnexpectedModelBehavior, "model_bad_answer", "gave no answer of the agreed form"),
    (failures.UserError, "model_rejected", "cannot answer this way; set TORALE_MODEL_OUTPUT"),
)
_TRANSIENT = frozenset({"model_rate_limited", "model_timeout", "model_unavailable"})
_EXPLAINED = frozenset({"model_rejected", "model_not_found", "model_quota"})
_REQUEST_TIMEOUT, _TOO_EARLY, _FIRST_SERVER_ERROR = 408, 425, 500
_SECRET = re.compile(r"[\w*.-]{20,}")


def explain(model: str, error: Exception) -> JudgeError | None:
    """Name a failure of a model's library; None for what is none."""
    if _is_refusal(error):
        return JudgeError("model_rejected", f"The model {model} refused the request{_why(error)}.")
    for kind, word, what in _KINDS:
        if isinstance(error, kind):
            why = _why(error) if word in _EXPLAINED else ""
            return JudgeError(word, f"The model {model} {what}{why}.")
    return None


def _is_refusal(error: Exception) -> bool:
    """Whether an HTTP error that the library has no word for would come again."""
    return (
        type(error) is failures.ModelHTTPError
        and error.status_code < _FIRST_SERVER_ERROR
        and error.status_code not in {_REQUEST_TIMEOUT, _TOO_EARLY}
    )


def _why(error: Exception) -> str:
    """What the provider says, without what may be a key."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    if not isinstance(message, str):
        return ""
    return f" ({_SECRET.sub('[…]', visible(message))[:200].rstrip('. ')})"


@dataclass
class Calls:
    """The account of one judgement.

    Attributes:
        reply: The model's last answer as it came, cut at 8,000 characters.
    """

    budget: Budget
    sleep: Sleep = asyncio.sleep
    timeout: timedelta = TIMEOUT
    usage: Usage = field(default_factory=Usage)
    reply: str | None = None


class Metered(WrapperModel):
    """A model whose every call is within the budget, counted, and tried up to three times."""

    def __init__(self, wrapped: Model, calls: Calls) -> None:
        super().__init__(wrapped)
        self._calls = calls

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        async def ask() -> ModelResponse:
            return await self.wrapped.request(messages, model_settings, model_request_parameters)

        bound = _most_tokens(messages, model_request_parameters)
        for attempt in range(1, ATTEMPTS):
            try:
                return await self._call(ask, bound)
            except (failures.ModelAPIError, TimeoutError) as error:
                pause = _pause(attempt, error)
                if pause is None:
                    raise
                await self._calls.sleep(pause.total_seconds())
        return await self._call(ask, bound)

    async def _call(self, ask: Callable[[], Awaitable[ModelResponse]], bound: int) -> ModelResponse:
        most = bound + MAX_TOKENS
        reserved = await self._calls.budget.reserve(
            tokens=most, cost=self._price(bound, MAX_TOKENS)
        )
        try:
            async with asyncio.timeout(self._calls.timeout.total_seconds()):
                response = await ask()
        except BaseException as error:
            if _is_free(error):
                await reserved.settle(tokens=0, cost=Decimal(0))
            else:  # nobody says what became of it: it may well be on the bill
                await self._settle(reserved, bound, MAX_TOKENS)
            raise
        self._calls.reply = _text(response)[:MAX_REPLY]
        used = response.usage
        if not used.input_tokens:  # some servers do not count
            used = RequestUsage(input_tokens=bound, output_tokens=len(_text(response).encode()))
        await self._settle(reserved, used.input_tokens, used.output_tokens)
        return replace(response, usage=used)

    async def _settle(self, reserved: Reservation, read: int, written: int) -> None:
        cost = self._price(read, written)
        self._calls.usage += Usage(1, read, written, cost)
        await reserved.settle(tokens=read + written, cost=cost)

    def _price(self, read: int, written: int) -> Decimal | None:
        """US dollars by the bundled price list; None for a model that it does not know."""
        tokens = PricedUsage(input_tokens=read, output_tokens=written)
        with suppress(LookupError):
            return calc_price(tokens, self.model_name, provider_api_url=self.base_url).total_price
        with suppress(LookupError):
            return calc_price(tokens, self.model_name, provider_id=self.system).total_price
        return None


def _is_free(error: BaseException) -> bool:
    """Whether the provider answered with an error, or was never reached."""
    if isinstance(error, failures.ModelConnectionError):
        return error.phase in {"pool", "connect"}
    return isinstance(error, failures.ModelAPIError)


def _pause(attempt: int, error: Exception) -> timedelta | None:
    """How long to wait before the next attempt; None when another would not help, or not soon."""
    known = explain("", error)
    if known is None or known.kind not in _TRANSIENT:
        return None
    asked = getattr(error, "retry_after", None)
    if asked is not None and asked > LONGEST_PAUSE.total_seconds():
        return None
    # Not all at once: executions that met the same outage must not come back as one.
    backoff = 2 ** (attempt - 1) * (1 + secrets.randbelow(500) / 1000)
    return timedelta(seconds=max(backoff, asked or 0))


def _most_tokens(messages: list[ModelMessage], parameters: ModelRequestParameters) -> int:
    """An upper bound of what the request counts as, before anybody counts it.

    No tokenizer makes more than one token of a byte. Small letters and spaces, which are most of a
    text, never come alone.
    """
    shapes = [tool.parameters_json_schema for tool in parameters.output_tools]
    shapes += [parameters.output_object.json_schema] if parameters.output_object else []
    sent = ModelMessagesTypeAdapter.dump_json(messages) + json.dumps(shapes).encode()
    common = sum(sent.count(bytes((letter,))) for letter in b" abcdefghijklmnopqrstuvwxyz")
    return len(sent) - common // 2 + _OVERHEAD_TOKENS


def _text(response: ModelResponse) -> str:
    """What the model wrote, in whichever of the three modes."""
    return "".join(
        part.args_as_json_str() if isinstance(part, ToolCallPart) else part.content
        for part in response.parts
        if isinstance(part, ToolCallPart | TextPart)
    )
