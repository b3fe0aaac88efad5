"""The wire shape of what operators see: numbers, users, executions, the queue, the audit."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from torale.contract.base import Moment, Output
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import TaskState


# Users of the whole service, counted.
class UserNumbers(Output):
    total: int
    active: int


# Tasks of all users, counted by state.
class TaskNumbers(Output):
    total: int
    active: int
    paused: int
    completed: int


class ExecutionNumbers(Output):
    """Of the last 24 hours."""

    total: int
    success: int
    failed: int
    in_flight: int
    met: int
    unknown: Annotated[int, Field(description="Succeeded, and could not tell.")]


class DeliveryNumbers(Output):
    """Of the last 24 hours."""

    total: int
    delivered: int
    waiting: int
    failed: int


# The numbers of the whole service.
class AdminStats(Output):
    users: UserNumbers
    tasks: TaskNumbers
    executions_24h: ExecutionNumbers
    deliveries_24h: DeliveryNumbers


class AdminQuery(Output):
    """One task of whomever."""

    id: UUID
    user_id: UUID
    user_email: str
    name: str
    search_query: str
    condition_description: str
    schedule: str
    timezone: str
    state: TaskState
    next_run: Moment | None
    trouble_streak: Annotated[
        int, Field(description="Executions in a row that failed or could not tell.")
    ]
    skipped_ticks: int
    created_at: Moment


# A page of tasks of all users.
class AdminQueryPage(Output):
    queries: Sequence[AdminQuery]
    total: int
    page: int
    limit: int


# An execution of a task of any user.
class AdminExecution(Output):
    id: UUID
    task_id: UUID
    task_name: str
    user_email: str
    status: ExecutionStatus
    trigger: Trigger
    condition_met: bool | None
    takeovers: int
    error_type: str | None
    error_message: str | None
    started_at: Moment | None
    completed_at: Moment | None
    created_at: Moment


# A page of executions of all users.
class AdminExecutionPage(Output):
    executions: Sequence[AdminExecution]
    total: int
    page: int
    limit: int


# Failed executions of one kind, counted.
class ErrorGroup(Output):
    error_type: str
    count: int
    tasks: int
    last_at: Moment
    last_message: str | None


class AdminErrors(Output):
    """Failed executions since a time: by kind, most first, and one by one, newest first."""

    since: Moment
    groups: Sequence[ErrorGroup]
    errors: Sequence[AdminExecution]
    total: int
    page: int
    limit: int


# A user as operators see them.
class AdminUser(Output):
    id: UUID
    clerk_user_id: str | None
    email: str
    role: str
    state: str
    tasks: int
    active_keys: int
    created_at: Moment


# A page of users.
class AdminUserPage(Output):
    users: Sequence[AdminUser]
    total: int
    page: int
    limit: int


class SchedulerJob(Output):
    """A job of the queue that is not done yet: `ENQUEUED`, `DELAYED` or `PENDING` (running)."""

    id: str
    status: str
    executor_id: str | None


# A process of the service and its last heartbeat.
class ProcessOut(Output):
    executor_id: str
    kind: str
    executes: bool
    started_at: Moment
    heartbeat_at: Moment


# An active task and the time of its next execution.
class DueTask(Output):
    id: UUID
    name: str
    user_email: str
    schedule: str
    timezone: str
    next_run: Moment


class SchedulerOut(Output):
    """Who runs, what is queued, what is due next."""

    processes: Sequence[ProcessOut]
    overdue: Annotated[int, Field(description="Active tasks whose time has passed.")]
    jobs: Sequence[SchedulerJob]
    next_tasks: Sequence[DueTask]


# An event of the audit log.
class AuditOut(Output):
    id: UUID
    action: str
    actor_id: Annotated[UUID | None, Field(description="Null: the operator, or the service.")]
    user_id: UUID | None
    detail: Mapping[str, Any]
    created_at: Moment


# A page of the audit log.
class AuditPage(Output):
    events: Sequence[AuditOut]
    total: int
    page: int
    limit: int
