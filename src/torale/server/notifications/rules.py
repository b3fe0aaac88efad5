"""Rules of delivery: outcomes of attempts, and the schedule of retries. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

SCHEDULE: tuple[timedelta, ...] = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long each attempt waits after the one before it."""

MAX_ATTEMPTS = len(SCHEDULE)
LONGEST_WAIT = timedelta(hours=24)
JITTER = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt.

    Attributes:
        status_code: Of HTTP or SMTP, where one was answered.
        error: One sentence for people; None when `ok`.
        retry_after: How long the receiver asks us to wait.
        gone: The receiver wants nothing any more.
    """

    ok: bool
    status_code: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    gone: bool = False


def http_outcome(status: int, retry_after: timedelta | None) -> Outcome:
    """Return what became of an attempt that was answered over HTTP."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome(ok=True, status_code=status)
    error = f"The receiver answered {status}."
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        error = f"The receiver answered {status}: redirects are not followed."
    return Outcome(
        ok=False,
        status_code=status,
        error=error,
        retry_after=retry_after,
        gone=status == HTTPStatus.GONE,
    )


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class Retry:
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Failed:
    """This message is given up; the channel goes on."""


@dataclass(frozen=True, slots=True)
class DisableChannel:
    """This message is given up, and so is the channel."""

    reason: str


Step = Delivered | Retry | Failed | DisableChannel


def delay_before(attempt: int, jitter: float) -> timedelta:
    """Return how long attempt `attempt` (from 1) waits after the one before it.

    Args:
        attempt: 1 to MAX_ATTEMPTS.
        jitter: -1 to 1, which becomes up to 10 % less or more.
    """
    return SCHEDULE[attempt - 1] * (1 + JITTER * max(-1.0, min(1.0, jitter)))


def after_attempt(
    attempts: int, outcome: Outcome, jitter: float, *, channel_works: bool = False
) -> Step:
    """Decide what follows an attempt.

    Args:
        attempts: Made so far, with this one.
        outcome: Of this one.
        jitter: See `delay_before`.
        channel_works: Other messages have arrived there since this one was first tried, so it
            is the message that the receiver does not take.
    """
    if outcome.ok:
        return Delivered()
    if outcome.gone:
        return DisableChannel("The receiver answered 410: it wants no more messages.")
    if attempts < MAX_ATTEMPTS:
        asked = min(outcome.retry_after or timedelta(0), LONGEST_WAIT)
        return Retry(max(delay_before(attempts + 1, jitter), asked))
    reason = f"{attempts} attempts failed, the last one: {outcome.error}"
    return Failed() if channel_works else DisableChannel(reason)
