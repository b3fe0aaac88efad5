"""The wire shape of an execution, its evidence and its verdict."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from torale.contract.base import Moment, Output


# The states of an execution.
class ExecutionStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        return self in {ExecutionStatus.SUCCESS, ExecutionStatus.FAILED}


# The cause of an execution.
class Trigger(StrEnum):
    SCHEDULE = "schedule"
    MANUAL = "manual"


# A passage that supports a verdict, word for word.
class QuoteOut(Output):
    source: str
    text: str


# A page that a verdict rests on.
class GroundingSource(Output):
    uri: str
    title: str
    snippet: str


# A verdict with its reasons.
class ResultOut(Output):
    answer: str
    reasoning: str
    condition_met: bool
    verdict: str
    confidence: float
    judge: str
    understood: str | None
    sources_count: int
    quotes: Sequence[QuoteOut]
    facts: Annotated[dict[str, str], Field(description="What was found, in comparable form.")]


# An execution, with its result once it has ended.
class ExecutionOut(Output):
    id: UUID
    task_id: UUID
    status: ExecutionStatus
    trigger: Trigger
    started_at: Moment | None
    completed_at: Moment | None
    condition_met: bool | None
    result: ResultOut | None
    grounding_sources: Sequence[GroundingSource]
    notification: str | None
    change_summary: str | None
    error_message: str | None
    error_type: str | None
    created_at: Moment


# A page of executions.
class ExecutionPage(Output):
    executions: Sequence[ExecutionOut]
    total: int
    page: int
    limit: int


# The receipt of an execution that was asked for.
class ExecuteOut(Output):
    message: str
    execution_id: UUID


# A document that an execution read.
class EvidenceDocument(Output):
    id: str
    uri: str
    title: str
    text: str | None
    published_at: Moment | None
    fetched_at: Moment
    status: int | None
    truncated: bool
    unusable_reason: str | None


# All documents that an execution read.
class EvidenceOut(Output):
    evidence: Sequence[EvidenceDocument]


# The result of a check that is not stored.
class PreviewOut(Output):
    condition_met: bool
    verdict: str
    confidence: float
    answer: str
    reasoning: str
    understood: str | None
    warnings: Annotated[
        Sequence[str],
        Field(description="What is likely wrong with the condition, a sentence each."),
    ]
    grounding_sources: Sequence[GroundingSource]


# An execution that met its condition.
class NotificationOut(Output):
    id: UUID
    task_id: UUID
    task_name: str
    status: ExecutionStatus
    condition_met: bool
    answer: str
    reasoning: str
    grounding_sources: Sequence[GroundingSource]
    created_at: Moment


# A page of notifications.
class NotificationPage(Output):
    notifications: Sequence[NotificationOut]
    total: int
    page: int
    limit: int
