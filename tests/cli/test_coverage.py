"""Coverage of the SDK by the command: every call has one, or a reason."""

import ast
import inspect
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.sdk.descriptions import descriptions
from torale import ToraleClient
from torale.cli.console import commands
from torale.sdk.transport.calls import Resource

FOLDER = Path(inspect.getfile(commands)).parent.parent
# They look ids up, for every command: that shows nothing to anybody.
HELPERS = {"ids.py"}

BY_POSITION = {"task_id"}
NOT_IN_A_SHELL = {
    "Tasks.get_execution": "`task logs --json` shows all of it, and `execute --wait` the newest",
}


def names_of(node: ast.AST) -> list[str]:
    """Return `run client tasks get` of the expression that means it."""
    if isinstance(node, ast.Attribute):
        return [*names_of(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def calls_made() -> Iterator[tuple[str, set[str]]]:
    """Yield `Tasks.get` and what is given by name, for each `client.tasks.get(…)` in the code."""
    client = ToraleClient("sk_x", api_url="http://localhost")
    resources = {
        name: type(value).__name__
        for name, value in vars(client).items()
        if isinstance(value, Resource)
    }
    for file in FOLDER.glob("*.py"):
        if file.name in HELPERS:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                match names_of(node.func):
                    case [*_, "client", resource, method] if resource in resources:
                        yield f"{resources[resource]}.{method}", names_given(node)
                    case _:
                        pass


def names_given(call: ast.Call) -> set[str]:
    """Return the names of the arguments of a call, those within `**given(…)` too."""
    inner = [one.value for one in call.keywords if isinstance(one.value, ast.Call)]
    return {one.arg for held in (call, *inner) for one in held.keywords if one.arg}


def test_every_method_has_a_command_or_a_reason() -> None:
    known, made = {name for name, _ in descriptions()}, {name for name, _ in calls_made()}

    assert made <= known
    assert known - made == set(NOT_IN_A_SHELL), "give it a command, or a reason"


def test_every_filter_of_a_list_is_an_option() -> None:
    given: dict[str, set[str]] = defaultdict(set)
    for name, names in calls_made():
        given[name] |= names
    filters = {
        name: {one.name for one in inspect.signature(describe).parameters.values()}
        for name, describe in descriptions()
        if {"page", "limit"} <= inspect.signature(describe).parameters.keys()
    }
    missing = {name: names - given[name] - BY_POSITION for name, names in filters.items()}

    assert len(filters) >= 9
    assert {name: names for name, names in missing.items() if names} == {}
