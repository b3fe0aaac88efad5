"""Schedules in plain words: "every weekday at 9" as cron."""

import re
from dataclasses import dataclass

_DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 0}
_COUNTS = {
    "two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "ten": 10, "twelve": 12, "other": 2,
    "fifteen": 15, "thirty": 30, "few": 3, "couple of": 2, "half": 0,
}  # fmt: skip
_PARTS = {"morning": 9, "noon": 12, "midday": 12, "afternoon": 15, "evening": 18, "night": 21}

_DAY = r"(?:mon|tues?|wed(?:nes)?|thur?s?|fri|satur|sat|sun)(?:day)?s?"
_CLOCK = (
    r"(?:at|around)\s+(?P<hour>[01]?\d|2[0-3])(?:[:.h](?P<minute>[0-5]\d))?\s*(?P<half>[ap]\.?m\b\.?)?"
    r"(?:\s*o'?clock)?(?!\s*(?:%|percent|usd|eur|gbp|dollars?|euros?|\d|[.,]\d))"
    r"|at\s+(?P<named>noon|midnight)"
)
_EVERY = r"(?:every|each|once\s+(?:a|an|per|every)|per)\s+"
_RHYTHM = re.compile(
    rf"\b(?:check\s+|look\s+|run\s+)?(?:{_EVERY}(?:(?P<count>\d{{1,3}}|{'|'.join(_COUNTS)})\s+(?:an?\s+)?)?"
    r"(?P<unit>minutes?|mins?|hours?|hrs?)"
    rf"|{_EVERY}(?:(?P<days>\d{{1,2}}|two|three|other)\s+)?(?P<day>days?|morning|noon|midday|afternoon|evening|night)"
    rf"|{_EVERY}(?P<weekday>weekdays?|working\s+days?|work\s*days?|business\s+days?|weekends?)"
    rf"|(?:{_EVERY}|on\s+)(?P<names>{_DAY}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*and\s+){_DAY})*)(?!\w)"
    rf"|{_EVERY}(?P<long>week|month)"
    r"|(?P<word>hourly|daily|nightly|weekly|monthly|twice\s+(?:a|per)\s+day|twice\s+daily|on\s+weekdays|on\s+weekends))\b",
    re.IGNORECASE,
)
_TIME = re.compile(rf"\b(?:{_CLOCK})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FoundSchedule:
    """A schedule, and the sentence without it."""

    cron: str
    rest: str


def find_schedule(text: str) -> FoundSchedule | None:
    """The rhythm or time of day that `text` names; None when it names neither."""
    rhythm = _RHYTHM.search(text)
    time = _TIME.search(text)
    if rhythm is None and time is None:
        return None
    hour, minute = _clock(time) if time else (9, 0)
    cron = f"{minute} {hour} * * *"
    if rhythm is not None:
        cron = _cron(rhythm, hour if time else None, minute)
    rest = text
    matches = [match for match in (rhythm, time) if match]
    for match in sorted(matches, key=lambda match: -match.start()):
        rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    return FoundSchedule(cron, " ".join(rest.split()))


def _clock(time: re.Match[str]) -> tuple[int, int]:
    if time["named"]:
        return (12 if time["named"].lower() == "noon" else 0), 0
    hour, half = int(time["hour"]), (time["half"] or "").lower()
    if half and hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return hour, int(time["minute"] or 0)


def _cron(rhythm: re.Match[str], hour: int | None, minute: int) -> str:
    if rhythm["unit"]:
        return _step(rhythm["unit"].lower(), (rhythm["count"] or "1").lower())
    day = (rhythm["day"] or "").lower()
    at = f"{minute} {_PARTS.get(day, 9) if hour is None else hour}"
    if rhythm["days"]:
        count = rhythm["days"].lower()
        every = min(31, max(1, int(count) if count.isdigit() else _COUNTS[count]))
        return f"{at} */{every} * *" if every > 1 else f"{at} * * *"
    if rhythm["names"]:
        names = re.findall(r"mon|tue|wed|thu|fri|sat|sun", rhythm["names"].lower())
        days = sorted({_DAYS[name] for name in names})
        return f"{at} * * {','.join(map(str, days))}"
    return _worded(rhythm, at)


_FIXED = {"hourly": "0 * * * *", "twice": "0 9,18 * * *"}
_SPANS = (
    (r"weekday|work|business", "* * 1-5"),
    (r"weekend", "* * 0,6"),
    (r"week", "* * 1"),
    (r"month", "1 * *"),
)


def _worded(rhythm: re.Match[str], at: str) -> str:
    word = (rhythm["weekday"] or rhythm["long"] or rhythm["word"] or "day").lower()
    if word.split()[0] in _FIXED:
        return _FIXED[word.split()[0]]
    if word == "nightly" and at == "0 9":
        return "0 21 * * *"
    days = next((days for pattern, days in _SPANS if re.search(pattern, word)), "* * *")
    return f"{at} {days}"


def _step(unit: str, count: str) -> str:
    """Cron steps start over at each hour or day, so an odd step is taken down to one that fits."""
    wanted = int(count) if count.isdigit() else _COUNTS[count]
    if wanted == 0:  # half an hour
        return "*/30 * * * *"
    minutes = wanted if unit.startswith("min") else wanted * 60
    if minutes < 60:
        fitting = max(
            step for step in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30) if step <= max(minutes, 1)
        )
        return f"*/{fitting} * * * *" if fitting > 1 else "* * * * *"
    hours = max(step for step in (1, 2, 3, 4, 6, 8, 12, 24) if step <= max(1, minutes // 60))
    if hours == 24:
        return "0 9 * * *"
    return f"0 */{hours} * * *" if hours > 1 else "0 * * * *"
