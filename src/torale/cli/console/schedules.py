"""Schedules in words, turned into cron: `every day at 09:00` is `0 9 * * *`."""

import re

_DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 0}
_DAY = r"(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?s?"
_AT = r"(?:\s+at\s+(?P<time>\S+(?:\s*[ap]m)?))?"
_OFTEN = re.compile(
    r"(?:every\s+)?(?:(?P<count>\d{1,3})\s+)?(?P<unit>minute|hour)s?|(?P<word>hourly)"
)
_ON = re.compile(
    r"(?:on\s+|every\s+|each\s+)?"
    rf"(?P<days>day|daily|weekdays?|weekends?|{_DAY}(?:(?:\s*,\s*|\s+and\s+){_DAY})*){_AT}"
)
_TIME = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>[0-5]\d))?\s*(?P<half>am|pm)?")
_NAMED = {"noon": (0, 12), "midnight": (0, 0)}
_CRON = re.compile(r"[\d*][\d*,/\-]*(?:\s+[\w*,/\-#?]+){4}")
_EXAMPLES = (
    "write it as cron (0 9 * * *) or in words: every day at 09:00, every 15 minutes, every 6 hours,"
    " hourly, weekdays at 8:30, mondays at 10"
)
_DEFAULT = (0, 9)


def to_cron(text: str) -> str:
    """Return a schedule as cron; what is cron already stays as it is.

    Raises:
        ValueError: It is neither; the message shows what can be written.
    """
    words = " ".join(text.lower().split())
    if _CRON.fullmatch(" ".join(text.split())):
        return " ".join(text.split())
    if often := _OFTEN.fullmatch(words):
        return _often(often)
    if on := _ON.fullmatch(words):
        minute, hour = _clock(on["time"])
        return f"{minute} {hour} * * {_weekdays(on['days'])}"
    raise ValueError(_EXAMPLES)


def _often(often: re.Match[str]) -> str:
    if often["word"]:
        return "0 * * * *"
    count, in_all = int(often["count"] or 1), 60 if often["unit"] == "minute" else 24
    if not count or in_all % count:
        raise ValueError(
            f"every {count} {often['unit']}s does not come out even; "
            f"take a count that divides {in_all}"
        )
    if often["unit"] == "minute":
        return "0 * * * *" if count == in_all else f"*/{count} * * * *"
    return "0 * * * *" if count == 1 else "0 0 * * *" if count == in_all else f"0 */{count} * * *"


def _clock(text: str | None) -> tuple[int, int]:
    """Return minute and hour; nine o'clock if none is given."""
    if text is None:
        return _DEFAULT
    if text in _NAMED:
        return _NAMED[text]
    time = _TIME.fullmatch(text)
    if time is None:
        raise ValueError(f"{text} is no time of day; {_EXAMPLES}")
    hour, half = int(time["hour"]), time["half"]
    most = 12 if half else 23
    if hour > most or (half and not hour):
        raise ValueError(f"{text} is no time of day; {_EXAMPLES}")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return int(time["minute"] or 0), hour


def _weekdays(text: str) -> str:
    if text in {"day", "daily"}:
        return "*"
    if text.startswith("weekday"):
        return "1-5"
    if text.startswith("weekend"):
        return "0,6"
    names = re.findall(r"[a-z]+", text.replace(" and ", " "))
    return ",".join(str(day) for day in sorted({_DAYS[name[:3]] for name in names}))
