"""Commands of `torale notification`."""

from typing import Annotated

import typer

from torale.cli.console.commands import Limit, PageNumber, Run, command, new_group
from torale.cli.console.ids import complete_task, task_id
from torale.cli.console.output import Columns
from torale.contract.channels import ChannelType

app = new_group("What was told.")

_NOTIFICATIONS: Columns = {
    "id": "id",
    "created": "created_at",
    "task": "task_name",
    "answer": "answer",
}
_SENDS: Columns = {
    "created": "created_at",
    "task": "task_name",
    "event": "event",
    "recipient": "recipient",
    "status": "status",
    "attempts": "attempts",
    "error": "error",
}


@command(app, "list")
def list_notifications(run: Run, limit: Limit = 20, page: PageNumber = 1) -> None:
    """List the executions that met their condition, newest first."""
    found = run.client.notifications.list(page=page, limit=limit)
    run.show(list(found.items), _NOTIFICATIONS, empty="Nothing was told.")


@command(app, "sends")
def sends(
    run: Run,
    kind: Annotated[
        ChannelType | None, typer.Option("--type", help="Only to such channels.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="Only of this task.", autocompletion=complete_task)
    ] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List messages with what became of them, newest first."""
    found = run.client.notifications.sends(
        notification_type=kind,
        task_id=task_id(run, task) if task else None,
        page=page,
        limit=limit,
    )
    run.show(list(found.items), _SENDS, empty="No messages.")
