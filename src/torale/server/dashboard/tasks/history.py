"""History of a task as a person reads it: the quiet checks folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from torale.server.dashboard.tasks.advice import advice
from torale.server.dashboard.tasks.differences import Line, changes
from torale.server.executions.history.execution_outcome import outcome_of
from torale.server.executions.models import Execution

_QUIET = {"same"}
_SHOWN = {  # how each outcome is shown: its heading, and the status that colours it
    "met": ("Condition met", "met"),
    "changed": ("Answer changed", "changed"),
    "same": ("Nothing changed", "waiting"),
    "unknown": ("Could not tell", "unknown"),
    "failed": ("Check failed", "failed"),
}
_NOTHING: Mapping[str, Any] = dict.fromkeys(
    ("answer", "reasoning", "judge", "confidence", "understood")
)


@dataclass(frozen=True, slots=True)
class Event:
    """One execution of note, or a run of quiet ones (then `count` says how many)."""

    execution: Execution
    kind: str
    heading: str
    status: str
    count: int = 1
    until: datetime | None = None
    quotes: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    diff: Sequence[Line] = ()

    @property
    def result(self) -> Mapping[str, Any]:
        return self.execution.result or _NOTHING

    @property
    def seconds(self) -> float | None:
        started, ended = self.execution.started_at, self.execution.completed_at
        return (ended - started).total_seconds() if started and ended else None

    @property
    def advice(self) -> str:
        return advice(self.execution.error_type or "")


def event_of(execution: Execution, before: Execution | None = None) -> Event:
    """Return an execution as it is told.

    Args:
        before: The newest one before it that came to a verdict.
    """
    kind = outcome_of(execution)
    heading, status = _SHOWN[kind]
    return Event(
        execution,
        kind,
        heading,
        status,
        quotes=_quotes(execution.result or {}),
        diff=changes(before.result or {}, execution.result or {}) if before else (),
    )


def _quotes(result: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for quote in result.get("quotes", ()):
        found.setdefault(quote["source"], []).append(quote["text"])
    return {source: tuple(texts) for source, texts in found.items()}


def folded(executions: Sequence[Execution], older: Execution | None = None) -> list[Event]:
    """Return events, newest first; three quiet executions in a row or more become one.

    Args:
        older: The newest one before them all that came to a verdict.
    """
    events: list[Event] = []
    quiet: list[Event] = []
    for event in _events(executions, older):
        if event.kind in _QUIET and events:  # the newest is always shown in full
            quiet.append(event)
            continue
        events += _fold(quiet)
        quiet = []
        events.append(event)
    return events + _fold(quiet)


def _events(executions: Sequence[Execution], before: Execution | None) -> list[Event]:
    events: list[Event] = []
    for execution in reversed(executions):
        events.append(event_of(execution, before))
        before = before if execution.condition_met is None else execution
    return events[::-1]


def _fold(quiet: Sequence[Event]) -> list[Event]:
    if len(quiet) < 3:
        return list(quiet)
    newest, oldest = quiet[0], quiet[-1]
    return [
        Event(
            newest.execution,
            "quiet",
            f"{len(quiet)} checks, nothing changed",
            "waiting",
            len(quiet),
            oldest.execution.completed_at,
        )
    ]
