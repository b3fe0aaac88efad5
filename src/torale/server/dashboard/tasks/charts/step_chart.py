"""Step chart and run strip, drawn on the server: lines stretch with their box, labels are HTML."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor, log10

_HEIGHTS = {"same": 6, "unknown": 10, "changed": 12, "met": 18, "failed": 18}
_BAR, _GAP, _TALL = 4, 2, 18
_WIDE, _HIGH = 1000, 240
_STEPS = (1, 2, 2.5, 5, 10)
_FLATTEST = 6
_FINEST, _SMALLEST = 1e-9, 1e-12


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
class Limit:
    """What a number is held against; `holds` tells whether a value meets the condition."""

    value: float
    holds: Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class StepChart:
    """A number over time.

    Attributes:
        met: The parts of the line on which the condition is met.
        last_met: The last point, if it is met there.
        ticks: What stands beside the lines of the grid, and where they are, lowest first.
        limit: How far down the limit is; None without one, and where it is too far off to show.
        points: For the script: `seconds,value;…`.
    """

    width: int
    height: int
    line: str
    area: str
    met: str
    last_met: str
    ticks: Sequence[tuple[str, float]]
    limit: float | None
    points: str


def step_chart(points: Sequence[Point], limit: Limit | None = None) -> StepChart:
    """Draw at least two points, oldest first, each as far to the right as it is late."""
    values = [point.value for point in points]
    is_near = limit is not None and _is_near(limit.value, values)
    ends = [*values, limit.value] if limit and is_near else values
    ticks = nice_ticks(min(ends), max(ends))
    low, high = ticks[0], ticks[-1]
    begin, span = points[0].at, (points[-1].at - points[0].at).total_seconds() or 1.0
    across = [round(_WIDE * (point.at - begin).total_seconds() / span, 1) for point in points]

    def up(value: float) -> float:
        return round(_HIGH - _HIGH * (value - low) / (high - low), 1)

    places = [(x, up(value)) for x, value in zip(across, values, strict=True)]
    steps = (f"H{x}V{y}" for (_, before), (x, y) in pairwise(places) if y != before)
    line = "".join([f"M0 {places[0][1]}", *steps, f"H{_WIDE}"])
    is_met = [limit is not None and limit.holds(value) for value in values]
    met = (
        f"M{x} {y}H{end}"
        for ((x, y), (end, _)), holds in zip(pairwise(places), is_met, strict=False)
        if holds
    )
    return StepChart(
        width=_WIDE,
        height=_HIGH,
        line=line,
        area=f"{line}V{_HIGH}H0Z",
        met="".join(met),
        last_met=f"M{_WIDE} {places[-1][1]}h.01" if is_met[-1] else "",
        ticks=[(plain(tick), up(tick)) for tick in ticks],
        limit=up(limit.value) if limit and is_near else None,
        points=";".join(f"{int(point.at.timestamp())},{point.value:.12g}" for point in points),
    )


def _is_near(value: float, values: Sequence[float]) -> bool:
    """Tell whether a limit can be shown without pressing the line flat."""
    low, high = min(values), max(values)
    room = max(high, value) - min(low, value)
    return low == high or room <= _FLATTEST * (high - low)


def plain(number: float) -> str:
    """Write a number as people do: `1,299.5`."""
    return f"{number:,.2f}".rstrip("0").rstrip(".") if abs(number) >= 0.01 else f"{number:g}"


def nice_ticks(low: float, high: float, *, count: int = 4) -> list[float]:
    """Return round numbers that enclose `low` and `high`, at least two."""
    largest = max(abs(low), abs(high))
    # Not finer than floats can tell apart at their size, or the steps would lead nowhere.
    span = max(high - low or largest or 1.0, largest * _FINEST, _SMALLEST)
    step = 10.0 ** floor(log10(span / count))
    step *= next(times for times in _STEPS if span / (step * times) <= count)
    first = floor(low / step)
    last = max(ceil(high / step), first + 1)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]
