"""Dates as search providers write them: ISO, e-mail, "3 days ago", "Sep 5, 2026"."""

import re
from datetime import UTC, datetime, timedelta

from torale.server.evidence.readers.page_facts import parse_date

_AGO = re.compile(
    r"(?P<count>\d{1,2}|an?|one)\s+(?P<unit>sec|min|hour|hr|day|week|month|year)[a-z]*\.?\s+ago",
    re.IGNORECASE,
)
_UNITS = {
    "sec": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_NAMED = {"just now": 0, "today": 0, "yesterday": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?\.?", r"(?P<year>(?:19|20)\d\d)"
_WRITTEN = (
    re.compile(rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_DAY}\s+{_MONTH},?\s+{_YEAR}", re.IGNORECASE),
)
_CLOCKS_DIFFER = timedelta(days=1)


def said_date(text: str, now: datetime) -> datetime | None:
    """Return the moment that `text` speaks of, in UTC; None when it says none that can be.

    Nothing was published in the future: such a date is no date.
    """
    text = text.strip()[:60]
    moment = parse_date(text) or _written(text) or _relative(text, now)
    return moment if moment is not None and moment <= now + _CLOCKS_DIFFER else None


def _relative(text: str, now: datetime) -> datetime | None:
    days = _NAMED.get(text.lower())
    if days is not None:
        return now - timedelta(days=days)
    found = _AGO.fullmatch(text)
    if found is None:
        return None
    count = int(found["count"]) if found["count"].isdigit() else 1
    return now - count * _UNITS[found["unit"].lower()]


def _written(text: str) -> datetime | None:
    for pattern in _WRITTEN:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        month = _MONTHS.index(found["month"].lower()) + 1
        try:
            return datetime(int(found["year"]), month, int(found["day"]), tzinfo=UTC)
        except ValueError:
            return None
    return None
