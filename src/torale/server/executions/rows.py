"""Rows that the check loop loads and writes, column by column.

Loaded rows are tuples in the order of their statement; written ones are its parameters.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Required, TypedDict
from uuid import UUID

from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.evidence.source import Source


class KnownState(TypedDict):
    """What the last execution that could tell found: `tasks.last_known_state`."""

    answer: str
    facts: dict[str, str]
    timestamp: str


class StartingExecution(NamedTuple):
    """An execution that is to start, with what its check needs of its task."""

    execution_id: UUID
    status: ExecutionStatus
    trigger: Trigger
    takeovers: int
    started_at: datetime | None
    task_id: UUID
    user_id: UUID
    search_query: str
    condition_description: str
    sources: tuple[Source, ...]
    schedule: str
    timezone: str
    last_known_state: KnownState | None
    settled: Mapping[str, object] | None
    unconfirmed_since: datetime | None
    feedback: Mapping[str, object] | None
    task_created_at: datetime
    deleted_at: datetime | None

    @property
    def takeovers_so_far(self) -> int:
        """With the present one: an execution that is running already was left by a dead process."""
        return self.takeovers + (1 if self.status is ExecutionStatus.RUNNING else 0)


class EndingExecution(NamedTuple):
    """An execution that is to end, with what its task was when it did."""

    execution_id: UUID
    task_id: UUID
    due_at: datetime | None
    started_at: datetime | None
    trigger: Trigger
    takeovers: int
    created_at: datetime
    notify_behavior: NotifyBehavior
    state: TaskState
    last_known_state: KnownState | None
    trouble_streak: int
    trouble_told: bool
    deleted_at: datetime | None
    chain_length: int
    chain_head: str | None

    @property
    def fields_from_before(self) -> dict[str, object]:
        """What its row says already, and the chain covers."""
        return {
            "id": self.execution_id,
            "task_id": self.task_id,
            "due_at": self.due_at,
            "trigger": self.trigger,
            "takeovers": self.takeovers,
            "started_at": self.started_at,
            "created_at": self.created_at,
        }


class RunningRow(TypedDict):
    """What is written of an execution when it starts."""

    execution_id: UUID
    status: ExecutionStatus
    started_at: datetime
    takeovers: int


class StoredQuote(TypedDict):
    source: str
    text: str


class StoredVerdict(TypedDict):
    """A verdict: `executions.result`."""

    answer: str
    reasoning: str
    condition_met: bool
    verdict: str
    confidence: float
    judge: str
    understood: str | None
    sources_count: int
    quotes: list[StoredQuote]
    facts: dict[str, str]


class StoredSource(TypedDict):
    """A source that a verdict rests on: one of `executions.grounding_sources`."""

    uri: str
    title: str
    snippet: str


class OutcomeRow(TypedDict):
    """What an execution came to."""

    status: ExecutionStatus
    completed_at: datetime
    condition_met: bool | None
    result: StoredVerdict | None
    grounding_sources: list[StoredSource]
    change_summary: str | None
    notification: str | None
    error_type: str | None
    error_message: str | None


class UnchainedRow(OutcomeRow):
    """What an execution came to, and how."""

    execution_id: UUID
    asked: Mapping[str, object] | None
    trace: Mapping[str, object] | None
    trail_sha256: str | None


class ExecutionRow(UnchainedRow):
    """What is written of an execution when it ends: with its link of the task's chain."""

    chain_position: int
    chain_hash: str


class TaskRow(TypedDict, total=False):
    """What an execution writes of its task; columns that are left out stay as they are."""

    of_task: Required[UUID]
    last_execution: Required[Mapping[str, object]]
    trouble_streak: int
    trouble_told: bool
    unconfirmed_since: datetime | None
    settled: Mapping[str, object] | None
    last_known_state: KnownState
    state: TaskState
    next_run_at: None
    state_changed_at: datetime
    chain_length: int
    chain_head: str


class DocumentRow(TypedDict):
    """A document that an execution read, without its text."""

    execution_id: UUID
    position: int
    sha256: str
    uri: str
    title: str
    kind: str
    published_at: datetime | None
    fetched_at: datetime
    http_status: int | None
    truncated: bool
    unusable_reason: str | None
    named: bool
    digest: str


class TextRow(TypedDict):
    """A text that an execution read; known ones are stored again after a day."""

    sha256: str
    compressed: bytes
    seen_at: datetime
    a_day_ago: datetime
