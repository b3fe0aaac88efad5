"""The rule itself, against the plainest statement of it that there is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from torale.server.limits.limiter import LimitPolicies
from torale.server.limits.memory import Memory
from torale.server.limits.rules import SECOND, LimitPolicy, Trail, Window, to_microseconds

START = to_microseconds(datetime(2026, 11, 24, 9, tzinfo=UTC))

windows = st.builds(
    Window,
    st.just("window"),
    st.integers(min_value=1, max_value=6),
    st.integers(min_value=1, max_value=20),
)
policies = st.builds(
    LimitPolicy, st.just("test"), st.lists(windows, min_size=1, max_size=3).map(tuple)
)
# Bursts, whole seconds (the edges of windows) and anything between them.
gaps = st.one_of(
    st.just(0),
    st.integers(min_value=0, max_value=3).map(lambda seconds: seconds * SECOND),
    st.integers(min_value=1, max_value=4 * SECOND),
)
arrivals = st.lists(gaps, min_size=1, max_size=60).map(
    lambda found: [START + one for one in accumulate(found)]
)


def fits(policy: LimitPolicy, admitted: Sequence[int], now: int) -> bool:
    return all(
        sum(time > now - window.seconds * SECOND for time in admitted) < window.limit
        for window in policy.windows
    )


@given(policy=policies, times=arrivals)
@example(policy=LimitPolicy("test", (Window("edge", 1, 1),)), times=[START, START + SECOND])
def test_a_request_is_admitted_exactly_when_every_window_has_room(
    policy: LimitPolicy, times: list[int]
) -> None:
    trail, admitted = Trail(policy), list[int]()

    for now in times:
        expected = fits(policy, admitted, now)
        decision = trail.take(policy, now)
        assert decision.is_admitted == expected, "a refused request uses up nothing"
        if expected:
            admitted.append(now)

    for window in policy.windows:
        spans = zip(admitted, admitted[window.limit :], strict=False)
        assert all(last - first >= window.seconds * SECOND for first, last in spans)


@given(policy=policies, times=arrivals)
def test_what_is_left_is_told_exactly(policy: LimitPolicy, times: list[int]) -> None:
    trail, admitted = Trail(policy), list[int]()

    for now in times:
        decision = trail.take(policy, now)
        if decision.is_admitted:
            admitted.append(now)
        for window, standing in zip(policy.windows, decision.standings, strict=True):
            counted = [time for time in admitted if time > now - window.seconds * SECOND]
            assert standing.remaining == window.limit - len(counted)
            first = counted[0] + window.seconds * SECOND if counted else now
            assert standing.reset == first
        tightest = decision.standings[decision.tightest]
        assert tightest.remaining == min(one.remaining for one in decision.standings)


@given(policy=policies, times=arrivals)
def test_the_wait_that_is_told_is_enough_and_no_second_longer(
    policy: LimitPolicy, times: list[int]
) -> None:
    trail, admitted = Trail(policy), list[int]()

    for now in times:
        decision = trail.take(policy, now)
        if decision.is_admitted:
            admitted.append(now)
            continue
        wait = decision.retry_after
        assert wait >= 1
        assert fits(policy, admitted, now + wait * SECOND)
        assert wait == 1 or not fits(policy, admitted, now + (wait - 1) * SECOND)
        reset = decision.standings[decision.tightest].reset
        assert -(-(reset - now) // SECOND) == wait, "the headers and the body agree"


@given(policy=policies, times=st.lists(st.integers(0, 60 * SECOND), min_size=1, max_size=60))
def test_a_clock_that_jumps_back_admits_no_more(policy: LimitPolicy, times: list[int]) -> None:
    trail, admitted, newest = Trail(policy), list[int](), 0

    for time in times:
        newest = max(newest, START + time) if admitted else START + time
        at = max(START + time, admitted[-1]) if admitted else START + time
        decision = trail.take(policy, START + time)
        if decision.is_admitted:
            admitted.append(at)
        else:
            later = at + decision.retry_after * SECOND
            assert fits(policy, admitted, later)

    assert all(earlier <= later for earlier, later in pairwise(admitted))
    for window in policy.windows:
        spans = zip(admitted, admitted[window.limit :], strict=False)
        assert all(last - first >= window.seconds * SECOND for first, last in spans)


def test_a_day_of_requests_is_bounded_by_all_three_windows() -> None:
    policy = LimitPolicies().callers
    memory, admitted = Memory(policy), list[int]()

    for second in range(0, 90_000, 2):
        if memory.take("key", START + second * SECOND).is_admitted:
            admitted.append(second)

    assert len([one for one in admitted if one < 60]) == 30
    for span, most in ((60, 100), (3_600, 1_000), (86_400, 10_000)):
        assert (
            max(sum(begin <= one < begin + span for one in admitted) for begin in admitted[::97])
            <= most
        )
    assert sum(one < 86_400 for one in admitted) == 10_000, "and no request less than promised"


def test_subjects_do_not_share_a_count() -> None:
    memory = Memory(LimitPolicy("test", (Window("minute", 1, 60),)))

    assert memory.take("one", START).is_admitted
    assert memory.take("two", START).is_admitted
    assert not memory.take("one", START).is_admitted


def test_idle_subjects_are_dropped() -> None:
    memory = Memory(LimitPolicy("test", (Window("second", 2, 1), Window("minute", 5, 60))))
    for number in range(1_000):
        memory.take(f"old-{number}", START)
    assert len(memory) == 1_000

    for number in range(1_000):
        memory.take("new", START + (60 + number) * SECOND)

    assert len(memory) == 1


def test_subjects_that_anybody_can_make_up_are_capped() -> None:
    memory = Memory(LimitPolicy("test", (Window("minute", 2, 60),), max_subjects=100))
    for number in range(10_000):
        memory.take(f"made-up-{number}", START + number)
        memory.take("steady", START + number)

    assert len(memory) == 100
    assert not memory.take("steady", START + 10_000).is_admitted, "who goes on is not forgotten"


def test_what_no_window_counts_is_not_kept() -> None:
    policy = LimitPolicy("test", (Window("second", 10, 1),))
    trail = Trail(policy)
    for number in range(5_000):
        trail.take(policy, START + number * SECOND // 5)

    assert len(trail) <= 25


def test_microseconds_are_exact() -> None:
    moment = datetime(2026, 11, 24, 9, 0, 0, 123_457, tzinfo=UTC)

    assert to_microseconds(moment) % SECOND == 123_457
    assert to_microseconds(moment + timedelta(microseconds=1)) - to_microseconds(moment) == 1
