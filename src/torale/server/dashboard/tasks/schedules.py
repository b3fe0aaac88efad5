"""Schedule form: what a person chooses, in words, with the next five runs in the task's zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from torale.server.errors import InvalidFieldError
from torale.server.tasks import rules

DAYS: tuple[str, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KINDS = (
    ("interval", "Every few minutes or hours"),
    ("daily", "Daily"),
    ("weekly", "Weekly"),
    ("cron", "Cron"),
)
MINUTES = (5, 10, 15, 20, 30)
HOURS = (1, 2, 3, 4, 6, 8, 12)
_RUNS = 5
_DEFAULT = "0 9 * * *"


@dataclass(frozen=True, slots=True)
class Schedule:
    """What was chosen. `problem` says why it is none; `runs` are the next times in its zone."""

    kind: str
    every: str
    time: str
    days: Sequence[str]
    cron: str
    words: str
    runs: Sequence[datetime] = ()
    problem: str = ""
    note: str = ""


def read(form: Mapping[str, str], days: Sequence[str], zone: str, now: datetime) -> Schedule:
    """Return the schedule that a form describes; without one, daily at nine."""
    kind = form.get("kind", "daily")
    time = form.get("time") or "09:00"
    every = form.get("every") or "30m"
    chosen = [day for day in DAYS if day in days] or list(DAYS[:5])
    cron, words = _compile(kind, every, time, chosen, form.get("cron", ""))
    return _planned(Schedule(kind, every, time, chosen, cron, words), zone, now)


def of_cron(cron: str, zone: str, now: datetime) -> Schedule:
    """Return the schedule of a task, in the words that fit it best."""
    for kind, form, days in _guesses(cron):
        found = read({"kind": kind, **form}, days, zone, now)
        if found.cron == cron:
            return found
    return read({"kind": "cron", "cron": cron}, (), zone, now)


def _guesses(cron: str) -> list[tuple[str, dict[str, str], Sequence[str]]]:
    parts = cron.split()
    guesses: list[tuple[str, dict[str, str], Sequence[str]]] = [
        ("interval", {"every": f"{number}m"}, ()) for number in MINUTES
    ]
    guesses += [("interval", {"every": f"{number}h"}, ()) for number in HOURS]
    if len(parts) == 5 and parts[0].isdigit() and parts[1].isdigit():
        time = f"{int(parts[1]):02}:{int(parts[0]):02}"
        numbers = set(parts[4].split(","))
        days = [day for number, day in enumerate(DAYS, 1) if str(number) in numbers]
        guesses += [("daily", {"time": time}, ()), ("weekly", {"time": time}, days)]
    return guesses


def _compile(kind: str, every: str, time: str, days: Sequence[str], cron: str) -> tuple[str, str]:
    if kind == "interval":
        return _interval(every)
    if kind == "cron":
        return " ".join((cron or _DEFAULT).split()), "Custom schedule"
    hour, minute = _clock(time)
    at = f"{hour:02}:{minute:02}"
    if kind == "weekly" and len(days) < len(DAYS):
        numbers = ",".join(str(DAYS.index(day) + 1) for day in days)
        named = {DAYS[:5]: "Weekdays", DAYS[5:]: "Weekends"}.get(tuple(days), ", ".join(days))
        return f"{minute} {hour} * * {numbers}", f"{named} at {at}"
    return f"{minute} {hour} * * *", f"Every day at {at}"


def _interval(every: str) -> tuple[str, str]:
    number, unit = every[:-1], every[-1:]
    if unit == "h" and number in map(str, HOURS):
        cron = "0 * * * *" if number == "1" else f"0 */{number} * * *"
        return cron, "Every hour" if number == "1" else f"Every {number} hours"
    number = number if number in map(str, MINUTES) else "30"
    return f"*/{number} * * * *", f"Every {number} minutes"


def _clock(time: str) -> tuple[int, int]:
    hour, _, minute = time.partition(":")
    if hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60:
        return int(hour), int(minute)
    return 9, 0


def _planned(schedule: Schedule, zone: str, now: datetime) -> Schedule:
    runs: list[datetime] = []
    problem = ""
    moment = now
    try:
        for _ in range(_RUNS):
            moment = rules.next_run(schedule.cron, zone, moment)
            runs.append(moment.astimezone(ZoneInfo(zone)))
    except InvalidFieldError as error:
        problem = f"{error.detail}: write five fields, minute hour day month weekday."
    return Schedule(
        schedule.kind,
        schedule.every,
        schedule.time,
        schedule.days,
        schedule.cron,
        schedule.words,
        runs,
        problem,
        _clock_change(runs),
    )


def _clock_change(runs: Sequence[datetime]) -> str:
    """Say which run is the first after the clocks change."""
    for before, run in pairwise(runs):
        was, now = before.utcoffset(), run.utcoffset()
        if was is not None and now is not None and was != now:
            way = "forward" if now > was else "back"
            at = f"{run:%a} {run.day} {run:%b}"
            return f"The clocks go {way} before the run of {at}; the times are those of the zone."
    return ""
