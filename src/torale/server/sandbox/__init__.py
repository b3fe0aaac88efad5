"""Processes that may be killed: the bytes of strangers are parsed in them and nowhere else."""

from torale.server.sandbox.base import SAME_PROCESS, Runner, SameProcess, TooExpensiveError
from torale.server.sandbox.limits import SandboxLimits
from torale.server.sandbox.pool import Sandbox

__all__ = [
    "SAME_PROCESS",
    "Runner",
    "SameProcess",
    "Sandbox",
    "SandboxLimits",
    "TooExpensiveError",
]
