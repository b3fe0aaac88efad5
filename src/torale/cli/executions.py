"""Commands of `torale task` about executions: `execute` and `logs`."""

import sys
import time
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import typer

from torale.cli.console.commands import Limit, PageNumber, Run, fail
from torale.cli.console.ids import complete_task, task_id
from torale.cli.console.output import Columns, as_json, cell, cells
from torale.contract.executions import ExecutionOut, ExecutionStatus
from torale.exceptions import RateLimitError

LOOK_AGAIN_SECONDS = 5.0

Task = Annotated[
    str,
    typer.Argument(metavar="ID", help="Its id or how that begins.", autocompletion=complete_task),
]


def _answer(execution: ExecutionOut) -> object:
    return execution.result.answer if execution.result else execution.error_message


_ROW: Columns = {
    "id": "id",
    "started": "started_at",
    "status": "status",
    "verdict": "result.verdict",
    "answer": _answer,
}
_DETAILS: Columns = {
    **_ROW,
    "reasoning": "result.reasoning",
    "sources": lambda execution: ", ".join(source.uri for source in execution.grounding_sources),
    "told": "notification",
}
_NOTIFICATIONS: Columns = {
    "id": "id",
    "created": "created_at",
    "answer": "answer",
}


def execute(
    run: Run,
    task: Task,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for its end and show it.")] = False,
    wait_seconds: Annotated[float, typer.Option(min=1, help="Give up waiting after this.")] = 300.0,
) -> None:
    """Execute a task now. With `--wait`, exit code 1 when the execution failed."""
    whole = task_id(run, task)
    execution_id = run.client.tasks.execute(whole)
    if not wait:
        if run.is_for_people:
            typer.echo(str(execution_id))
        else:
            run.show({"execution_id": str(execution_id)})
        return
    progress = _Progress()
    try:
        ended = run.client.tasks.wait(
            whole, execution_id, timeout=wait_seconds, on_look=progress.show
        )
    finally:
        progress.clear()
    run.show(ended, _DETAILS)
    if ended.status is ExecutionStatus.FAILED:
        raise fail(f"the execution failed: {ended.error_message or ended.error_type}")


class _Progress:
    """One line that changes, on a terminal; elsewhere nothing."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._since = time.monotonic()

    def show(self, execution: ExecutionOut) -> None:
        if self._is_shown:
            seconds = time.monotonic() - self._since
            typer.echo(f"\r\x1b[K{cell(execution.status)} … {seconds:.0f} s", err=True, nl=False)

    def clear(self) -> None:
        if self._is_shown:
            typer.echo("\r\x1b[K", err=True, nl=False)


def logs(  # noqa: PLR0913, PLR0917  (each option is an argument)
    run: Run,
    task: Task,
    status: Annotated[ExecutionStatus | None, typer.Option(help="Only with this status.")] = None,
    notifications_only: Annotated[
        bool, typer.Option("--notifications-only", help="Only those that met the condition.")
    ] = False,
    limit: Limit = 20,
    page: PageNumber = 1,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")
    ] = False,
) -> None:
    """List the executions of a task, newest first; with `--follow` oldest first."""
    if notifications_only and (status or follow):
        raise typer.BadParameter("goes with neither --status nor --follow")
    if follow and page > 1:
        raise typer.BadParameter("does not go with --page", param_hint="--follow")
    whole = task_id(run, task)
    if notifications_only:
        met = run.client.tasks.get_notifications(whole, page=page, limit=limit)
        run.show(list(met.items), _NOTIFICATIONS, empty="Nothing was told.")
    elif follow:
        follow_executions(run, whole, status, limit)
    else:
        found = run.client.tasks.get_executions(whole, status=status, page=page, limit=limit)
        run.show(list(found.items), _ROW, empty="No executions.")


def follow_executions(
    run: Run,
    task: str,
    status: ExecutionStatus | None,
    limit: int,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Print each execution as a line once it has ended, for ever."""
    printed: set[UUID] = set()
    while True:
        pause = LOOK_AGAIN_SECONDS
        try:
            found = run.client.tasks.get_executions(task, status=status, limit=limit).items
        except RateLimitError as error:
            found, pause = [], max(pause, error.retry_after or 0)
        for execution in reversed(found):
            if execution.id not in printed and execution.status.has_ended:
                printed.add(execution.id)
                _print_line(run, execution)
        sleep(pause)


def _print_line(run: Run, execution: ExecutionOut) -> None:
    if run.is_for_people:
        typer.echo("  ".join(cells(execution, _ROW)))
    else:
        typer.echo(as_json(execution, indent=None))
    sys.stdout.flush()
