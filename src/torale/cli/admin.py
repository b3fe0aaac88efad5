"""Commands of `torale admin`, for operators."""

from enum import StrEnum
from typing import Annotated

import typer

from torale.cli.console.commands import Limit, PageNumber, Run, command, new_group, note
from torale.cli.console.ids import whole_id
from torale.cli.console.output import Columns
from torale.contract.admin import DeliveryNumbers, ExecutionNumbers
from torale.contract.executions import ExecutionStatus
from torale.contract.tasks import TaskState

app = new_group("For operators. The key needs the role and the scope admin.")


class UserState(StrEnum):
    active = "active"
    inactive = "inactive"


UserId = Annotated[str, typer.Argument(metavar="ID", help="Its id or how that begins.")]


def _with_failed(numbers: ExecutionNumbers | DeliveryNumbers) -> str:
    return f"{numbers.total}, {numbers.failed} failed"


_STATS: Columns = {
    "users": lambda stats: f"{stats.users.total}, {stats.users.active} active",
    "tasks": lambda stats: f"{stats.tasks.total}, {stats.tasks.active} active",
    "executions": lambda stats: _with_failed(stats.executions_24h),
    "messages": lambda stats: _with_failed(stats.deliveries_24h),
}
_USERS: Columns = {
    "id": "id",
    "email": "email",
    "role": "role",
    "state": "state",
    "tasks": "tasks",
    "keys": "active_keys",
    "created": "created_at",
}
_EXECUTIONS: Columns = {
    "id": "id",
    "created": "created_at",
    "user": "user_email",
    "task": "task_name",
    "status": "status",
    "met": "condition_met",
    "error": "error_message",
}
_QUERIES: Columns = {
    "id": "id",
    "user": "user_email",
    "name": "name",
    "state": "state",
    "next run": "next_run",
    "troubles": "trouble_streak",
}
_GROUPS: Columns = {
    "error": "error_type",
    "count": "count",
    "tasks": "tasks",
    "last": "last_at",
    "message": "last_message",
}
_PROCESSES: Columns = {
    "process": "executor_id",
    "kind": "kind",
    "executes": "executes",
    "heartbeat": "heartbeat_at",
}
_DUE: Columns = {
    "id": "id",
    "name": "name",
    "user": "user_email",
    "next run": "next_run",
}
_AUDIT: Columns = {
    "created": "created_at",
    "action": "action",
    "actor": "actor_id",
    "user": "user_id",
    "detail": "detail",
}


def _user_id(run: Run, typed: str) -> str:
    return whole_id(typed, lambda: run.client.admin.users(limit=100), "user")


def _task_id(run: Run, typed: str) -> str:
    return whole_id(typed, lambda: run.client.admin.queries(limit=100), "task")


@command(app, "stats")
def stats(run: Run) -> None:
    """Count users and tasks, and executions and messages of 24 hours."""
    run.show(run.client.admin.stats(), _STATS)


@command(app, "users")
def users(
    run: Run,
    search: Annotated[str | None, typer.Option(help="Part of the address.")] = None,
    state: Annotated[UserState | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List users, newest first."""
    found = run.client.admin.users(
        search=search, state=state.value if state else None, page=page, limit=limit
    )
    run.show(list(found.items), _USERS, empty="No users.")


@command(app, "deactivate")
def deactivate(run: Run, user: UserId) -> None:
    """Shut a user out: keys revoked, tasks paused, nothing deleted."""
    run.show(run.client.admin.deactivate_user(_user_id(run, user)), _USERS)


@command(app, "activate")
def activate(run: Run, user: UserId) -> None:
    """Let a user in again."""
    run.show(run.client.admin.activate_user(_user_id(run, user)), _USERS)


@command(app, "executions")
def executions(
    run: Run,
    status: Annotated[ExecutionStatus | None, typer.Option(help="Only with this status.")] = None,
    task: Annotated[
        str | None, typer.Option(help="Only of this task: id or its beginning.")
    ] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List everybody's executions, newest first."""
    found = run.client.admin.executions(
        status=status,
        task_id=_task_id(run, task) if task else None,
        page=page,
        limit=limit,
    )
    run.show(list(found.items), _EXECUTIONS, empty="No executions.")


@command(app, "errors")
def errors(
    run: Run,
    days: Annotated[int, typer.Option(min=1, max=365, help="Of so many days.")] = 7,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """Show which executions failed, by kind; one by one with `--json`."""
    found = run.client.admin.errors(days=days, page=page, limit=limit)
    if run.is_for_people:
        run.show(list(found.groups), _GROUPS, empty="No errors.")
    else:
        run.show(found)


@command(app, "queries")
def queries(
    run: Run,
    state: Annotated[TaskState | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List everybody's tasks, newest first."""
    found = run.client.admin.queries(state=state, page=page, limit=limit)
    run.show(list(found.items), _QUERIES, empty="No tasks.")


@command(app, "jobs")
def jobs(run: Run) -> None:
    """Show which processes run and what is due next; what is queued with `--json`."""
    found = run.client.admin.scheduler_jobs()
    if not run.is_for_people:
        run.show(found)
        return
    run.show(list(found.processes), _PROCESSES, empty="No process runs.")
    run.show(list(found.next_tasks), _DUE, empty="Nothing is due.")
    note(f"{len(found.jobs)} queued, {found.overdue} overdue")


@command(app, "audit")
def audit(
    run: Run,
    action: Annotated[str | None, typer.Option(help="How its name begins: `api_key.`.")] = None,
    user: Annotated[
        str | None, typer.Option(help="Only what was done to this user: id or its beginning.")
    ] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List who did what to keys, users and the service, newest first."""
    whole = _user_id(run, user) if user else None
    found = run.client.admin.audit(action=action, user_id=whole, page=page, limit=limit)
    run.show(list(found.items), _AUDIT, empty="Nothing happened.")
