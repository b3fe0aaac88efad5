"""Rules of tasks: when one is due, which states and sources it may take. Pure."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from torale.contract.tasks import SourceIn, TaskState
from torale.server.errors import ConflictError, InvalidFieldError
from torale.server.evidence.source import Source, source_of

_FIELDS = 5
_MAX_NAME = 80
# Files beside the zones, in some systems' zone folder.
_NO_ZONES = frozenset({"Factory", "localtime"})
_UNSAFE_IN_URL = re.compile(r"[\s\\<>\"]")

_ALLOWED = {
    TaskState.ACTIVE: {TaskState.PAUSED, TaskState.COMPLETED},
    TaskState.PAUSED: {TaskState.ACTIVE, TaskState.COMPLETED},
    TaskState.COMPLETED: {TaskState.ACTIVE},
}


def transition(current: TaskState, wanted: TaskState) -> bool:
    """Tell whether becoming `wanted` is a change: staying what it is always allowed.

    Raises:
        ConflictError: A task cannot go from the one to the other.
    """
    if wanted is current:
        return False
    if wanted not in _ALLOWED[current]:
        raise ConflictError(f"A {current} task cannot become {wanted}")
    return True


def next_run(schedule: str, zone: str, after: datetime) -> datetime:
    """Return the first time, in UTC, after `after` at which `schedule` is due in `zone`.

    A local time that daylight saving skips is due once, after the gap; one that it doubles is
    due once, the first time. Schedules of every hour go by elapsed time instead: they neither
    pause in the doubled hour nor bunch up after the gap.

    Raises:
        InvalidFieldError: The schedule or the zone makes no sense, or it is never due.
    """
    place = _zone(zone)
    try:
        for tick in CronSim(_explicit(schedule), after.astimezone(place)):
            due = tick.astimezone(UTC)
            if due > after:  # it is not, within the second pass through a doubled hour
                return due
    except CronSimError:
        pass
    raise InvalidFieldError("schedule", message="Invalid cron expression")


def interval(schedule: str, zone: str, after: datetime) -> timedelta:
    """Return the time between the next two runs after `after`.

    Raises:
        InvalidFieldError: As `next_run`.
    """
    first = next_run(schedule, zone, after)
    return next_run(schedule, zone, first) - first


def _zone(name: str) -> ZoneInfo:
    if name not in _zones():
        message = "Invalid timezone: must be an IANA name such as Europe/Berlin"
        raise InvalidFieldError("timezone", message=message)
    return ZoneInfo(name)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NO_ZONES


@lru_cache(maxsize=4096)
def _explicit(schedule: str) -> str:
    """Spell a schedule so that cronsim minds daylight saving.

    As Debian's cron, cronsim does so unless minute or hour start with `*`, which would skip
    `*/15 2 * * *` in spring and repeat it in autumn.

    Raises:
        CronSimError: It has no five fields, or one of them is wrong.
    """
    fields = schedule.split()
    if len(fields) != _FIELDS or not schedule.isascii():
        raise CronSimError("Wrong number of fields")
    minute, hour, *days = fields
    every_hour = CronSim(schedule, datetime(2000, 1, 1, tzinfo=UTC)).hours == set(range(24))
    hour = "*" if every_hour else hour.replace("*", "0-23")
    return " ".join([minute.replace("*", "0-59"), hour, *days])


def check_sources(given: Iterable[SourceIn]) -> tuple[Source, ...]:
    """Return the sources that a user names, each once, in their order.

    Raises:
        InvalidFieldError: One of them is no http(s) address of a page.
    """
    sources = [source_of(named) for named in given]
    for index, source in enumerate(sources):
        problem = _problem_of(source.url)
        if problem:
            raise InvalidFieldError("sources", index, message=problem)
    return tuple(dict.fromkeys(sources))


def _problem_of(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "Invalid URL"
    if parts.scheme not in {"http", "https"}:
        return "Invalid URL: must start with http:// or https://"
    if "@" in parts.netloc:
        return "Invalid URL: must not hold a user name or password"
    is_broken = not host.strip(".") or ".." in host or port == 0 or _UNSAFE_IN_URL.search(url)
    return "Invalid URL" if is_broken else None


def name_for(query: str) -> str:
    """Return the name of a task that was given none."""
    words = " ".join(query.split())
    if len(words) <= _MAX_NAME:
        return words
    head = words[: _MAX_NAME - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:.-") + "…"
