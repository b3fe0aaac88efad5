"""The wire shape of a task."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal, TypedDict
from uuid import UUID

from pydantic import Field

from torale.contract.base import Change, Input, Moment, Output, Text


# The states of a task.
class TaskState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


# The rules that decide how often a task notifies.
class NotifyBehavior(StrEnum):
    ONCE = "once"
    ALWAYS = "always"
    TRACK_STATE = "track_state"


StateLike = TaskState | Literal["active", "paused", "completed"]
BehaviorLike = NotifyBehavior | Literal["once", "always", "track_state"]
"""As programs may write it."""


# An e-mail address to notify.
class EmailTarget(Input):
    type: Literal["email"]
    address: Annotated[Text, Field(min_length=3, max_length=254)]


# A URL to notify.
class WebhookTarget(Input):
    type: Literal["webhook"]
    url: Annotated[Text, Field(min_length=8, max_length=2000)]


# A channel to notify.
class ChannelTarget(Input):
    type: Literal["channel"]
    id: UUID


Target = Annotated[EmailTarget | WebhookTarget | ChannelTarget, Field(discriminator="type")]

Query = Annotated[Text, Field(min_length=10, max_length=500, description="What to search for.")]
Condition = Annotated[
    Text, Field(min_length=10, max_length=500, description="When to tell, in plain words.")
]
Schedule = Annotated[Text, Field(max_length=100, description="Cron with 5 fields: `0 9 * * *`.")]
Name = Annotated[Text, Field(min_length=1, max_length=200)]
Zone = Annotated[Text, Field(max_length=64, description="IANA time zone of the schedule.")]
SourceIn = Annotated[Text, Field(min_length=8, max_length=2000)]
Sources = Annotated[list[SourceIn], Field(max_length=10, description="Pages to read first.")]
Targets = Annotated[list[Target], Field(max_length=20)]


class TaskCreate(Input):
    """What to watch for, when to look, and whom to tell."""

    search_query: Query
    condition_description: Condition
    schedule: Schedule
    name: Name | None = None
    notify_behavior: NotifyBehavior = NotifyBehavior.ONCE
    state: Literal[TaskState.ACTIVE, TaskState.PAUSED] = TaskState.ACTIVE
    run_immediately: bool = False
    timezone: Zone = "UTC"
    sources: Sources = Field(default_factory=list[str])
    notifications: Targets = Field(default_factory=list[Target])


class TaskOptions(TypedDict, total=False):
    """What a task has beside its question, its schedule and its name, as programs give it.

    Attributes:
        notify_behavior: `once` tells the first time and completes the task, `always` tells each
            time the condition is met, `track_state` each time the facts have changed.
        timezone: IANA time zone of the schedule.
        sources: Up to 10 addresses to read beside what a search finds: pages, feeds, JSON.
        notifications: Whom to tell: `{"type": "email", "address": …}`,
            `{"type": "webhook", "url": …}` or `{"type": "channel", "id": …}`.
    """

    notify_behavior: BehaviorLike
    timezone: str
    sources: Sequence[str]
    notifications: Sequence[EmailTarget | WebhookTarget | ChannelTarget | Mapping[str, str | UUID]]


class TaskChanges(TaskOptions, total=False):
    """The fields of a task that can be changed, as programs give them."""

    search_query: str
    condition_description: str
    schedule: str
    name: str
    state: StateLike


class TaskUpdate(Change):
    """Any subset of the fields; what is not given stays."""

    search_query: Query | None = None
    condition_description: Condition | None = None
    schedule: Schedule | None = None
    name: Name | None = None
    notify_behavior: NotifyBehavior | None = None
    state: TaskState | None = None
    timezone: Zone | None = None
    sources: Sources | None = None
    notifications: Targets | None = None


# A wish in plain words, and the draft to change.
class SuggestIn(Input):
    prompt: Annotated[Text, Field(min_length=3, max_length=2000)]
    current_task: "CurrentTask | None" = None


class CurrentTask(Input):
    """A draft that a suggestion starts from."""

    name: Text | None = None
    search_query: Text | None = None
    condition_description: Text | None = None
    schedule: Text | None = None
    notify_behavior: NotifyBehavior | None = None


# A suggested draft of a task.
class SuggestOut(Output):
    name: str
    search_query: str
    condition_description: str
    schedule: str
    notify_behavior: NotifyBehavior


# A request for a check that is not stored.
class PreviewIn(Input):
    search_query: Query
    condition_description: Condition
    sources: Sources = Field(default_factory=list[str])


class TargetOut(Output):
    """A task's channel as the task names it."""

    type: str
    channel_id: UUID
    address: str | None = None
    url: str | None = None
    id: UUID | None = None


# The newest execution of a task, in short.
class LastExecution(Output):
    id: UUID
    condition_met: bool | None
    status: str
    started_at: Moment | None
    completed_at: Moment | None


class KnownState(Output):
    """What the last execution that could tell has found."""

    answer: str
    facts: dict[str, str]
    timestamp: Moment


class TaskFeedback(Output):
    """What the user said of the task's verdicts."""

    right: int
    wrong: int
    precision: Annotated[
        float | None,
        Field(description="Of the `met` verdicts that were judged, how many were right; 0 to 1."),
    ]


# A task.
class TaskOut(Output):
    id: UUID
    user_id: UUID
    name: str
    search_query: str
    condition_description: str
    schedule: str
    timezone: str
    notify_behavior: NotifyBehavior
    state: TaskState
    sources: Sequence[str]
    notifications: Sequence[TargetOut]
    next_run: Annotated[Moment | None, Field(description="Null unless active.")]
    last_known_state: KnownState | None
    last_execution_id: UUID | None
    last_execution: LastExecution | None
    skipped_ticks: Annotated[int, Field(description="Ticks that found an execution still running.")]
    understood: Annotated[
        str | None,
        Field(description="How the builtin judge reads the condition; null if it needs a model."),
    ]
    warnings: Annotated[
        Sequence[str],
        Field(description="What is likely wrong with the condition, a sentence each."),
    ]
    feedback: TaskFeedback
    state_changed_at: Moment
    created_at: Moment
    updated_at: Moment


class Regression(Output):
    """A verdict that the user judged, and that the changed condition would contradict."""

    execution_id: UUID
    at: Annotated[Moment, Field(description="When it was judged.")]
    verdict_then: str
    correct: Annotated[bool, Field(description="What the user said of it.")]
    note: str
    verdict_now: str
    answer_now: str


class TaskChanged(TaskOut):
    """A task after a change that contradicts what its user said of earlier verdicts."""

    regressions: Annotated[
        Sequence[Regression],
        Field(description="What the user judged and the new condition judges otherwise."),
    ]


# A page of tasks.
class TaskPage(Output):
    tasks: Sequence[TaskOut]
    total: int
    page: int
    limit: int
