"""Runner: whoever calls functions on the bytes of strangers."""

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class TooExpensiveError(Exception):
    """A call used up what it may: time on a core, time until the answer, or memory.

    Attributes:
        reason: For people; the end of a sentence.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"too expensive: {reason}")
        self.reason = reason


class Runner(Protocol):
    """Calls functions on the bytes of strangers: a sandbox, or what stands in for it in tests."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function returns.

        Raises:
            TooExpensiveError: A limit ended the call.
            Exception: What the function raised.
        """
        ...


class SameProcess(Runner):
    """Calls in this very process: for evaluations and tests, whose pages are nobody's weapon."""

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Runner.run`."""
        return function(*args, **kwargs)


SAME_PROCESS: Runner = SameProcess()
