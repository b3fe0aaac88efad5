"""Rows as the database holds them, byte for byte.

Other code reads through types, which refuse what they cannot read and even out what they can: of
a row that somebody altered, neither tells the truth. Here every column is read as text, and what
is not written exactly as we write it stays that text, which equals no value of ours.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    LargeBinary,
    RowMapping,
    Text,
    Uuid,
    cast,
)

from torale.server.database import UtcDateTime

StoredRow = Mapping[str, object]
"""Columns of a row by name."""

Reading = Callable[[str], object]


class StoredRowReader:
    """Reads some columns of a table."""

    def __init__(self, table: FromClause, names: Sequence[str], *, sqlite: bool) -> None:
        kind = LargeBinary() if sqlite else Text()
        self._readings = {name: _reading(table.c[name], sqlite=sqlite) for name in names}
        self._prefix = f"{table.description}_"
        self.columns: list[ColumnElement[Any]] = [
            cast(table.c[name], kind).label(self._prefix + name) for name in names
        ]

    def read(self, row: RowMapping) -> StoredRow:
        """Return the values by column: ours where they are written as we write them, else text."""
        return {
            name: _value(row[self._prefix + name], reading)
            for name, reading in self._readings.items()
        }


def _value(raw: bytes | str | None, reading: Reading) -> object:
    if raw is None:
        return None
    text = raw if isinstance(raw, str) else raw.decode(errors="surrogateescape")
    try:
        return reading(text)
    except (ValueError, KeyError, RecursionError):
        return text


def _reading(column: ColumnElement[Any], *, sqlite: bool) -> Reading:
    readings = _SQLITE if sqlite else _POSTGRESQL
    return next(
        (reading for kind, reading in readings.items() if isinstance(column.type, kind)), str
    )


def _json(text: str) -> object:
    value = json.loads(text)
    if json.dumps(value) != text:
        raise ValueError(text)
    return value


def _sqlite_moment(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if f"{value:%Y-%m-%d %H:%M:%S.%f}" != text:
        raise ValueError(text)
    return value.replace(tzinfo=UTC)


def _postgresql_moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _sqlite_uuid(text: str) -> UUID:
    value = UUID(text)
    if value.hex != text:
        raise ValueError(text)
    return value


def _integer(text: str) -> int:
    value = int(text)
    if str(value) != text:
        raise ValueError(text)
    return value


_SQLITE: Mapping[type[Any], Reading] = {
    JSON: _json,
    UtcDateTime: _sqlite_moment,
    Uuid: _sqlite_uuid,
    Boolean: {"0": False, "1": True}.__getitem__,
    Integer: _integer,
}
_POSTGRESQL: Mapping[type[Any], Reading] = {
    JSON: _json,
    UtcDateTime: _postgresql_moment,
    Uuid: UUID,
    Boolean: {"false": False, "true": True}.__getitem__,
    Integer: _integer,
}
