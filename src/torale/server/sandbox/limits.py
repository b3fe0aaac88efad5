"""Limits that the kernel keeps for a process of the sandbox, and that it sets on itself."""

import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

NICE = 5  # Serving comes first where cores are few.


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """What one call may use up.

    Attributes:
        cpu: Time on a core; the kernel kills the process that takes more.
        wall: Time until the answer; the pool kills the process that takes more.
        memory_bytes: What a process may add to the memory that it began with.
    """

    cpu: timedelta = timedelta(seconds=5)
    wall: timedelta = timedelta(seconds=20)
    memory_bytes: int = 256 * 1024 * 1024


def confine(memory_bytes: int) -> None:
    """Bound the memory of this process, for good, and let others go first."""
    os.nice(NICE)
    # At once, whatever C code is at work; a handler in Python would wait for its end.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    bound = _address_space_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no page on the disk


def call_within(cpu: timedelta, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function; SIGXCPU ends this process when it takes more than `cpu` of a core."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    # Whole seconds are what the kernel counts in: at most one too many.
    until = int(used.ru_utime + used.ru_stime + cpu.total_seconds()) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
    try:
        return function(*args, **kwargs)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


def _address_space_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # no Linux: a generous guess
        return 1024 * 1024 * 1024
    return pages * resource.getpagesize()
