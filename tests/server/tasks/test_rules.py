from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.contract.tasks import TaskState
from torale.server.errors import ConflictError, InvalidFieldError
from torale.server.evidence.source import Source
from torale.server.tasks import rules

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Apia",
]
A, P, C = TaskState.ACTIVE, TaskState.PAUSED, TaskState.COMPLETED

moments = st.datetimes(datetime(2010, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
zones = st.sampled_from(ZONES)
minutes, hours = st.integers(0, 59), st.integers(0, 23)


def local(text: str, zone: str, *, fold: int = 0) -> datetime:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return moment.astimezone(UTC)


def runs(schedule: str, zone: str, after: str, count: int) -> list[str]:
    """Return the next runs as local times with their offset."""
    moment, found = local(after, zone), list[str]()
    for _ in range(count):
        moment = rules.next_run(schedule, zone, moment)
        found.append(moment.astimezone(ZoneInfo(zone)).strftime("%d %H:%M%z"))
    return found


def test_a_schedule_is_of_its_zone() -> None:
    after = datetime(2026, 11, 24, 9, 0, 30, tzinfo=UTC)

    assert rules.next_run("0 9 * * *", "UTC", after) == datetime(2026, 11, 25, 9, tzinfo=UTC)
    assert rules.next_run("0 9 * * *", "America/New_York", after).hour == 14
    assert rules.next_run("0 9 * * *", "Asia/Kathmandu", after).minute == 15


def test_on_the_dot_the_next_run_is_the_following_one() -> None:
    dot = datetime(2026, 11, 24, 9, tzinfo=UTC)
    hair = timedelta(microseconds=1)

    assert rules.next_run("0 9 * * *", "UTC", dot - hair) == dot
    assert rules.next_run("0 9 * * *", "UTC", dot) == dot + timedelta(days=1)
    assert rules.next_run("0 9 * * *", "UTC", dot + hair) == dot + timedelta(days=1)


@pytest.mark.parametrize(
    "schedule, zone, after, expected",
    [
        # 2026-03-29 02:00 becomes 03:00.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T03:00",
            ["29 03:00+0200", "30 02:30+0200"],
        ),
        (
            "*/15 2 * * *",
            "Europe/Berlin",
            "2026-03-28T03:00",
            ["29 03:00+0200", "30 02:00+0200"],
        ),
        (
            "30 */2 * * *",
            "Europe/Berlin",
            "2026-03-29T00:00",
            ["29 00:30+0100", "29 03:00+0200", "29 04:30+0200"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:30",
            ["29 01:00+0100", "29 03:00+0200", "29 04:00+0200"],
        ),
        # 2026-10-25 03:00 becomes 02:00.
        (
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T03:00",
            ["25 02:30+0200", "26 02:30+0100"],
        ),
        (
            "*/30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T03:00",
            ["25 02:00+0200", "25 02:30+0200", "26 02:00+0100"],
        ),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2026-10-25T01:30",
            ["25 02:00+0200", "25 02:00+0100", "25 03:00+0100"],
        ),
        # 2026-03-08 02:00 becomes 03:00; 2026-11-01 02:00 becomes 01:00.
        (
            "15 2 * * *",
            "America/New_York",
            "2026-03-07T03:00",
            ["08 03:00-0400", "09 02:15-0400"],
        ),
        (
            "15 1 * * *",
            "America/New_York",
            "2026-10-31T03:00",
            ["01 01:15-0400", "02 01:15-0500"],
        ),
        # Half an hour: 2026-10-04 02:00 becomes 02:30; 2026-04-05 02:00 becomes 01:30.
        (
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T03:00",
            ["04 02:30+1100", "05 02:15+1100"],
        ),
        (
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T03:00",
            ["05 01:45+1100", "06 01:45+1030"],
        ),
        # Midnight itself is skipped: 2026-04-24 00:00 becomes 01:00.
        ("0 0 * * *", "Africa/Cairo", "2026-04-23T12:00", ["24 01:00+0300", "25 00:00+0300"]),
        # A whole day is skipped: 2011-12-30.
        ("0 9 30 * *", "Pacific/Apia", "2011-12-01T00:00", ["31 00:00+1400", "30 09:00+1400"]),
    ],
)
def test_daylight_saving_loses_and_doubles_nothing(
    schedule: str, zone: str, after: str, expected: list[str]
) -> None:
    assert runs(schedule, zone, after, len(expected)) == expected


def test_within_the_second_pass_a_doubled_time_is_over() -> None:
    second_pass = local("2026-10-25T02:15", "Europe/Berlin", fold=1)

    due = rules.next_run("30 2 * * *", "Europe/Berlin", second_pass)

    assert due == local("2026-10-26T02:30", "Europe/Berlin")


@given(zone=zones, minute=minutes, hour=hours, after=moments)
def test_a_daily_run_comes_next_at_its_local_time(
    zone: str, minute: int, hour: int, after: datetime
) -> None:
    due = rules.next_run(f"{minute} {hour} * * *", zone, after)

    assert due > after
    assert due - after <= timedelta(hours=49), "one day, one more that Apia skipped, one hour"
    seen = due.astimezone(ZoneInfo(zone))
    before = (due - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
    is_after_gap = (seen.utcoffset() or timedelta(0)) > (before.utcoffset() or timedelta(0))
    assert is_after_gap or (seen.hour, seen.minute, seen.second, seen.fold) == (hour, minute, 0, 0)


@given(zone=zones, minute=minutes, hour=hours, after=moments)
def test_a_local_day_has_one_daily_run(zone: str, minute: int, hour: int, after: datetime) -> None:
    found = [after]
    for _ in range(5):
        found.append(rules.next_run(f"{minute} {hour} * * *", zone, found[-1]))

    dates = [moment.astimezone(ZoneInfo(zone)).date() for moment in found[1:]]
    assert dates == sorted(set(dates))


@given(
    zone=zones,
    schedule=st.builds("{} {} * * {}".format, minutes, hours, st.sampled_from("*123"))
    | st.sampled_from(["*/15 * * * *", "7 */3 * * *", "*/20 2 * * *", "0 0 29 2 *", "0 1 L * *"]),
    first=moments,
    second=moments,
)
def test_later_never_means_sooner(
    zone: str, schedule: str, first: datetime, second: datetime
) -> None:
    first, second = sorted([first, second])

    sooner, later = (rules.next_run(schedule, zone, after) for after in (first, second))

    assert first < sooner
    assert later == sooner if second < sooner else later > sooner


# Lord Howe's clocks go by half an hour.
@given(zone=st.sampled_from([zone for zone in ZONES if "Howe" not in zone]), after=moments)
def test_an_hourly_run_comes_hourly(zone: str, after: datetime) -> None:
    found = [after]
    for _ in range(4):
        found.append(rules.next_run("5 * * * *", zone, found[-1]))

    assert {later - sooner for sooner, later in pairwise(found[1:])} == {timedelta(hours=1)}


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "not a cron",
        "* * * *",
        "* * * * * *",
        "0 0 9 * * *",
        "@daily",
        "@every 5m",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "5-1 * * * *",
        "-5 * * * *",
        "** * * * *",
        "*5 * * * *",
        "a b c d e",
        "٣ * * * *",
        "0 0 30 2 *",
        "0 0 31 4,6,9,11 *",
        "0 0 31 2 *",
        "0 0 1 1 1#6",
        "0 0 * * ²L",
        "; DROP TABLE tasks",
    ],
)
def test_a_schedule_that_is_never_due_is_refused(schedule: str) -> None:
    with pytest.raises(InvalidFieldError, match="Invalid cron expression") as caught:
        rules.next_run(schedule, "UTC", datetime(2026, 1, 1, tzinfo=UTC))

    assert caught.value.loc == ("schedule",)


