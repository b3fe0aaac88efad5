"""Drawings made on the server. Lines stretch with their box; labels are HTML, so text does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import floor, log10

_HEIGHTS = {"same": 6, "unknown": 10, "changed": 12, "met": 18, "failed": 18}
_BAR, _GAP, _TALL = 4, 2, 18
_WIDE, _HIGH = 1000, 240
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Strip:
    """Bars of the last executions; `paths` holds one path for each outcome that occurs."""

    width: int
    height: int
    paths: Sequence[tuple[str, str]]
    label: str


def strip(outcomes: Sequence[str]) -> Strip:
    """Draw outcomes, oldest first."""
    return _drawn(tuple(outcomes))


@lru_cache(1024)  # most tasks look like one another: nothing new, again and again
def _drawn(outcomes: tuple[str, ...]) -> Strip:
    drawn: dict[str, list[str]] = {}
    for index, word in enumerate(outcomes):
        high = _HEIGHTS[word]
        bar = f"M{index * (_BAR + _GAP)} {_TALL - high}h{_BAR}v{high}h-{_BAR}z"
        drawn.setdefault(word, []).append(bar)
    width = max(0, len(outcomes) * (_BAR + _GAP) - _GAP)
    return Strip(
        width, _TALL, [(word, "".join(bars)) for word, bars in drawn.items()], _label(outcomes)
    )


def _label(outcomes: Sequence[str]) -> str:
    if not outcomes:
        return "Not checked yet"
    words = {
        "met": "met",
        "changed": "changed",
        "same": "no change",
        "unknown": "could not tell",
        "failed": "failed",
    }
    told = [f"{outcomes.count(key)} {word}" for key, word in words.items() if key in outcomes]
    return f"Last {len(outcomes)} checks: {', '.join(told)}"


@dataclass(frozen=True, slots=True)
class Point:
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class StepChart:
    """A number over time. `points` is for the script: `seconds,value;…`."""

    width: int
    height: int
    line: str
    area: str
    ticks: Sequence[tuple[float, float]]
    low: float
    high: float
    points: str


def step_chart(points: Sequence[Point]) -> StepChart:
    """Draw at least two points, oldest first, evenly spaced."""
    values = [point.value for point in points]
    ticks = nice_ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]

    def across(index: int) -> float:
        return round(_WIDE * index / (len(points) - 1), 1)

    def up(value: float) -> float:
        return round(_HIGH - _HIGH * (value - low) / (high - low), 1)

    steps = (
        f"H{across(index)}V{up(value)}"
        for index, (before, value) in enumerate(pairwise(values), 1)
        if value != before
    )
    line = "".join([f"M0 {up(values[0])}", *steps, f"H{_WIDE}"])
    return StepChart(
        width=_WIDE,
        height=_HIGH,
        line=line,
        area=f"{line}V{_HIGH}H0Z",
        ticks=[(tick, up(tick)) for tick in ticks],
        low=low,
        high=high,
        points=";".join(f"{int(point.at.timestamp())},{point.value:g}" for point in points),
    )


def nice_ticks(low: float, high: float, *, count: int = 4) -> list[float]:
    """Return round numbers that enclose `low` and `high`, at least two."""
    span = (high - low) or abs(high) or 1.0
    step = 10.0 ** floor(log10(span / count))
    step *= next(times for times in _STEPS if span / (step * times) <= count)
    tick = floor(low / step) * step
    ticks = [tick]
    while tick < high or len(ticks) < 2:
        tick += step
        ticks.append(round(tick, 6))
    return ticks
