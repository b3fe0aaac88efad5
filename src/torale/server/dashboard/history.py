"""What happened to a task, as a person reads it: the quiet checks folded, a number drawn."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from torale.server.dashboard.advice import advice
from torale.server.dashboard.charts import Point, StepChart, step_chart
from torale.server.dashboard.differences import Line, changes
from torale.server.monitoring.models import Execution
from torale.server.monitoring.recent import outcome

_QUIET = {"same"}
_NUMBER = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)(?:\s?(\S{1,12}))?")
_HEADINGS = {
    "met": "Condition met",
    "changed": "Answer changed",
    "same": "Nothing changed",
    "unknown": "Could not tell",
    "failed": "Check failed",
}
_NOTHING: Mapping[str, Any] = dict.fromkeys(
    ("answer", "reasoning", "judge", "confidence", "understood")
)
_SHOWN = {"met": "met", "changed": "changed", "same": "waiting", "unknown": "unknown"}


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
    kind = outcome(execution.status, execution.condition_met, execution.change_summary)
    return Event(
        execution,
        kind,
        _HEADINGS[kind],
        _SHOWN.get(kind, "failed"),
        quotes=_quotes(execution.result or {}),
        diff=changes(before.result or {}, execution.result or {}) if before else (),
    )


def _quotes(result: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for quote in result.get("quotes", ()):
        found.setdefault(quote["source"], []).append(quote["text"])
    return {source: tuple(texts) for source, texts in found.items()}


def folded(executions: Iterable[Execution]) -> list[Event]:
    """Return events, newest first; three quiet executions in a row or more become one."""
    events: list[Event] = []
    quiet: list[Event] = []
    for event in _told(list(executions)):
        if event.kind in _QUIET and events:  # the newest is always shown in full
            quiet.append(event)
            continue
        events += _fold(quiet)
        quiet = []
        events.append(event)
    return events + _fold(quiet)


def _told(executions: Sequence[Execution]) -> list[Event]:
    before: Execution | None = None
    events: list[Event] = []
    for one in reversed(executions):
        events.append(event_of(one, before))
        before = before if one.condition_met is None else one
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


@dataclass(frozen=True, slots=True)
class Series:
    """A fact that is a number, over time."""

    name: str
    unit: str
    points: Sequence[Point]
    chart: StepChart


def series(executions: Sequence[Execution]) -> Series | None:
    """Return the number that a task tracks, when at least two executions found one.

    Args:
        executions: Newest first.
    """
    facts = [
        ((one.result or {}).get("facts") or {}, one.completed_at)
        for one in reversed(executions)
        if one.condition_met is not None and one.completed_at is not None
    ]
    if not facts:
        return None
    for name, value in facts[-1][0].items():
        wanted = _NUMBER.fullmatch(value)
        if wanted is None or ":" in name:
            continue
        points = [
            Point(at, number)
            for found, at in facts
            if at and (number := _number(found.get(name, ""), wanted[2])) is not None
        ]
        if len(points) >= 2:
            return Series(name, wanted[2] or "", points, step_chart(points))
    return None


def _number(value: str, unit: str | None) -> float | None:
    found = _NUMBER.fullmatch(value)
    if found is None or found[2] != unit:
        return None
    return float(found[1].replace(",", ""))
