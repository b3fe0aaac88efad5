"""How a time is told: in few words, and exactly in the zone of whoever looks."""

from datetime import datetime, timedelta
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
    local = moment.astimezone(zone)
    offset = local.strftime("%z")
    named = "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {named}"


def time_tag(moment: datetime, zone: ZoneInfo, now: datetime, form: str = "relative") -> Markup:
    """Return a `<time>` whose tooltip is exact.

    Args:
        form: What it shows: `relative` (the script keeps it current), `exact`, `date` or `clock`.
    """
    local = moment.astimezone(zone)
    shown = {
        "relative": lambda: relative(moment, now),
        "exact": lambda: exact(moment, zone),
        "date": lambda: f"{local.day} {local:%b %Y}",
        "clock": lambda: f"{local:%H:%M}",
    }[form]()
    return Markup('<time datetime="{}" title="{}"{}>{}</time>').format(
        moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        exact(moment, zone),
        Markup(" data-rel") if form == "relative" else "",
        shown,
    )
