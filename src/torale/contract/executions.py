"""The wire shape of an execution, its evidence and its verdict."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from torale.contract.base import Moment, Output


class ExecutionStatus(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"

    @property
    def has_ended(self) -> bool:
        return self in {ExecutionStatus.SUCCESS, ExecutionStatus.FAILED}


class Trigger(StrEnum):
    SCHEDULE = "schedule"
    MANUAL = "manual"


class QuoteOut(Output):
    source: str
    text: str


class GroundingSource(Output):
    uri: str
    title: str
    snippet: str


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


class ExecutionPage(Output):
    executions: Sequence[ExecutionOut]
    total: int
    page: int
    limit: int


class ExecuteOut(Output):
    message: str
    execution_id: UUID


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


class EvidenceOut(Output):
    evidence: Sequence[EvidenceDocument]


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


class NotificationPage(Output):
    notifications: Sequence[NotificationOut]
    total: int
    page: int
    limit: int
