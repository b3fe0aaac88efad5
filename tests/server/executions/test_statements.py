"""Loaded rows take their columns by place: both name them in one order."""

import pytest
from sqlalchemy import Select

from torale.server.executions import rows, statements


@pytest.mark.parametrize(
    "statement, row",
    [
        (statements.TO_START, rows.StartingExecution),
        (statements.TO_END, rows.EndingExecution),
    ],
)
def test_columns_are_those_of_the_row(
    statement: Select[*tuple[object, ...]],
    row: type[rows.StartingExecution] | type[rows.EndingExecution],
) -> None:
    assert tuple(statement.selected_columns.keys()) == row._fields
