"""Limits over whatever keeps their counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from torale.server.limits.memory import Memory
from torale.server.limits.rules import LimitDecision, LimitPolicy, Window, to_microseconds
from torale.server.parts import Part
from torale.server.settings.base import Settings

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_CALLERS = LimitPolicy(
    "callers",
    (Window("minute", 100, _MINUTE), Window("hour", 1_000, _HOUR), Window("day", 10_000, _DAY)),
)
_ADMINS = LimitPolicy("admins", (Window("minute", 1_000, _MINUTE), Window("hour", 10_000, _HOUR)))
_FAILURES = LimitPolicy("failures", (Window("minute", 30, _MINUTE),), max_subjects=20_000)


@dataclass(frozen=True, slots=True)
class LimitPolicies:
    """Which windows hold for whom.

    Attributes:
        callers: Each API key, and each user who is signed in without one.
        admins: The same on `/admin/*`, for admins.
        failures: Each client address, for credentials that do not hold.
    """

    callers: LimitPolicy = _CALLERS
    admins: LimitPolicy = _ADMINS
    failures: LimitPolicy = _FAILURES


class Shared(Protocol):
    """Counts that several processes share."""

    async def take(self, policy: LimitPolicy, subject: str) -> LimitDecision | None:
        """Count one request; None while the counts cannot be reached."""
        ...

    async def aclose(self) -> None: ...


class Limits:
    """Decides who may go on: by the counts in Redis, else by those of this process."""

    def __init__(self, policies: LimitPolicies | None = None, shared: Shared | None = None) -> None:
        self.policies = policies or LimitPolicies()
        self._shared = shared
        self._local: dict[str, Memory] = {}

    async def take(self, policy: LimitPolicy, subject: str, now: datetime) -> LimitDecision:
        """Count one request of `subject`, unless a window of `policy` has no room for it.

        Args:
            policy: One name always stands for the same windows.
            subject: Who asks.
            now: Redis has a clock of its own, which all processes share.
        """
        if self._shared is not None:
            decision = await self._shared.take(policy, subject)
            if decision is not None:
                return decision
        local = self._local.get(policy.name)
        if local is None:
            local = self._local[policy.name] = Memory(policy)
        return local.take(subject, to_microseconds(now))

    def subjects(self, policy: LimitPolicy) -> int:
        """Tell how many subjects this process remembers by itself."""
        return len(self._local.get(policy.name, ()))

    async def aclose(self) -> None:
        if self._shared is not None:
            await self._shared.aclose()


LIMITS = Part[Limits]("limits")


def make_limits(settings: Settings, policies: LimitPolicies | None = None) -> Limits:
    """Return the limits that the settings ask for. Nothing is dialled yet."""
    url = settings.redis_url
    if url is None:
        return Limits(policies)
    from torale.server.limits.redis_counts import RedisCounts  # noqa: PLC0415  (10 MB of memory)

    return Limits(policies, RedisCounts(url.get_secret_value()))


async def check_limits(settings: Settings) -> str:
    """Reach Redis, where the settings name one; says who counts.

    Raises:
        SettingsError: It cannot be used; the message says why.
    """
    url = settings.redis_url
    if url is None:
        return "REDIS_URL is not set: each process counts alone"
    from torale.server.limits.redis_counts import reach  # noqa: PLC0415

    await reach(url.get_secret_value())
    return "Redis counts for all processes"