@given(st.text(alphabet="0123456789*/,-#LW MONFEB", max_size=30))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC)
    with suppress(InvalidFieldError):
        assert rules.next_run(text, "Europe/Berlin", after) > after


@pytest.mark.parametrize(
    "schedule", ["0 9 * * MON-FRI", "0 0 29 2 *", "0 0 L * *", "0 12 * jan,jul *", "0 0 * 2 MON#5"]
)
def test_a_schedule_may_be_rare(schedule: str) -> None:
    assert rules.next_run(schedule, "Europe/Berlin", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "zone",
    ["", "Mars/Olympus", "Europe", "europe/berlin", "../etc/passwd", "/etc/localtime", "+02:00",
     "localtime", "posixrules", "right/Europe/Berlin", "Factory", "x" * 64, "a\x00b"],
)  # fmt: skip
def test_a_zone_that_is_none_is_refused(zone: str) -> None:
    with pytest.raises(InvalidFieldError, match="Invalid timezone") as caught:
        rules.next_run("0 9 * * *", zone, datetime(2026, 1, 1, tzinfo=UTC))

    assert caught.value.loc == ("timezone",)


@pytest.mark.parametrize("current, wanted", [(A, P), (P, A), (A, C), (P, C), (C, A)], ids="→".join)
def test_a_task_may_change_its_state(current: TaskState, wanted: TaskState) -> None:
    assert rules.transition(current, wanted)


