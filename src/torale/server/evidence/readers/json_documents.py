"""JSON as evidence: one `path: value` a line."""

import json
from collections.abc import Iterator
from typing import cast

from torale.server.evidence.base import DocumentKind
from torale.server.evidence.readers.base import AnswerContent, ReaderResult

MAX_LINES = 5_000
_MAX_VALUE = 2_000


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
    waiting: list[tuple[str, object]] = [("", data)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict) and value:
            items = cast(dict[str, object], value)
            waiting += [(f"{path}.{key}" if path else key, items[key]) for key in reversed(items)]
        elif isinstance(value, list) and value:
            listed = cast(list[object], value)
            waiting += [(f"{path}[{index}]", listed[index]) for index in range(len(listed))][::-1]
        else:
            yield path, _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return " ".join(value.split())[:_MAX_VALUE]
    return json.dumps(value)
