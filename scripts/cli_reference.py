"""Generator of docs/cli-reference.md: the help of every command, so that the two agree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from torale.cli.console.commands import SHARED_NAMES
from torale.cli.main import app

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli-reference.md"
WIDTH = 100
HEAD = """\
# The `torale` command

Every command with its own arguments and options, as `--help` tells them.
The [guide](guide/cli.md) explains how they play together.
This page is written by `make docs`; a test compares it.
"""
SHARED = """
## Options of every command

They stand before or after the name of any command but `torale serve`, `worker`, `server` and
`evals`, and are left out below.
"""


def commands(command: Any, above: Any, name: str) -> Iterator[tuple[Any, Any]]:
    """Yield a command and what is below it, each with the context that its help needs."""
    ctx = command.context_class(
        command, parent=above, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield command, ctx
    for below in command.list_commands(ctx) if hasattr(command, "list_commands") else ():
        # Resolved, not looked up: a group is opened by whoever calls it.
        _, opened, _ = command.resolve_command(ctx, [below])
        yield from commands(opened, ctx, below)


def own_help(command: Any, ctx: Any) -> str:
    """Return the help without the options that every command has."""
    everything = command.params
    command.params = [param for param in everything if param.name not in SHARED_NAMES]
    try:
        text: str = command.get_help(ctx)
    finally:
        command.params = everything
    return "\n".join(line.rstrip() for line in text.splitlines())


def shared_options(root: Any, ctx: Any) -> str:
    """Return the lines of the help that speak of the options that every command has."""
    formatter = ctx.make_formatter()
    formatter.write_dl(
        [
            record
            for param in root.params
            if param.name in SHARED_NAMES and (record := param.get_help_record(ctx))
        ]
    )
    text: str = formatter.getvalue()
    return "\n".join(line.rstrip() for line in text.splitlines())


def page() -> str:
    root = get_command(app)
    parts = [HEAD]
    for command, ctx in commands(root, None, "torale"):
        if command is root:
            parts.append(f"{SHARED}\n```text\n{shared_options(root, ctx)}\n```\n")
            continue
        depth = 2 if ctx.parent.parent is None else 3
        parts.append(
            f"\n{'#' * depth} {ctx.command_path}\n\n```text\n{own_help(command, ctx)}\n```\n"
        )
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
