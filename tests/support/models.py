"""A language model in this process: an OpenAI-compatible server that says what it is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.support.web import Answer, Web
from torale.server.judge.base import JudgeError, JudgeRequest, SourceDocument
from torale.server.judge.budget import Budget, Reservation

PATH = "/v1/chat/completions"


class ModelServer(Web):
    """Plays a script of replies, one for each call; the last one repeats."""

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def script(self, *replies: Answer) -> None:
        self.answers(PATH, replies)

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the calls, oldest first."""
        return [json.loads(one.body) for one in self.requests(PATH)]

    def prompt(self, call: int = -1) -> str:
        """What the user's message of a call says."""
        said = [one for one in self.asked[call]["messages"] if one["role"] == "user"]
        return str(said[0]["content"])


def tool(answer: Mapping[str, Any] | str, **options: Any) -> Answer:
    """A reply that calls the one tool there is, as hosted models do."""
    arguments = answer if isinstance(answer, str) else json.dumps(answer)
    function = {"name": "final_result", "arguments": arguments}
    call = {"id": "call_1", "type": "function", "function": function}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return _completion(message, "tool_calls", **options)


def text(answer: Mapping[str, Any] | str, **options: Any) -> Answer:
    """A reply in plain text: JSON in the native and the prompted mode, or prose."""
    content = answer if isinstance(answer, str) else json.dumps(answer)
    return _completion({"role": "assistant", "content": content}, "stop", **options)


def refused(status: int, message: str = "no", **headers: str) -> Answer:
    """An error, in the words of the OpenAI API. Header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"error": {"message": message, "type": "error", "param": None, "code": None}}
    return _json(body, status, named)


SHOP = "https://shop.example/lamp"
LAMP = JudgeRequest(
    "Price of the Aurora lamp",
    "The price is below 350 USD",
    (SourceDocument(SHOP, "Aurora lamp", "Aurora lamp\nPrice: 329.00 USD\nIn stock", named=True),),
    datetime(2026, 11, 24, 9, tzinfo=UTC),
)


def answer(**fields: Any) -> dict[str, Any]:
    """A right answer to `LAMP`, but for what is given."""
    right = {
        "reasoning": "Source 1 says 329.00 USD, which is below 350.",
        "quotes": [{"source": 1, "text": "Price: 329.00 USD"}],
        "verdict": "met",
        "answer": "The lamp costs 329 USD.",
        "facts": [{"name": "price", "value": "329.00 USD"}],
        "as_of": "2026-11-24",
        "confidence": 0.9,
    }
    return right | fields


INVENTED = answer(quotes=[{"source": 1, "text": "Price: 1.00 USD"}])


@dataclass
class Purse(Budget):
    """A budget that writes down what it was asked for, and refuses when told to.

    Attributes:
        asked: What each call could take at most: tokens and US dollars.
        spent: What each call took.
        calls: How many calls it allows.
    """

    calls: int = 100
    asked: list[tuple[int, Decimal | None]] = field(
        default_factory=list[tuple[int, Decimal | None]]
    )
    spent: list[tuple[int, Decimal | None]] = field(
        default_factory=list[tuple[int, Decimal | None]]
    )

    async def reserve(self, *, tokens: int, cost: Decimal | None) -> Reservation:
        if len(self.asked) == self.calls:
            raise JudgeError("budget_exceeded", "Today's budget of this task is used up.")
        self.asked.append((tokens, cost))
        return _Held(self)


@dataclass
class _Held(Reservation):
    purse: Purse

    async def settle(self, *, tokens: int, cost: Decimal | None) -> None:
        self.purse.spent.append((tokens, cost))


def _completion(
    message: Mapping[str, Any],
    finish: str,
    *,
    model: str = "stub",
    tokens: tuple[int, int] | None = (1_000, 100),
    cut: bool = False,
    then: str = "close",
) -> Answer:
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_795_510_800,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "length" if cut else finish}],
    }
    if tokens is not None:
        read, written = tokens
        body["usage"] = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        }
    return _json(body, 200, {}, then=then)


def _json(body: object, status: int, headers: Mapping[str, str], *, then: str = "close") -> Answer:
    sent = {"Content-Type": "application/json", **headers}
    return Answer(json.dumps(body).encode(), status, sent, then=then)
