"""Rate limits: sliding windows, in memory or shared over Redis.

Knows no users and no keys: a subject is a text, and rooms above say which windows hold for it.
"""

from torale.server.limits.limiter import LIMITS, LimitPolicies, Limits, check_limits, make_limits
from torale.server.limits.rules import LimitDecision, LimitPolicy, Window

__all__ = [
    "LIMITS",
    "LimitDecision",
    "LimitPolicies",
    "LimitPolicy",
    "Limits",
    "Window",
    "check_limits",
    "make_limits",
]
