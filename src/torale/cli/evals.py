"""Commands of `torale evals`. With `cli.server` the only door to the server; opened lazily."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from torale.cli.server import settings_or_exit

if TYPE_CHECKING:
    from torale.server.evaluation.score import Score

app = typer.Typer(no_args_is_help=True, help="Measure a judge before you rely on it.")

MOST_SHOWN = 20

Model = Annotated[str, typer.Option(help="`provider:name`; its key comes from the environment.")]

AtOnce = Annotated[int, typer.Option(min=1, max=100, help="How many at a time.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def run(  # noqa: PLR0917
    judge: Annotated[
        str, typer.Option(help="`builtin`, or `served`: the one that the settings name.")
    ] = "builtin",
    model: Model = "",
    attacks: Annotated[
        bool, typer.Option("--attacks", help="Cases whose pages try to turn the verdict.")
    ] = False,
    tag: Annotated[list[str] | None, typer.Option(help="Only cases with this tag.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many cases; 0 for all.")] = 0,
    at_once: AtOnce = 4,
    min_precision: Annotated[
        float, typer.Option(min=0, max=1, help="Below this on `met`, exit with 1.")
    ] = 0.99,
    as_json: AsJson = False,
) -> None:
    """Put cases with a known truth before a judge, and count.

    Precision on `met` is what people are told wrongly; a model below it should not be used.
    """
    if judge not in {"builtin", "served"}:
        raise typer.BadParameter("must be builtin or served", param_hint="--judge")
    with settings_or_exit() as settings:
        from torale.server.evaluation.run import EvaluationPlan, evaluate

        builtin = judge == "builtin" and not model
        wanted = EvaluationPlan(model, builtin, attacks, tuple(tag or ()), limit, at_once)
        name, score = asyncio.run(evaluate(settings, wanted))
    passed = score.passes(min_precision)
    if as_json:
        typer.echo(json.dumps({"judge": name, "passed": passed, **score.as_json()}, indent=2))
    else:
        _show_score(name, score)
        typer.echo(f"{'ok  ' if passed else 'FAIL'}  precision on met, at least {min_precision}")
    if not passed:
        raise typer.Exit(1)


@app.command()
def drift(
    model: Model = "",
    newest: Annotated[int, typer.Option(min=1, max=10_000, help="How many executions.")] = 100,
    at_once: AtOnce = 4,
    as_json: AsJson = False,
) -> None:
    """Judge stored executions again, and name the verdicts that would change.

    Without --model it asks the judge that the settings name: run it before and after a change.
    Nothing is stored and nobody is told. Budgets do not count here.
    """
    with settings_or_exit() as settings:
        from torale.server.evaluation.drift import drift as rejudge

        found = asyncio.run(rejudge(settings, model, newest=newest, at_once=at_once))
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=2))
        return
    for change in found.changed:
        before = change.before.value if change.before else "failed"
        after = change.after.value if change.after else "failed"
        typer.echo(f"changed   {change.execution_id} {before} → {after}  {_plain(change.task)}")
    for skipped in found.left_out:
        typer.echo(f"left out  {skipped.execution_id} {skipped.why}  {_plain(skipped.task)}")
    cost = "" if found.cost is None else f", cost ${found.cost:.4f}"
    typer.echo(
        f"{found.judge}: {len(found.changed)} of {found.judged} verdicts would change; "
        f"{len(found.left_out)} could not be judged again{cost}"
    )


def _plain(text: str) -> str:
    """A name on one line of a terminal, whoever wrote it."""
    return "".join(char if char.isprintable() else " " for char in text)


def _show_score(name: str, score: "Score") -> None:
    for wrong in score.wrong[:MOST_SHOWN]:
        verdict = wrong.verdict.value if wrong.verdict else f"failed ({wrong.failure})"
        typer.echo(f"wrong  {wrong.id}: said {verdict}, true is {wrong.truth.value}")
    if len(score.wrong) > MOST_SHOWN:
        typer.echo(f"wrong  … and {len(score.wrong) - MOST_SHOWN} more (--json shows all)")
    cost = "unknown" if score.cost is None else f"${score.cost:.4f}"
    rows = {
        "judge": name,
        "cases": f"{score.cases}, {score.failed} failed",
        "accuracy": _share(score.accuracy),
        "precision on met": _share(score.precision),
        "recall on met": _share(score.recall),
        "of what compiles": _share(score.recall_compiled),
        "unknown": _share(score.unknown),
        "met, said not_met": str(score.missed),
        "without a quote": str(score.unquoted),
        "model calls": f"{score.calls}, cost {cost}",
        "seconds a verdict": f"median {score.median_seconds:.3f}, most {score.slowest_seconds:.3f}",
    }
    for label, value in rows.items():
        typer.echo(f"{label:18} {value}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
