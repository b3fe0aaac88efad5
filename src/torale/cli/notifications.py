"""`torale notification`: what was told."""

from typing import TYPE_CHECKING, Annotated

import typer

from torale.cli.console.commands import Limit, PageNumber, Run, command, new_group
from torale.cli.console.ids import complete_task, task_id
from torale.contract.channels import ChannelType

if TYPE_CHECKING:
    from torale.cli.console.output import Column

app = new_group("What was told.")

_TOLD: "tuple[Column, ...]" = (
    ("id", lambda one: one.id),
    ("created", lambda one: one.created_at),
    ("task", lambda one: one.task_name),
    ("answer", lambda one: one.answer),
)
_SENDS: "tuple[Column, ...]" = (
    ("created", lambda one: one.created_at),
    ("task", lambda one: one.task_name),
    ("event", lambda one: one.event),
    ("recipient", lambda one: one.recipient),
    ("status", lambda one: one.status),
    ("attempts", lambda one: one.attempts),
    ("error", lambda one: one.error),
)


@command(app, "list")
def list_notifications(run: Run, limit: Limit = 20, page: PageNumber = 1) -> None:
    """List the executions that met their condition, newest first."""
    found = run.client.notifications.list(page=page, limit=limit)
    run.show(list(found.items), *_TOLD, empty="Nothing was told.")


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
    run.show(list(found.items), *_SENDS, empty="No messages.")
