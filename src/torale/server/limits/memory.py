"""The counts of one process."""

from collections import OrderedDict

from torale.server.limits.rules import LimitDecision, LimitPolicy, Trail

_DROPPED_AT_ONCE = 4


class Memory:
    """The trails of all subjects of one policy.

    A decision is one call that never awaits, so that requests on one event loop cannot pass a
    window together. Subjects that no window counts any more are dropped along the way.
    """

    def __init__(self, policy: LimitPolicy) -> None:
        self._policy = policy
        self._trails: OrderedDict[str, Trail] = OrderedDict()  # the longest idle first

    def __len__(self) -> int:
        return len(self._trails)

    def take(self, subject: str, now: int) -> LimitDecision:
        """Admit one request of `subject` if every window has room.

        Args:
            subject: Who asks.
            now: In microseconds since the epoch.
        """
        trails = self._trails
        trail = trails.get(subject)
        if trail is None:
            trail = trails[subject] = Trail(self._policy)
            self._make_room()
        else:
            trails.move_to_end(subject)
        decision = trail.take(self._policy, now)
        self._drop_idle(now)
        return decision

    def _make_room(self) -> None:
        most = self._policy.max_subjects
        if most is not None and len(self._trails) > most:
            self._trails.popitem(last=False)

    def _drop_idle(self, now: int) -> None:
        # A few at a time: each call adds one at most, so that this keeps up and never stalls.
        for _ in range(_DROPPED_AT_ONCE):
            subject, trail = next(iter(self._trails.items()))
            if not trail.is_idle(self._policy, now):
                return
            del self._trails[subject]
