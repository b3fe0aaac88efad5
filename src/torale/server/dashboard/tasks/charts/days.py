"""Day band: the last 30 days of a task."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = 30
# What a day is called after: the first of these that happened on it.
_WORDS = {
    "met": "met",
    "changed": "changed",
    "same": "not met",
    "unknown": "could not tell",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Day:
    """One day: `kind` is `met changed same unknown failed none`; `label` tells it in words."""

    kind: str
    label: str
    counts: Mapping[str, int]


def starts(now: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return when each of the last 30 days began, in UTC, today last."""
    today = now.astimezone(zone).date()
    dates = (today - timedelta(days=ago) for ago in reversed(range(DAYS)))
    return [datetime.combine(date, time(), zone).astimezone(UTC) for date in dates]


def band(begun: Sequence[datetime], counts: Sequence[Counter[str]]) -> list[Day]:
    """Return the days, oldest first.

    Args:
        begun: As `starts` returns them.
    """
    noon = timedelta(hours=12)  # on the same date in whichever zone the day began
    return [_day(start + noon, count) for start, count in zip(begun, counts, strict=True)]


def _day(moment: datetime, counts: Counter[str]) -> Day:
    kind = next((word for word in _WORDS if counts[word]), "none")
    told = [f"{counts[word]} {name}" for word, name in _WORDS.items() if counts[word]]
    date = f"{moment:%a} {moment.day} {moment:%b}"
    return Day(kind, f"{date}: {', '.join(told) or 'no check'}", counts)


def numbers(found: Sequence[Day]) -> list[tuple[str, int]]:
    """Return the sums of all days, with their names."""
    total = Counter[str]()
    for day in found:
        total.update(day.counts)
    names = (("met", "Met"), ("changed", "Changes"), ("failed", "Failed"))
    return [("Checks", total.total()), *((name, total[word]) for word, name in names)]
