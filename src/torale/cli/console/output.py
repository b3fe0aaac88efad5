"""Printed output: tables for people, JSON and YAML for programs.

Whatever a server says is text of strangers: nothing of it steers the terminal.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import typer

Columns = Mapping[str, str | Callable[[Any], object]]
"""Headings, each with the path of its attribute (`result.verdict`) or what reads its value."""

# Control characters, marks that turn the direction of text, what is invisible, half characters.
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_READABLE = 8  # characters: a column that is narrower breaks every word


def clean(text: str) -> str:
    """Return a text as one line that does not steer a terminal."""
    return _STEERING.sub("\ufffd", " ".join(text.split()))


def local(moment: datetime | None) -> str:
    """Return a time as the clock on this machine's wall shows it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else "-"


def cell(value: object) -> str:
    """Return what a table shows of a value."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return local(value)
    return clean(str(value.value) if isinstance(value, Enum) else str(value))


def value_of(thing: Any, column: str | Callable[[Any], object]) -> object:
    """Return what a column shows of a thing; a path ends where there is nothing."""
    if callable(column):
        return column(thing)
    for name in column.split("."):
        thing = None if thing is None else getattr(thing, name)
    return thing


def plain(value: Any) -> Any:
    """Return what JSON knows of models and sequences of them."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}"


def as_json(value: object, indent: int | None = 2) -> str:
    text = json.dumps(plain(value), indent=indent, ensure_ascii=False)
    # Line breaks are those of the layout: within texts JSON has escaped them.
    return _STEERING.sub(_escaped, text)


def _as_yaml(value: object) -> str:
    import yaml

    data = plain(value)
    is_harmless = not _STEERING.search(json.dumps(data, ensure_ascii=False))
    text: str = yaml.safe_dump(data, allow_unicode=is_harmless, sort_keys=False)
    return text.rstrip("\n")


def show(value: object, columns: Columns, *, form: str, no_color: bool = False) -> None:
    """Print one thing or several on stdout.

    Args:
        value: A model or plain value; a list of them is a table with a row for each.
        columns: What a table shows.
        form: `table`, `json` or `yaml`.
        no_color: Tables without colours, on a terminal too.
    """
    if form == "json":
        typer.echo(as_json(value))
    elif form == "yaml":
        typer.echo(_as_yaml(value))
    elif isinstance(value, list):
        if value:
            _table([*columns], [cells(thing, columns) for thing in value], no_color=no_color)
    else:
        _card([*columns], cells(value, columns))


def cells(thing: object, columns: Columns) -> Sequence[str]:
    """Return what a table shows of a thing, a text for each column."""
    return [cell(value_of(thing, column)) for column in columns.values()]


def _card(headings: Sequence[str], values: Sequence[str]) -> None:
    width = max(len(heading) for heading in headings)
    for heading, value in zip(headings, values, strict=True):
        typer.echo(f"{heading:{width}}  {value}")


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, no_color: bool) -> None:
    if sys.stdout.isatty():
        _table_for_terminal(headings, rows, no_color=no_color)
        return
    for line in plain_lines(headings, rows):
        typer.echo(line)


def plain_lines(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterable[str]:
    """Lay out a table for files and pipes: nothing is cut off, whatever the width."""
    lines = [[heading.upper() for heading in headings], *rows]
    widths = [max(len(line[at]) for line in lines) for at in range(len(headings))]
    for line in lines:
        cells = (f"{text:{width}}" for text, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _table_for_terminal(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, no_color: bool
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # None leaves it to NO_COLOR.
    console = Console(no_color=True if no_color else None)
    if least_width(headings, rows) > console.width:
        for at, row in enumerate(rows):
            if at:
                typer.echo()
            _card(headings, row)
        return
    table = Table(box=None, pad_edge=False, header_style="bold cyan")
    for heading in headings:
        # An id that is cut off is no id.
        table.add_column(heading.upper(), no_wrap=heading == "id", overflow="fold")
    for row in rows:
        table.add_row(*(Text(text) for text in row))
    console.print(table)


def least_width(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return the columns of a terminal below which a table is harder to read than a list."""
    width = 2 * (len(headings) - 1)
    for at, heading in enumerate(headings):
        widest = max(len(heading), *(len(row[at]) for row in rows))
        width += widest if heading == "id" else min(widest, _READABLE)
    return width
