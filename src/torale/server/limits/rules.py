"""Rules of sliding windows: does one more request fit? No clock, no I/O; times are microseconds.

A window of N requests in S seconds is kept exactly: no span of S seconds, wherever it begins, holds
more than N admitted requests. All windows decide together: a request that one of them
refuses uses up none.
"""

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

SECOND = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` requests in any `seconds`. The name is what clients see."""

    name: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """The windows of one kind of subject.

    Attributes:
        name: Of the kind; subjects of different kinds never share a count.
        max_subjects: How many are remembered at most; those idle for longest are forgotten
            first. None where subjects cannot be made up.
    """

    name: str
    windows: tuple[Window, ...]
    max_subjects: int | None = None

    @property
    def longest(self) -> int:
        """In seconds; whoever was idle for this long has nothing counted."""
        return max(window.seconds for window in self.windows)


class WindowStanding(NamedTuple):
    """How one window stands after a decision."""

    remaining: int
    reset: int
    """When the oldest request that it counts leaves it; now, if it counts none."""


class LimitDecision(NamedTuple):
    """What became of one request."""

    is_admitted: bool
    at: int
    policy: LimitPolicy
    standings: tuple[WindowStanding, ...]

    @property
    def tightest(self) -> int:
        """The index of the window with the fewest requests left; of several the one that lasts."""
        standings = self.standings
        return min(
            range(len(standings)),
            key=lambda index: (standings[index].remaining, -standings[index].reset),
        )

    @property
    def retry_after(self) -> int:
        """After how many whole seconds the next request fits."""
        full = [standing.reset for standing in self.standings if standing.remaining == 0]
        return max(1, -((self.at - max(full, default=self.at)) // SECOND))


def to_microseconds(moment: datetime) -> int:
    """Return the microseconds since the epoch, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def standings(
    windows: Sequence[Window], counts: Sequence[int], oldest: Sequence[int], at: int
) -> tuple[WindowStanding, ...]:
    """Describe how windows stand.

    Args:
        windows: Of the policy.
        counts: How many requests each counts.
        oldest: The time of the oldest one that each counts; anything where it counts none.
        at: The time of the decision.
    """
    return tuple(
        WindowStanding(window.limit - count, first + window.seconds * SECOND if count else at)
        for window, count, first in zip(windows, counts, oldest, strict=True)
    )


class Trail:
    """The times of one subject's admitted requests that some window counts, oldest first."""

    __slots__ = ("_starts", "_times")

    def __init__(self, policy: LimitPolicy) -> None:
        self._times = array("q")
        self._starts = [0] * len(policy.windows)  # per window, of the first time that it counts

    def __len__(self) -> int:
        return len(self._times)

    def take(self, policy: LimitPolicy, now: int) -> LimitDecision:
        """Admit one request at `now` if every window has room for it."""
        times, starts, windows = self._times, self._starts, policy.windows
        # A clock that is set back must not put times out of order.
        at = max(now, times[-1]) if times else now
        size, fits = len(times), True
        for index, window in enumerate(windows):
            start = bisect_right(times, at - window.seconds * SECOND, starts[index])
            starts[index] = start
            fits = fits and size - start < window.limit
        if fits:
            times.append(at)
            size += 1
        counts = [size - start for start in starts]
        oldest = [times[start] if start < size else 0 for start in starts]
        decision = LimitDecision(fits, now, policy, standings(windows, counts, oldest, now))
        self._forget()
        return decision

    def is_idle(self, policy: LimitPolicy, now: int) -> bool:
        """Tell whether no window counts anything any more."""
        return not self._times or self._times[-1] <= now - policy.longest * SECOND

    def _forget(self) -> None:
        """Drop what no window counts, once that is more than half of what is kept."""
        gone = min(self._starts)
        if gone * 2 > len(self._times):
            del self._times[:gone]
            self._starts = [start - gone for start in self._starts]
