"""Verdicts, looked at again: `torale task evidence`, `replay`, `feedback` and `backtest`."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from torale.cli.console.commands import Run, tell
from torale.cli.console.ids import task_id, whole_id
from torale.cli.console.output import Columns
from torale.cli.executions import ENDED, Task
from torale.exceptions import NotFoundError

Execution = Annotated[
    str | None,
    typer.Argument(
        metavar="EXECUTION", help="Its id or how that begins; the last that ended if absent."
    ),
]

_DOCUMENT: Columns = {
    "id": lambda one: one.id[:12],
    "fetched": "fetched_at",
    "uri": "uri",
    "title": "title",
    "unusable": "unusable_reason",
}
_REPLAYED: Columns = {
    "verdict": "verdict",
    "same": "same",
    "answer": "answer",
    "reasoning": "reasoning",
    "judge": "judge",
    "complete": "evidence_complete",
}
_FEEDBACK: Columns = {
    "execution": "execution_id",
    "right": "correct",
    "note": "note",
}
_TRIED: Columns = {
    "id": "execution_id",
    "at": "at",
    "then": "verdict_then",
    "now": "verdict_now",
    "told": "told_then",
    "would tell": "would_tell",
    "answer": lambda one: one.skipped or one.answer_now,
}


class Behavior(StrEnum):
    once = "once"
    always = "always"
    track_state = "track_state"


def _chosen(run: Run, task: str, typed: str | None) -> str:
    """Return the id of the execution that is meant.

    Raises:
        NotFoundError: The task has none that ended, or none that begins so.
    """
    found = run.client.tasks.get_executions(task, limit=100)
    if typed is not None:
        return whole_id(typed, found, "execution")
    for one in found:
        if str(one.status) in ENDED:
            return str(one.id)
    raise NotFoundError("No execution of this task has ended", status_code=404)


def evidence(run: Run, task: Task, execution: Execution = None) -> None:
    """Show what an execution read; `--json` with the whole texts."""
    whole = task_id(run, task)
    documents = run.client.tasks.get_evidence(whole, _chosen(run, whole, execution))
    run.show(list(documents), _DOCUMENT, empty="It read nothing.")


def replay(run: Run, task: Task, execution: Execution = None) -> None:
    """Judge the stored evidence of an execution again. Nothing is stored."""
    whole = task_id(run, task)
    run.show(run.client.tasks.replay(whole, _chosen(run, whole, execution)), _REPLAYED)


def feedback(
    run: Run,
    task: Task,
    correct: Annotated[bool, typer.Option("--right/--wrong", help="Whether the verdict was.")],
    execution: Execution = None,
    note: Annotated[str, typer.Option(help="Why; models are shown it.")] = "",
) -> None:
    """Say whether a verdict was right; the latest word counts."""
    whole = task_id(run, task)
    said = run.client.tasks.give_feedback(
        whole, _chosen(run, whole, execution), correct=correct, note=note
    )
    run.show(said, _FEEDBACK)


def backtest(
    run: Run,
    task: Task,
    condition: Annotated[
        str | None, typer.Option("--condition", "-c", help="To try; the task's if absent.")
    ] = None,
    notify_behavior: Annotated[
        Behavior | None, typer.Option(help="To try; the task's if absent.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="`builtin` if absent, or the server's model.")
    ] = None,
) -> None:
    """Judge the history of a task again: when would it have told? Nothing is stored or sent."""
    said = {"condition_description": condition, "notify_behavior": notify_behavior, "judge": judge}
    tried: dict[str, Any] = {name: str(one) for name, one in said.items() if one is not None}
    found = run.client.tasks.backtest(task_id(run, task), **tried)
    if not run.is_for_people:
        run.show(found)
        return
    run.show(list(found.executions), _TRIED, empty="No executions.")
    tell(
        f"told {found.told} times, would tell {found.would_tell} times; "
        f"{found.coverage.share:.0%} of the history could be judged"
    )
