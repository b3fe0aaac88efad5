"""The wire shape of checking a verdict: evidence, replay, backtest, feedback."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from torale.contract.base import Input, Moment, Output, Text
from torale.contract.executions import EvidenceOut, QuoteOut
from torale.contract.tasks import Condition, NotifyBehavior


class FeedbackIn(Input):
    """What the user says of a verdict. The latest word counts."""

    correct: bool
    note: Annotated[Text, Field(max_length=500, description="Why; models are shown it.")] = ""


# The feedback of a user on one verdict.
class FeedbackOut(Output):
    execution_id: UUID
    correct: bool
    note: str
    created_at: Moment
    updated_at: Moment


class PassageOut(Output):
    """A part of a document that a model was shown."""

    uri: str
    text: str


# The calls and tokens that a verdict took of a model.
class UsageOut(Output):
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Annotated[str | None, Field(description="US dollars; null if the price is not known.")]


class ChainOut(Output):
    """The place of an execution in the chain over all executions of its task."""

    position: int
    hash: Annotated[str, Field(description="SHA-256 over the hash before it and this execution.")]


class TrailOut(EvidenceOut):
    """What an execution read, and how it was judged."""

    query: Annotated[str | None, Field(description="The question then.")]
    condition: Annotated[str | None, Field(description="The condition then.")]
    judged_at: Annotated[Moment | None, Field(description="What the judge took for now.")]
    judge: str | None
    model: Annotated[str | None, Field(description="`provider:name`; null if none was asked.")]
    prompt_version: str | None
    parameters: dict[str, Any]
    passages: Sequence[PassageOut]
    reply: Annotated[str | None, Field(description="What the model answered, as it came.")]
    usage: UsageOut | None
    chain: Annotated[ChainOut | None, Field(description="Null until the execution ends.")]
    feedback: FeedbackOut | None


class ReplayOut(Output):
    """What the same judge says today of the same evidence. Nothing of it is stored."""

    verdict: str
    condition_met: bool
    answer: str
    reasoning: str
    confidence: float
    quotes: Sequence[QuoteOut]
    judge: str
    same: Annotated[bool, Field(description="Whether the verdict is that of the execution.")]
    evidence_complete: Annotated[
        bool, Field(description="Whether every document still has its text, unread ones too.")
    ]


class BacktestIn(Input):
    """What to try on the history. What is not given is as the task has it."""

    condition_description: Condition | None = None
    notify_behavior: NotifyBehavior | None = None
    judge: Annotated[
        Text,
        Field(max_length=200, description="`builtin`, or the model that the server is set to."),
    ] = "builtin"


class Backtested(Output):
    """One execution, as it was and as it would be."""

    execution_id: UUID
    at: Moment
    verdict_then: Annotated[str | None, Field(description="Null if the execution failed.")]
    verdict_now: Annotated[str | None, Field(description="Null if it cannot be judged again.")]
    answer_now: str | None
    told_then: bool
    would_tell: bool
    change_summary: Annotated[str | None, Field(description="What changed, as it would be told.")]
    skipped: Annotated[str | None, Field(description="Why it cannot be judged again.")]


class Coverage(Output):
    """How much of the history the answer rests on."""

    executions: Annotated[int, Field(description="That have ended, the newest 400.")]
    judged: int
    failed: Annotated[int, Field(description="They had nothing to judge, then as now.")]
    forgotten: Annotated[int, Field(description="Their texts are past retention.")]
    not_reached: Annotated[int, Field(description="Time or budget was used up before them.")]
    share: Annotated[float, Field(description="Judged, of all that had evidence; 0 to 1.")]


class BacktestOut(Output):
    """When a task would have told, beside when it did. Nothing of it is stored or sent."""

    condition_description: str
    notify_behavior: NotifyBehavior
    judge: str
    understood: str | None
    told: int
    would_tell: int
    coverage: Coverage
    executions: Annotated[Sequence[Backtested], Field(description="Oldest first.")]
