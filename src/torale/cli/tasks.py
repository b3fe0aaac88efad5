"""`torale task`: what to watch for."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from torale.cli import executions, reviews
from torale.cli.console.commands import (
    Limit,
    PageNumber,
    Run,
    command,
    is_terminal,
    new_group,
    tell,
)
from torale.cli.console.ids import channel_id, complete_task, task_id
from torale.cli.console.output import Columns, cell, local
from torale.cli.console.schedules import to_cron
from torale.cli.reviews import Behavior

app = new_group("What to watch for.")


class State(StrEnum):
    active = "active"
    paused = "paused"
    completed = "completed"


def _cron(text: str | None) -> str | None:
    try:
        return to_cron(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


TaskId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Its id or how that begins.", autocompletion=complete_task),
]
Query = Annotated[str | None, typer.Option("--query", "-q", help="What to search for.")]
Condition = Annotated[str | None, typer.Option("--condition", "-c", help="When to tell.")]
Schedule = Annotated[
    str | None,
    typer.Option("--schedule", "-s", callback=_cron, help='Cron, or "every day at 09:00".'),
]
Name = Annotated[str | None, typer.Option("--name", "-n", help="Made from the query if absent.")]
Notify = Annotated[Behavior | None, typer.Option(help="How often to tell; once if absent.")]
Zone = Annotated[str | None, typer.Option(help="Time zone of the schedule; UTC if absent.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="A page or feed to read.")]
Emails = Annotated[list[str] | None, typer.Option("--email", help="Tell this address.")]
Webhooks = Annotated[list[str] | None, typer.Option("--webhook", help="Tell this URL.")]
Channels = Annotated[list[str] | None, typer.Option("--channel", help="Tell this channel (id).")]
Active = Annotated[
    bool | None, typer.Option("--active/--inactive", help="Active, or not.", show_default=False)
]

_DETAILS: Columns = {
    "id": "id",
    "name": "name",
    "state": "state",
    "query": "search_query",
    "condition": "condition_description",
    "understood as": lambda task: task.understood or "needs a model",
    "schedule": lambda task: f"{task.schedule} ({task.timezone})",
    "next run": lambda task: local(task.next_run) + (" local time" if task.next_run else ""),
    "tells": "notify_behavior",
    "sources": lambda task: ", ".join(task.sources),
    "channels": lambda task: ", ".join(_target(one) for one in task.notifications),
    "last found": "last_known_state.answer",
}
_ROW: Columns = {
    "id": "id",
    "name": "name",
    "state": "state",
    "schedule": "schedule",
    "next run": "next_run",
    "met": "last_execution.condition_met",
}


def _target(told: Any) -> str:
    return str(told.address or told.url or told.channel_id)


def _targets(
    run: Run,
    emails: Sequence[str] | None,
    webhooks: Sequence[str] | None,
    channels: Sequence[str] | None,
) -> list[dict[str, str]]:
    return [
        *({"type": "email", "address": one} for one in emails or ()),
        *({"type": "webhook", "url": one} for one in webhooks or ()),
        *({"type": "channel", "id": channel_id(run, one)} for one in channels or ()),
    ]


def _given(**fields: object) -> dict[str, Any]:
    return {
        name: str(one) if isinstance(one, StrEnum) else one
        for name, one in fields.items()
        if one is not None and one != []
    }


@command(app, "create")
def create(  # noqa: PLR0913, PLR0917  (each option is an argument)
    run: Run,
    query: Annotated[str, typer.Option("--query", "-q", help="What to search for.")],
    condition: Annotated[str, typer.Option("--condition", "-c", help="When to tell.")],
    schedule: Annotated[
        str,
        typer.Option("--schedule", "-s", callback=_cron, help='Cron, or "every day at 09:00".'),
    ],
    name: Name = None,
    notify_behavior: Notify = None,
    timezone: Zone = None,
    source: Sources = None,
    email: Emails = None,
    webhook: Webhooks = None,
    channel: Channels = None,
    run_immediately: Annotated[
        bool, typer.Option("--run-immediately", help="Look at once, too.")
    ] = False,
) -> None:
    """Start watching for a condition."""
    fields = _given(
        name=name,
        notify_behavior=notify_behavior,
        timezone=timezone,
        sources=source,
        notifications=_targets(run, email, webhook, channel),
    )
    task = run.client.tasks.create(
        search_query=query,
        condition_description=condition,
        schedule=schedule,
        run_immediately=run_immediately,
        **fields,
    )
    run.show(task, _DETAILS)


@command(app, "list")
def list_tasks(
    run: Run,
    active: Active = None,
    state: Annotated[State | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List tasks, newest first."""
    found = run.client.tasks.list(active=active, page=page, limit=limit, **_given(state=state))
    run.show(list(found.items), _ROW, empty="No tasks.")
    if found.total > len(found.items) and run.is_for_people:
        tell(f"{len(found.items)} of {found.total}; --limit and --page show more")


