"""Tracked values: the number of a task over time, and the limit that its condition sets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from torale.server.dashboard.tasks.charts.step_chart import Limit, Point, StepChart, step_chart
from torale.server.judge.builtin.conditions import compiler
from torale.server.judge.builtin.conditions.predicates import Number
from torale.server.tasks.models import Task

RANGES = (7, 30, 90)
DEFAULT = 30
LONGEST = timedelta(days=RANGES[-1])
MOST = 3_000
"""So many of the newest verdicts are drawn at most: ten days of a check every five minutes."""
_MOST_STEPS = 400
_LARGEST = 1e15  # beyond, it is no number to look at but digits that somebody wrote
_NUMBER = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)(?:\s?(\S{1,12}))?")

Verdict = tuple[datetime, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Series:
    """A fact that is a number, over time; `points` are those at which it changed, and the last."""

    name: str
    unit: str
    points: Sequence[Point]
    chart: StepChart
    limit: Limit | None
    days: int


def series(task: Task, verdicts: Sequence[Verdict], days: int, now: datetime) -> Series | None:
    """Return the number that a task tracks, when at least two verdicts found one.

    Args:
        verdicts: The facts of each, oldest first.
        days: How far to look back.
    """
    for name, value in (verdicts[-1][1] if verdicts else {}).items():
        wanted = _NUMBER.fullmatch(value)
        if wanted is None or ":" in name:
            continue
        unit = wanted[2]
        found = ((at, _number(facts.get(name, ""), unit)) for at, facts in verdicts)
        points = [Point(at, number) for at, number in found if number is not None]
        if len(points) < 2:
            continue
        limit = _limit(task, name, unit)
        shown = _steps(_since(points, now - timedelta(days=days)))
        chart = step_chart(shown, limit)
        return Series(name.replace("_", " "), unit or "", shown, chart, limit, days)
    return None


def _number(value: str, unit: str | None) -> float | None:
    found = _NUMBER.fullmatch(value)
    if found is None or found[2] != unit:
        return None
    number = float(found[1].replace(",", ""))
    return number if abs(number) < _LARGEST else None


def _since(points: Sequence[Point], start: datetime) -> list[Point]:
    """Return the points from `start` on, with what held then."""
    kept = [point for point in points if point.at >= start]
    before = [point for point in points if point.at < start]
    if before:
        kept.insert(0, Point(start, before[-1].value))
    return kept if len(kept) > 1 else list(points[-2:])


def _steps(points: Sequence[Point]) -> list[Point]:
    """Leave out the points at which nothing changed; the last is kept."""
    steps = [points[0]]
    steps += [now for was, now in pairwise(points) if now.value != was.value]
    thinned = steps[:: -(-len(steps) // _MOST_STEPS)]
    return thinned if thinned[-1] is points[-1] else [*thinned, points[-1]]


def _limit(task: Task, name: str, unit: str | None) -> Limit | None:
    """Return the limit of a condition that speaks of this very number."""
    wanted = compiler.compile_condition(task.condition_description, task.search_query)
    if not isinstance(wanted, Number) or wanted.unit not in (None, unit):
        return None
    if wanted.is_price != name.startswith("price"):
        return None

    def holds(value: float) -> bool:
        return wanted.operator.compare(Decimal(str(value)), wanted.value)

    value = float(wanted.value)
    return Limit(value, holds) if abs(value) < _LARGEST else None
