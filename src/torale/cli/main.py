"""The `torale` command. Each group of commands is imported when it is first used."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from torale.cli.console.commands import take_options

# Name, where it is, and what the help says of it without opening it.
_GROUPS = {
    "auth": ("torale.cli.auth", "The API key that this machine uses."),
    "task": ("torale.cli.tasks", "What to watch for."),
    "channel": ("torale.cli.channels", "Where to tell."),
    "notification": ("torale.cli.notifications", "What was told."),
    "template": ("torale.cli.templates", "Tasks with blanks to fill in."),
    "key": ("torale.cli.keys", "API keys for programs."),
    "admin": ("torale.cli.admin", "For operators."),
    "server": ("torale.cli.server", "Host Torale: database, keys, checks."),
    "evals": ("torale.cli.evals", "Measure a judge before you rely on it."),
}
_SERVING = {
    "serve": "Run the whole service in this process: API, dispatcher, worker.",
    "worker": "Dispatch and execute only, beside `torale serve --no-worker`.",
}


def _opened(name: str) -> Any:
    if name in _SERVING:
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(name)(getattr(import_module("torale.cli.server"), name))
        return get_command(alone)
    app: typer.Typer = import_module(_GROUPS[name][0]).app
    app.rich_markup_mode = None
    return get_group(app)


class _Root(TyperGroup):
    """Knows its commands by name and opens the one that is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        helps = {name: text for name, (_, text) in _GROUPS.items()} | _SERVING
        self._closed = set(helps)
        for name, text in helps.items():
            self.add_command(TyperCommand(name, help=text, rich_markup_mode=None))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] in self._closed:
            self._closed.discard(args[0])
            self.add_command(_opened(args[0]), args[0])
        return super().resolve_command(ctx, args)


app = typer.Typer(
    name="torale",
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
take_options(app, "Tells you when something happens on the web, and shows the evidence.")