def test_a_completed_task_cannot_pause() -> None:
    with pytest.raises(ConflictError, match="A completed task cannot become paused"):
        rules.transition(C, P)


@given(st.lists(st.sampled_from(TaskState)), st.sampled_from([A, P]))
def test_no_way_leads_from_completed_to_paused_but_through_active(
    wanted: list[TaskState], state: TaskState
) -> None:
    seen = [state]
    for target in wanted:
        try:
            changed = rules.transition(state, target)
        except ConflictError:
            assert (state, target) == (C, P)
        else:
            assert changed == (target is not state)
            seen.append(target)
            state = target
    assert (C, P) not in pairwise(seen)


@pytest.mark.parametrize(
    "url",
    ["http://a.example", "https://a.example:8443/x?y=z#w", "HTTPS://A.example", "http://127.0.0.1/",
     "http://[::1]/", "https://müller.example/ä", "http://localhost:3000"],
)  # fmt: skip
def test_a_source_is_a_page(url: str) -> None:
    assert rules.check_sources([url]) == (Source(url),)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "file:///etc/passwd", "a.example/x", "//a.example", "javascript:alert(1)",
     "http://", "https:///path", "http://.", "http://a..b", "http://:80", "http://u@a.example",
     "http://u:p@a.example", "http://@a.example", "http://[::1", "http://a.example:99999",
     "http://a.example:x", "http://a.example:0", "http://a b.example", "http://a\n.example",
     "http://a.example\\@b.example", "data:text/html,x"],
)  # fmt: skip
def test_a_source_that_is_no_page_is_named(url: str) -> None:
    with pytest.raises(InvalidFieldError, match="Invalid URL") as caught:
        rules.check_sources(["https://a.example", url])

    assert caught.value.loc == ("sources", 1)


def test_a_source_counts_once() -> None:
    urls = ["https://b.example", "https://a.example", "https://b.example"]

    assert rules.check_sources(urls) == (Source("https://b.example"), Source("https://a.example"))


def test_a_name_is_made_of_the_query() -> None:
    assert rules.name_for("  price of\n the  Pixel 9 ") == "price of the Pixel 9"
    assert rules.name_for("x" * 500) == "x" * 79 + "…"
    long = "When does the next season of the show start, and where can I watch it, tell me please"
    assert rules.name_for(long) == long[: long.index(", tell")] + ", tell me…"


@given(st.text(min_size=10, max_size=500).filter(lambda text: text.strip()))
def test_a_made_name_is_short(query: str) -> None:
    assert 1 <= len(rules.name_for(query)) <= 80
