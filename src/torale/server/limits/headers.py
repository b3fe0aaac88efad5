"""Headers of limits: the customary `X-RateLimit-*` and the IETF's `RateLimit` fields."""

from functools import lru_cache

from torale.server.limits.rules import SECOND, LimitDecision, LimitPolicy

Header = tuple[bytes, bytes]


def fields(decision: LimitDecision) -> list[Header]:
    """Return the header fields of an answer, as ASGI sends them."""
    policy = decision.policy
    index = decision.tightest
    tightest = decision.standings[index]
    at = decision.at
    left = ", ".join(
        f'"{window.name}";r={standing.remaining};t={-((at - standing.reset) // SECOND)}'
        for window, standing in zip(policy.windows, decision.standings, strict=True)
    )
    return [
        (b"x-ratelimit-limit", b"%d" % policy.windows[index].limit),
        (b"x-ratelimit-remaining", b"%d" % tightest.remaining),
        (b"x-ratelimit-reset", b"%d" % -(-tightest.reset // SECOND)),
        (b"ratelimit", left.encode()),
        (b"ratelimit-policy", _policy_field(policy)),
    ]


@lru_cache(maxsize=64)
def _policy_field(policy: LimitPolicy) -> bytes:
    quotas = (f'"{window.name}";q={window.limit};w={window.seconds}' for window in policy.windows)
    return ", ".join(quotas).encode()
