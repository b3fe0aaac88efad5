"""Outcome of an ended execution in one word: one definition, for Python and for SQL."""

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy import SQLColumnExpression, case, func

from torale.contract.executions import ExecutionStatus
from torale.server.executions.models import Execution


class ExecutionOutcome(StrEnum):
    """`changed` and `same` are not met: with other facts than before, or with the same ones."""

    MET = "met"
    CHANGED = "changed"
    SAME = "same"
    UNKNOWN = "unknown"
    FAILED = "failed"

    @property
    def letter(self) -> str:
        """Stands for it where SQL joins many to one word."""
        return self.value[0]


IS_CHANGED = func.coalesce(Execution.change_summary, "") != ""

_RULES = (
    ("status", ExecutionStatus.FAILED, ExecutionOutcome.FAILED),
    ("condition_met", None, ExecutionOutcome.UNKNOWN),
    ("condition_met", True, ExecutionOutcome.MET),
    ("is_changed", True, ExecutionOutcome.CHANGED),
)
"""The first fact that has the value decides; if none has, the outcome is `same`."""

_COLUMNS: Mapping[str, SQLColumnExpression[object]] = {
    "status": Execution.status,
    "condition_met": Execution.condition_met,
    "is_changed": IS_CHANGED,
}

OUTCOME_LETTER = case(
    *((_COLUMNS[fact] == value, outcome.letter) for fact, value, outcome in _RULES),
    else_=ExecutionOutcome.SAME.letter,
)
OF_LETTER = {outcome.letter: outcome for outcome in ExecutionOutcome}


def outcome_of(execution: Execution) -> ExecutionOutcome:
    """Return the outcome of an ended execution."""
    facts = {
        "status": execution.status,
        "condition_met": execution.condition_met,
        "is_changed": bool(execution.change_summary),
    }
    decided = (outcome for fact, value, outcome in _RULES if facts[fact] == value)
    return next(decided, ExecutionOutcome.SAME)
