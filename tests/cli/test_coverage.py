"""Whatever a program can do, a person in a shell can, too - or it is said why not."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from tests.sdk.test_routes import descriptions
from torale import ToraleClient
from torale.cli import commands
from torale.sdk.calls import Resource

FOLDER = Path(inspect.getfile(commands)).parent
# They look ids up, for every command: that shows nothing to anybody.
HELPERS = {"ids.py"}

NOT_IN_A_SHELL = {
    "Tasks.get_execution": "`task logs --json` shows all of it, and `execute --wait` the newest",
}


def names_of(node: ast.AST) -> list[str]:
    """Return `run client tasks get` of the expression that means it."""
    if isinstance(node, ast.Attribute):
        return [*names_of(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def calls_made() -> Iterator[str]:
    """Yield `Tasks.get` for each `client.tasks.get(…)` in the code of the command."""
    client = ToraleClient("sk_x", api_url="http://localhost")
    resources = {
        name: type(one).__name__ for name, one in vars(client).items() if isinstance(one, Resource)
    }
    for file in FOLDER.glob("*.py"):
        if file.name in HELPERS:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                match names_of(node.func):
                    case [*_, "client", resource, method] if resource in resources:
                        yield f"{resources[resource]}.{method}"
                    case _:
                        pass


def test_every_method_has_a_command_or_a_reason() -> None:
    known, made = {name for name, _ in descriptions()}, set(calls_made())

    assert made <= known
    assert known - made == set(NOT_IN_A_SHELL), "give it a command, or a reason"