@command(app, "get")
def get(run: Run, task: TaskId) -> None:
    """Show a task."""
    run.show(run.client.tasks.get(task_id(run, task)), _DETAILS)


@command(app, "update")
def update(  # noqa: PLR0913, PLR0917  (each option is an argument)
    run: Run,
    task: TaskId,
    query: Query = None,
    condition: Condition = None,
    schedule: Schedule = None,
    name: Name = None,
    notify_behavior: Notify = None,
    timezone: Zone = None,
    source: Sources = None,
    email: Emails = None,
    webhook: Webhooks = None,
    channel: Channels = None,
    active: Active = None,
    state: Annotated[State | None, typer.Option(help="The new state.")] = None,
) -> None:
    """Change what is given of a task. `--inactive` pauses it."""
    if active is not None:
        state = State.active if active else State.paused
    fields = _given(
        search_query=query,
        condition_description=condition,
        schedule=schedule,
        name=name,
        notify_behavior=notify_behavior,
        timezone=timezone,
        sources=source,
        notifications=_targets(run, email, webhook, channel),
        state=state,
    )
    if not fields:
        raise typer.BadParameter("nothing to change is given; see `torale task update --help`")
    run.show(run.client.tasks.update(task_id(run, task), **fields), _DETAILS)


@command(app, "delete")
def delete(
    run: Run,
    tasks: Annotated[
        list[str],
        typer.Argument(
            metavar="ID...", help="Ids or how they begin.", autocompletion=complete_task
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete tasks, at once and for good."""
    ids = [task_id(run, one) for one in tasks]
    if not yes:
        if not is_terminal():
            raise typer.BadParameter("nobody is there to ask; say --yes", param_hint="--yes")
        typer.confirm(f"Delete {len(ids)} task(s) for good?", abort=True, err=True)
    for one in ids:
        run.client.tasks.delete(one)
        tell(f"✓ Deleted {one}")


_PREVIEW: Columns = {
    "verdict": "verdict",
    "answer": "answer",
    "reasoning": "reasoning",
    "confidence": lambda found: f"{found.confidence:.2f}",
    "understood as": "understood",
    "sources": lambda found: ", ".join(one.uri for one in found.grounding_sources),
}
_DRAFT: Columns = {
    "name": "name",
    "query": "search_query",
    "condition": "condition_description",
    "schedule": "schedule",
    "tells": "notify_behavior",
}


@command(app, "preview")
def preview(
    run: Run,
    query: Annotated[str, typer.Option("--query", "-q", help="What to search for.")],
    condition: Annotated[str, typer.Option("--condition", "-c", help="When it would tell.")],
    source: Sources = None,
) -> None:
    """Look once, now: nothing is stored and nobody is told. May take a minute."""
    found = run.client.tasks.preview(
        search_query=query, condition_description=condition, sources=source or ()
    )
    run.show(found, _PREVIEW)


@command(app, "suggest")
def suggest(
    run: Run, wish: Annotated[str, typer.Argument(help="What to be told, in plain words.")]
) -> None:
    """Draft a task from a sentence. Nothing is stored."""
    draft = run.client.tasks.suggest(wish)
    run.show(draft, _DRAFT)
    if run.is_for_people:
        tell(f'Make it: torale task create -q … -c … -s "{cell(draft.schedule)}"')


command(app, "execute")(executions.execute)
command(app, "logs")(executions.logs)
command(app, "evidence")(reviews.evidence)
command(app, "replay")(reviews.replay)
command(app, "feedback")(reviews.feedback)
command(app, "backtest")(reviews.backtest)
