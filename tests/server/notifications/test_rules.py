from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.notifications.rules import (
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    SCHEDULE,
    Delivered,
    DisableChannel,
    Failed,
    Outcome,
    Retry,
    after_attempt,
    delay_before,
)

FAILURE = Outcome(ok=False, status_code=500, error="The receiver answered 500.")
JITTERS = st.floats(-1, 1)


@pytest.mark.parametrize(
    "attempts, seconds",
    [
        (1, 5),
        (2, 300),
        (3, 1_800),
        (4, 7_200),
        (5, 18_000),
        (6, 36_000),
        (7, 50_400),
        (8, 72_000),
        (9, 86_400),
    ],
)
def test_each_failure_waits_longer(attempts: int, seconds: int) -> None:
    assert after_attempt(attempts, FAILURE, 0) == Retry(timedelta(seconds=seconds))


def test_the_first_attempt_is_made_at_once() -> None:
    assert delay_before(1, 1) == timedelta(0)


def test_the_last_failure_disables_the_channel() -> None:
    step = after_attempt(MAX_ATTEMPTS, FAILURE, 0)

    assert isinstance(step, DisableChannel)
    assert "500" in step.reason


def test_a_message_that_alone_is_not_taken_leaves_the_channel_alone() -> None:
    assert after_attempt(MAX_ATTEMPTS, FAILURE, 0, channel_works=True) == Failed()


def test_success_at_any_attempt_is_the_end() -> None:
    assert after_attempt(MAX_ATTEMPTS, Outcome(ok=True), 0) == Delivered()


def test_gone_disables_at_the_first_attempt() -> None:
    assert isinstance(after_attempt(1, Outcome(ok=False, gone=True), 0), DisableChannel)


@pytest.mark.parametrize(
    "asked, waited",
    [
        (timedelta(seconds=1), timedelta(seconds=5)),
        (timedelta(hours=1), timedelta(hours=1)),
        (timedelta(days=9), timedelta(hours=24)),
    ],
)
def test_the_receiver_may_ask_for_more_time_but_not_for_less(
    asked: timedelta, waited: timedelta
) -> None:
    outcome = Outcome(ok=False, status_code=429, error="busy", retry_after=asked)

    assert after_attempt(1, outcome, 0) == Retry(waited)


@given(attempts=st.integers(1, MAX_ATTEMPTS - 1), jitter=JITTERS, asked=st.timedeltas())
def test_a_delay_is_bounded(attempts: int, jitter: float, asked: timedelta) -> None:
    step = after_attempt(attempts, Outcome(ok=False, retry_after=asked), jitter)

    assert isinstance(step, Retry)
    assert SCHEDULE[attempts] * 0.899 <= step.delay <= LONGEST_WAIT * 1.101


@given(jitter=JITTERS)
def test_delays_never_get_shorter(jitter: float) -> None:
    delays = [delay_before(attempt, jitter) for attempt in range(1, MAX_ATTEMPTS + 1)]

    assert delays == sorted(delays)
