"""Commands of `torale task`."""

from dataclasses import dataclass
from typing import Annotated, Any

import typer

from torale.cli import executions, reviews
from torale.cli.console.commands import (
    Limit,
    PageNumber,
    Run,
    command,
    given,
    is_terminal,
    new_group,
    note,
)
from torale.cli.console.ids import channel_id, complete_task, task_id
from torale.cli.console.output import Columns, cell, local
from torale.cli.console.schedules import to_cron
from torale.contract.tasks import NotifyBehavior, TargetOut, TaskState

app = new_group("What to watch for.")


def _cron(text: str | None) -> str | None:
    try:
        return to_cron(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


TaskId = Annotated[
    str,
    typer.Argument(metavar="ID", help="Its id or how that begins.", autocompletion=complete_task),
]
QUERY = typer.Option("--query", "-q", help="What to search for.")
CONDITION = typer.Option("--condition", "-c", help="When to tell.")
SCHEDULE = typer.Option("--schedule", "-s", callback=_cron, help='Cron, or "every day at 09:00".')
Sources = Annotated[list[str] | None, typer.Option("--source", help="A page or feed to read.")]
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
    "channels": lambda task: ", ".join(_target(target) for target in task.notifications),
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


def _target(target: TargetOut) -> str:
    return str(target.address or target.url or target.channel_id)


@dataclass(frozen=True, slots=True)
class TaskFields:
    """The fields of a task that `create` and `update` take alike, as options."""

    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Made from the query if absent.")
    ] = None
    notify_behavior: Annotated[
        NotifyBehavior | None, typer.Option(help="How often to tell; once if absent.")
    ] = None
    timezone: Annotated[
        str | None, typer.Option(help="Time zone of the schedule; UTC if absent.")
    ] = None
    source: Sources = None
    email: Annotated[list[str] | None, typer.Option(help="Tell this address.")] = None
    webhook: Annotated[list[str] | None, typer.Option(help="Tell this URL.")] = None
    channel: Annotated[list[str] | None, typer.Option(help="Tell this channel (id).")] = None

    def given(self, run: Run) -> dict[str, Any]:
        """Return what was typed, as the API names it."""
        targets = [
            *({"type": "email", "address": address} for address in self.email or ()),
            *({"type": "webhook", "url": url} for url in self.webhook or ()),
            *({"type": "channel", "id": channel_id(run, typed)} for typed in self.channel or ()),
        ]
        return given(
            name=self.name,
            notify_behavior=self.notify_behavior,
            timezone=self.timezone,
            sources=self.source,
            notifications=targets,
        )


@command(app, "create")
def create(
    run: Run,
    query: Annotated[str, QUERY],
    condition: Annotated[str, CONDITION],
    schedule: Annotated[str, SCHEDULE],
    fields: TaskFields,
    run_immediately: Annotated[
        bool, typer.Option("--run-immediately", help="Look at once, too.")
    ] = False,
) -> None:
    """Start watching for a condition."""
    task = run.client.tasks.create(
        search_query=query,
        condition_description=condition,
        schedule=schedule,
        run_immediately=run_immediately,
        **fields.given(run),
    )
    run.show(task, _DETAILS)


@command(app, "list")
def list_tasks(
    run: Run,
    active: Active = None,
    state: Annotated[TaskState | None, typer.Option(help="Only in this state.")] = None,
    limit: Limit = 20,
    page: PageNumber = 1,
) -> None:
    """List tasks, newest first."""
    found = run.client.tasks.list(active=active, page=page, limit=limit, state=state)
    run.show(list(found.items), _ROW, empty="No tasks.")
    if found.total > len(found.items) and run.is_for_people:
        note(f"{len(found.items)} of {found.total}; --limit and --page show more")


@command(app, "get")
def get(run: Run, task: TaskId) -> None:
    """Show a task."""
    run.show(run.client.tasks.get(task_id(run, task)), _DETAILS)


@command(app, "update")
def update(  # noqa: PLR0913  (each option is an argument)
    run: Run,
    task: TaskId,
    query: Annotated[str | None, QUERY] = None,
    condition: Annotated[str | None, CONDITION] = None,
    schedule: Annotated[str | None, SCHEDULE] = None,
    *,
    fields: TaskFields,
    active: Active = None,
    state: Annotated[TaskState | None, typer.Option(help="The new state.")] = None,
) -> None:
    """Change what is given of a task. `--inactive` pauses it."""
    if active is not None:
        state = TaskState.ACTIVE if active else TaskState.PAUSED
    question = given(search_query=query, condition_description=condition, schedule=schedule)
    changes = {**question, **fields.given(run), **given(state=state)}
    if not changes:
        raise typer.BadParameter("nothing to change is given; see `torale task update --help`")
    run.show(run.client.tasks.update(task_id(run, task), **changes), _DETAILS)


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
    ids = [task_id(run, typed) for typed in tasks]
    if not yes:
        if not is_terminal():
            raise typer.BadParameter("nobody is there to ask; say --yes", param_hint="--yes")
        typer.confirm(f"Delete {len(ids)} task(s) for good?", abort=True, err=True)
    for whole in ids:
        run.client.tasks.delete(whole)
        note(f"✓ Deleted {whole}")


_PREVIEW: Columns = {
    "verdict": "verdict",
    "answer": "answer",
    "reasoning": "reasoning",
    "confidence": lambda found: f"{found.confidence:.2f}",
    "understood as": "understood",
    "sources": lambda found: ", ".join(source.uri for source in found.grounding_sources),
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
    query: Annotated[str, QUERY],
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
        note(f'Make it: torale task create -q … -c … -s "{cell(draft.schedule)}"')


command(app, "execute")(executions.execute)
command(app, "logs")(executions.logs)
command(app, "evidence")(reviews.evidence)
command(app, "replay")(reviews.replay)
command(app, "feedback")(reviews.feedback)
command(app, "backtest")(reviews.backtest)
