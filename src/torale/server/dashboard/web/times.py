"""Times for people: in few words, and exactly in the zone of whoever looks."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from markupsafe import Markup

_NOW = timedelta(seconds=45)
_UNITS = (
    (timedelta(days=365), "y"),
    (timedelta(days=30), "mo"),
    (timedelta(days=1), "d"),
    (timedelta(hours=1), "h"),
    (timedelta(minutes=1), "min"),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NEARLY = 0.96  # 58 minutes are an hour


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def known_zone(*names: str | None) -> ZoneInfo | None:
    """Return the first zone that there is; names may come from anybody."""
    return next((ZoneInfo(name) for name in names if name and name in _zones()), None)


def relative(moment: datetime, now: datetime) -> str:
    """Say how far away a moment is: `3 min ago`, `in 2 d`, `now`."""
    distance = abs(moment - now)
    if distance < _NOW:
        return "now" if moment <= now else "in under a minute"
    size, unit = next(
        ((size, unit) for size, unit in _UNITS if distance >= size * _NEARLY), _UNITS[-1]
    )
    count = max(1, round(distance / size))
    return f"in {count} {unit}" if moment > now else f"{count} {unit} ago"


def exact(moment: datetime, zone: ZoneInfo) -> str:
    """Write a moment out: `Tue 24 Nov 2026, 10:00 UTC+01:00`."""
    return _exact(_local(moment, zone))


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # a feed may say that it is from the first day of the year 1
        return moment.astimezone(UTC)


def _exact(local: datetime) -> str:
    # Without strftime: a list has three times in each row.
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}" if minutes else ""
    return f"{_DAYS[local.weekday()]} {_date(local)}, {_clock(local)} UTC{offset}"


def _date(local: datetime) -> str:
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def time_tag(moment: datetime, zone: ZoneInfo, now: datetime, form: str = "relative") -> Markup:
    """Return a `<time>` whose tooltip is exact.

    Args:
        form: What it shows: `relative` (the script keeps it current), `exact`, `date` or `clock`.
    """
    local = _local(moment, zone)
    said = _exact(local)
    shown = said if form == "exact" else _FORMS[form](local, now)
    live = " data-rel" if form == "relative" else ""
    stamp = f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    # Nothing of this comes from anybody: numbers and our own words.
    return Markup(f'<time datetime="{stamp}" title="{said}"{live}>{shown}</time>')  # noqa: S704


_FORMS: Mapping[str, Callable[[datetime, datetime], str]] = {
    "relative": relative,
    "date": lambda local, _: _date(local),
    "clock": lambda local, _: _clock(local),
}
