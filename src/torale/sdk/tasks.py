"""Calls about tasks and their executions."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Unpack
from uuid import UUID

from torale.contract.executions import (
    EvidenceDocument,
    EvidenceOut,
    ExecuteOut,
    ExecutionOut,
    ExecutionPage,
    ExecutionStatus,
    NotificationOut,
    NotificationPage,
    PreviewOut,
)
from torale.contract.tasks import (
    StateLike,
    SuggestOut,
    TaskChanges,
    TaskOptions,
    TaskOut,
    TaskPage,
    TaskState,
)
from torale.exceptions import RateLimitError, WaitTimeoutError
from torale.sdk.review import Review
from torale.sdk.transport.calls import (
    Call,
    Flow,
    PageCall,
    Pause,
    S,
    listing,
    nothing,
    operation,
    paged,
    path,
    present,
    procedure,
    sliced,
)

Id = UUID | str
NewState = Literal[TaskState.ACTIVE, TaskState.PAUSED, "active", "paused"]
Status = ExecutionStatus | Literal["pending", "running", "success", "failed"]

_TASKS = "/api/v1/tasks"
_TASK = "/api/v1/tasks/{}"
_EXECUTION = "/api/v1/tasks/{}/executions/{}"
_READING_SECONDS = 120.0  # a preview reads pages and asks a model before it answers
_FIRST_LOOK, _SLOWER, _SLOWEST = 0.5, 1.5, 5.0

_read_tasks = sliced(TaskPage.model_validate_json, lambda found: found.tasks)
_read_executions = sliced(ExecutionPage.model_validate_json, lambda found: found.executions)
read_notifications = sliced(NotificationPage.model_validate_json, lambda found: found.notifications)


def _read_execution_id(raw: bytes) -> UUID:
    return ExecuteOut.model_validate_json(raw).execution_id


def _read_evidence(raw: bytes) -> Sequence[EvidenceDocument]:
    return EvidenceOut.model_validate_json(raw).evidence


class Tasks(Review[S]):
    """What to watch for: `client.tasks`."""

    @operation
    @staticmethod
    def create(  # noqa: PLR0913  (the fields of a task, each by its name)
        *,
        search_query: str,
        condition_description: str,
        schedule: str,
        name: str | None = None,
        state: NewState = "active",
        run_immediately: bool = False,
        idempotency_key: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> Call[TaskOut]:
        """Start watching for a condition.

        Args:
            search_query: What to search for, 10 to 500 characters.
            condition_description: When to tell, in plain words, 10 to 500 characters.
            schedule: When to look: cron with 5 fields, `0 9 * * *`.
            name: Made from the query, if absent.
            state: `paused` creates the task without looking.
            run_immediately: Look at once, too.
            idempotency_key: For 24 hours the same key gives the same task, not another one.
            options: See TaskOptions.
        """
        fields = {
            "search_query": search_query,
            "condition_description": condition_description,
            "schedule": schedule,
            "name": name,
            "state": state,
            "run_immediately": run_immediately,
            **options,
        }
        return Call(
            method="POST",
            path=_TASKS,
            body=present(fields),
            read=TaskOut.model_validate_json,
            idempotency_key=idempotency_key,
        )

    @listing
    @staticmethod
    def list(
        *,
        state: StateLike | None = None,
        active: bool | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> PageCall[TaskOut]:
        """List tasks, newest first.

        Args:
            state: Only tasks in this state.
            active: True: active tasks, False: the others.
            page: The first page to fetch; iterating goes on from there.
            limit: Tasks on a page, 1 to 100.
        """
        return paged(_TASKS, _read_tasks, page=page, limit=limit, state=state, active=active)

    @operation
    @staticmethod
    def get(task_id: Id) -> Call[TaskOut]:
        """Return a task.

        Raises:
            NotFoundError: You have no such task.
        """
        return Call(method="GET", path=path(_TASK, task_id), read=TaskOut.model_validate_json)

    @operation
    @staticmethod
    def update(task_id: Id, **changes: Unpack[TaskChanges]) -> Call[TaskOut]:
        """Change some fields of a task; what is not given stays as it is.

        Raises:
            NotFoundError: You have no such task.
            ConflictError: A task in its state cannot take the new one.
            ValidationError: Something about a field is wrong; `detail` says which and what.
        """
        return Call(
            method="PUT",
            path=path(_TASK, task_id),
            body={**changes},
            read=TaskOut.model_validate_json,
        )

    @operation
    @staticmethod
    def delete(task_id: Id) -> Call[None]:
        """Delete a task, at once and for good.

        Raises:
            NotFoundError: You have no such task.
        """
        return Call(method="DELETE", path=path(_TASK, task_id), read=nothing)

    @operation
    @staticmethod
    def execute(task_id: Id, *, idempotency_key: str | None = None) -> Call[UUID]:
        """Execute a task now, whatever its schedule and state; returns the execution's id.

        Raises:
            NotFoundError: You have no such task.
            ConflictError: An execution of it is pending or running already.
        """
        return Call(
            method="POST",
            path=path(_TASK, task_id) + "/execute",
            read=_read_execution_id,
            idempotency_key=idempotency_key,
        )

    @procedure
    @staticmethod
    def wait(
        task_id: Id,
        execution_id: Id,
        *,
        timeout: float | None = 300.0,
        on_look: Callable[[ExecutionOut], object] | None = None,
    ) -> Flow[ExecutionOut]:
        """Wait until an execution has ended, and return it. Failed is an end too: see `status`.

        Args:
            task_id: Whose execution it is.
            execution_id: What `execute` returned.
            timeout: Seconds to wait; None waits for ever.
            on_look: Called with the execution each time it was looked at.

        Raises:
            WaitTimeoutError: It did not end in time.
            NotFoundError: You have no such task, or it has no such execution.
        """
        look = Tasks.get_execution(task_id, execution_id)
        now: float = yield Pause(0)
        deadline = math.inf if timeout is None else now + timeout
        pause = _FIRST_LOOK
        while True:
            try:
                execution: ExecutionOut = yield look
            except RateLimitError as error:
                pause = max(pause, error.retry_after or _SLOWEST)
            else:
                if on_look is not None:
                    on_look(execution)
                if execution.status.has_ended:
                    return execution
            if now >= deadline:
                raise WaitTimeoutError(f"Execution {execution_id} did not end in {timeout} s")
            now = yield Pause(min(pause, deadline - now))
            pause = min(pause * _SLOWER, _SLOWEST)

    @operation
    @staticmethod
    def preview(
        *, search_query: str, condition_description: str, sources: Sequence[str] = ()
    ) -> Call[PreviewOut]:
        """Look once, now: nothing is stored and nobody is told. May take a minute.

        Args:
            search_query: What to search for, 10 to 500 characters.
            condition_description: When it would tell, in plain words, 10 to 500 characters.
            sources: Up to 10 addresses to read beside what a search finds.
        """
        return Call(
            method="POST",
            path=f"{_TASKS}/preview",
            body={
                "search_query": search_query,
                "condition_description": condition_description,
                "sources": sources,
            },
            read=PreviewOut.model_validate_json,
            patience=_READING_SECONDS,
        )

    @operation
    @staticmethod
    def suggest(
        prompt: str, *, current_task: Mapping[str, str | None] | None = None
    ) -> Call[SuggestOut]:
        """Draft the fields of a task from a wish in plain words. Nothing is stored.

        Args:
            prompt: "Tell me when the PS5 Slim drops below 350 USD".
            current_task: A draft to start from: any of `name`, `search_query`,
                `condition_description`, `schedule`, `notify_behavior`.
        """
        return Call(
            method="POST",
            path=f"{_TASKS}/suggest",
            body=present({"prompt": prompt, "current_task": current_task}),
            read=SuggestOut.model_validate_json,
            patience=_READING_SECONDS,
        )

    @listing
    @staticmethod
    def get_executions(
        task_id: Id, *, status: Status | None = None, page: int = 1, limit: int = 20
    ) -> PageCall[ExecutionOut]:
        """List the executions of a task, newest first.

        Raises:
            NotFoundError: You have no such task.
        """
        return paged(
            path(_TASK, task_id) + "/executions",
            _read_executions,
            page=page,
            limit=limit,
            status=status,
        )

    @operation
    @staticmethod
    def get_execution(task_id: Id, execution_id: Id) -> Call[ExecutionOut]:
        """Return one execution, with its verdict once it has ended.

        Raises:
            NotFoundError: You have no such task, or it has no such execution.
        """
        return Call(
            method="GET",
            path=path(_EXECUTION, task_id, execution_id),
            read=ExecutionOut.model_validate_json,
        )

    @operation
    @staticmethod
    def get_evidence(task_id: Id, execution_id: Id) -> Call[Sequence[EvidenceDocument]]:
        """Return what an execution read: every document with its text.

        Raises:
            NotFoundError: You have no such task, or it has no such execution.
        """
        return Call(
            method="GET",
            path=path(_EXECUTION, task_id, execution_id) + "/evidence",
            read=_read_evidence,
        )

    @listing
    @staticmethod
    def get_notifications(
        task_id: Id, *, page: int = 1, limit: int = 20
    ) -> PageCall[NotificationOut]:
        """List the executions of a task that met its condition, newest first.

        Raises:
            NotFoundError: You have no such task.
        """
        return paged(
            path(_TASK, task_id) + "/notifications", read_notifications, page=page, limit=limit
        )
