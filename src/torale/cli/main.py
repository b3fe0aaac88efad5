"""The `torale` command."""

import typer

from torale.cli import evals, server

app = typer.Typer(
    name="torale",
    no_args_is_help=True,
    help="Tells you when something happens on the web, and shows the evidence.",
    pretty_exceptions_enable=False,
)
app.command("serve")(server.serve)
app.command("worker")(server.worker)
app.add_typer(server.app, name="server")
app.add_typer(evals.app, name="evals")
