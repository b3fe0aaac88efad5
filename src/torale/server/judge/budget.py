"""Budget of a judge: a port, implemented by whoever keeps the accounts."""

from decimal import Decimal
from typing import Protocol


class Reservation(Protocol):
    """Room for one call, held until the call has ended, however it ended."""

    async def settle(self, *, tokens: int, cost: Decimal | None) -> None:
        """Replace what was reserved with what was spent. Called exactly once.

        Args:
            tokens: In and out together; 0 when the call never reached the model.
            cost: US dollars; None when the model's price is not known.
        """
        ...


class Budget(Protocol):
    """Asked before every single call to a model, repairs and retries included."""

    async def reserve(self, *, tokens: int, cost: Decimal | None) -> Reservation:
        """Set aside the most that the next call can take.

        Args:
            tokens: An upper bound, in and out together.
            cost: An upper bound in US dollars; None when the model's price is not known.

        Raises:
            JudgeError: `budget_exceeded`: the call must not be made; the message says which
                budget is used up and when there is room again.
        """
        ...


class _Free(Reservation):
    async def settle(self, *, tokens: int, cost: Decimal | None) -> None:
        pass


class Unlimited(Budget):
    """For evaluations, tests, and whoever pays without counting."""

    async def reserve(self, *, tokens: int, cost: Decimal | None) -> Reservation:  # noqa: ARG002
        return _Free()


UNLIMITED: Budget = Unlimited()
