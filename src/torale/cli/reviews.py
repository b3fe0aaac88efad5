"""Commands of `torale task` about verdicts: `evidence`, `replay`, `feedback`, `backtest`."""

from typing import Annotated

import typer

from torale.cli.console.commands import Run, given, note
from torale.cli.console.ids import task_id, whole_id
from torale.cli.console.output import Columns
from torale.cli.executions import Task
from torale.contract.tasks import NotifyBehavior
from torale.exceptions import NotFoundError

Execution = Annotated[
    str | None,
    typer.Argument(
        metavar="EXECUTION", help="Its id or how that begins; the last that ended if absent."
    ),
]

_DOCUMENT: Columns = {
    "id": lambda document: document.id[:12],
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
    "answer": lambda tried: tried.skipped or tried.answer_now,
}


def _chosen(run: Run, task: str, typed: str | None) -> str:
    """Return the id of the execution that is meant.

    Raises:
        NotFoundError: The task has none that ended, or none that begins so.
    """
    executions = run.client.tasks.get_executions(task, limit=100)
    if typed is not None:
        return whole_id(typed, lambda: executions, "execution")
    for execution in executions:
        if execution.status.has_ended:
            return str(execution.id)
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
    chosen = _chosen(run, whole, execution)
    given_feedback = run.client.tasks.give_feedback(whole, chosen, correct=correct, note=note)
    run.show(given_feedback, _FEEDBACK)


def backtest(
    run: Run,
    task: Task,
    condition: Annotated[
        str | None, typer.Option("--condition", "-c", help="To try; the task's if absent.")
    ] = None,
    notify_behavior: Annotated[
        NotifyBehavior | None, typer.Option(help="To try; the task's if absent.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(help="`builtin` if absent, or the server's model.")
    ] = None,
) -> None:
    """Judge the history of a task again: when would it have told? Nothing is stored or sent."""
    tried = given(condition_description=condition, notify_behavior=notify_behavior, judge=judge)
    found = run.client.tasks.backtest(task_id(run, task), **tried)
    if not run.is_for_people:
        run.show(found)
        return
    run.show(list(found.executions), _TRIED, empty="No executions.")
    note(
        f"told {found.told} times, would tell {found.would_tell} times; "
        f"{found.coverage.share:.0%} of the history could be judged"
    )
