"""JSON as evidence: one `path: value` a line."""

import json
from collections.abc import Iterator
from typing import cast

from torale.server.evidence.base import DocumentKind
from torale.server.evidence.readers.base import AnswerContent, ReaderResult

MAX_LINES = 5_000
_MAX_VALUE = 2_000
_MAX_PATH = 200


def read_json(content: AnswerContent) -> ReaderResult | None:
    """Flatten a JSON document; None when it is none."""
    try:
        # Numbers stay as they are written: 349.00 is not 349.0, and some have a million digits.
        data: object = json.loads(content.text, parse_float=_Number, parse_int=_Number)
    except (ValueError, RecursionError):
        return None
    lines: list[str] = []
    for path, value in _leaves(data):
        if len(lines) == MAX_LINES:
            break
        lines.append(f"{path}: {value}" if path else value)
    return ReaderResult("\n".join(lines), DocumentKind.JSON)


class _Number(str):
    __slots__ = ()


def _leaves(data: object) -> Iterator[tuple[str, str]]:
    """Yield each leaf with its path, as it is met: what is not asked for takes no memory."""
    open_containers = [iter([("", data)])]
    while open_containers:
        path, value = next(open_containers[-1], (None, None))
        if path is None:
            open_containers.pop()
        elif isinstance(value, dict) and value:
            open_containers.append(_members(path, cast(dict[str, object], value)))
        elif isinstance(value, list) and value:
            open_containers.append(_items(path, cast(list[object], value)))
        else:
            yield path, _shown(value)


def _members(path: str, members: dict[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in members.items():
        yield _cut(f"{path}.{key}" if path else key), value


def _items(path: str, items: list[object]) -> Iterator[tuple[str, object]]:
    for index, value in enumerate(items):
        yield _cut(f"{path}[{index}]"), value


def _cut(path: str) -> str:
    return path if len(path) <= _MAX_PATH else f"…{path[-_MAX_PATH:]}"


def _shown(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())[:_MAX_VALUE]
    return json.dumps(value)
