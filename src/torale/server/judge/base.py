"""Judges: what they are asked, what they answer, and how that came about."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, Self

from torale.server.judge.budget import UNLIMITED, Budget

# Facts whose names start so serve comparison, not people.
_INTERNAL_FACTS = ("lines:", "seen:", "text:")


def visible_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the facts that are meant for people."""
    return {name: fact for name, fact in facts.items() if not name.startswith(_INTERNAL_FACTS)}


class Verdict(StrEnum):
    """`not_met` is "nothing happened", `unknown` is "could not tell": never mixed."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A usable document, as a judge sees it. Its text is hostile: data, never instructions."""

    uri: str
    title: str
    text: str
    published_at: datetime | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Words that stand verbatim in the source `uri`."""

    uri: str
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """An earlier verdict on the same condition that the user called right or wrong.

    Attributes:
        answer: What was answered then; plain text.
        verdict: What was said then.
        correct: What the user says of it.
        note: The user's own words; may be empty.
    """

    answer: str
    verdict: Verdict
    correct: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class JudgeRequest:
    """Everything a verdict may rest on.

    Attributes:
        previous: The facts of the last execution that could tell; None before there was one.
        examples: Feedback on earlier verdicts of this task, newest first.
        watched_since: UTC, when the task was created; None for a preview.
        budget: Asked before every call to a model.
    """

    query: str
    condition: str
    sources: tuple[SourceDocument, ...]
    now: datetime
    previous: Mapping[str, str] | None = None
    examples: tuple[Example, ...] = ()
    watched_since: datetime | None = None
    budget: Budget = field(default=UNLIMITED, compare=False)

    def without_budget(self) -> Self:
        """Return the same as plain values, which another process can be handed."""
        return replace(self, budget=UNLIMITED)


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a source that was shown to a judge."""

    uri: str
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What a judgement cost.

    Attributes:
        cost: US dollars; None when the model's price is not known.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None

    def __add__(self, other: Self) -> Self:
        """Add up; the sum's cost is unknown when that of either side's calls is."""
        costs = [usage.cost for usage in (self, other) if usage.calls]
        known = [cost for cost in costs if cost is not None]
        return type(self)(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            sum(known, Decimal(0)) if known and len(known) == len(costs) else None,
        )


@dataclass(frozen=True, slots=True)
class Trace:
    """How a judgement came about: enough to check it, and to judge the same way again.

    Attributes:
        judge: Who decided: `builtin`, `scripted`, or the model's `provider:name`.
        prompt_version: Names the prompt's wording; None without a prompt.
        parameters: Of the model call: output mode, token limit, temperature …
        passages: What the judge was shown.
        reply: The model's raw answer; None without a model.
    """

    judge: str
    prompt_version: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict[str, object])
    passages: tuple[Passage, ...] = ()
    reply: str | None = None
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Judgement:
    """One verdict with what it rests on.

    Attributes:
        answer: One or two sentences for the user, plain text.
        reasoning: Why, plain text.
        confidence: 0 to 1.
        facts: What is tracked, normalised, so that equal facts are equal strings.
        understood: The compiled condition, for people ("price < 350 USD"); None if it did not
            compile.
        as_of: UTC, the moment that the answer speaks of, when the sources tell.
        trace: How it came about; None when the judge leaves none.
        is_unconfirmed: It would be `met`, but waits for a second execution that finds it too.
    """

    verdict: Verdict
    answer: str
    reasoning: str
    confidence: float
    quotes: tuple[Quote, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    understood: str | None = None
    as_of: datetime | None = None
    trace: Trace | None = None
    is_unconfirmed: bool = False


class JudgeError(Exception):
    """The judge itself failed; the execution fails with `kind` as its `error_type`.

    Attributes:
        trace: What was asked, answered and spent until then; None when nothing was.
    """

    def __init__(self, kind: str, detail: str, trace: Trace | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.trace = trace


class Judge(Protocol):
    """Turns evidence into a verdict. Explicit subclasses need no `aclose` of their own."""

    name: str

    async def judge(self, request: JudgeRequest) -> Judgement:
        """Judge the evidence.

        Raises:
            JudgeError: The judge failed: a model timed out, refused, or answered nonsense.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections that the judge holds, if any."""
        return  # a body: without one, it would be abstract
