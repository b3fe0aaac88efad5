"""Generator of docs/sdk-calls.md: the descriptions of the calls, so that the two agree."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torale import ToraleClient
from torale.sdk.transport.calls import Resource, listing

PAGE = Path(__file__).resolve().parent.parent / "docs" / "sdk-calls.md"
HEAD = """\
# Calls of the SDK

Both clients have them: `client.tasks.get(task_id)` and `await client.tasks.get(task_id)`.
What comes back is the model named, and for lists a `Page` of it. `help(client.tasks.create)`
explains the arguments; the [guide](guide/sdk.md) the rest.
This page is written by `make docs`; a test compares it.
"""


def resources() -> Iterator[tuple[str, Resource[Any]]]:
    client = ToraleClient("sk_of_nobody", api_url="http://localhost")
    for name, value in vars(client).items():
        if isinstance(value, Resource):
            yield name, value


def methods(resource: Resource[Any]) -> Iterator[tuple[str, object, bool]]:
    """Yield the name of each call, what is called, and whether it is a list."""
    mro = type(resource).__mro__
    own = [kind for kind in mro if issubclass(kind, Resource) and kind is not Resource]
    for name, described in (item for kind in own for item in vars(kind).items()):
        if not name.startswith("_"):
            yield name, getattr(resource, name), isinstance(described, listing)


def arguments(signature: inspect.Signature) -> str:
    """Return what must be given, what may be given by position, and `…` if there is more."""
    parameters = signature.parameters.values()
    plain = [argument.name for argument in parameters if argument.default is argument.empty]
    named = {argument.name for argument in parameters if argument.kind is argument.KEYWORD_ONLY}
    shown = [f"{name}=…" if name in named else name for name in plain]
    return ", ".join([*shown, "…"] if len(parameters) > len(plain) else shown)


def result(annotation: object) -> str:
    name = getattr(annotation, "__name__", None) or str(annotation)
    inner = [getattr(kind, "__name__", str(kind)) for kind in getattr(annotation, "__args__", ())]
    if inner:
        name = getattr(annotation, "__origin__", type(None)).__name__
    return f"{name}[{', '.join(inner)}]" if inner else name


def row(resource: str, name: str, method: object, *, is_list: bool) -> str:
    assert callable(method)
    signature = inspect.signature(method)
    first = inspect.getdoc(method) or ""
    sentence = first.partition("\n")[0].replace("|", "\\|")
    returns = result(signature.return_annotation)
    assert is_list == returns.startswith("Page[")
    return f"| `{resource}.{name}({arguments(signature)})` | `{returns}` | {sentence} |\n"


def page() -> str:
    parts = [HEAD]
    for resource, held in resources():
        parts.append(f"\n## {resource}\n\n| call | answer | |\n|---|---|---|\n")
        parts += [
            row(resource, name, method, is_list=is_list) for name, method, is_list in methods(held)
        ]
    return "".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
