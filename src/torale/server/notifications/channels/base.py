"""What every kind of channel can do. A new kind is one file here and one line in the registry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from torale.contract.channels import EventType
from torale.server.notifications.rules import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One attempt to tell one channel.

    Attributes:
        id: Of the delivery: the same for every attempt, so that a receiver can tell repeats.
        happened_at: When the event was; the same for every attempt.
        now: When this attempt is made.
        secrets: That sign it, the newest first; only webhooks have any.
        unsubscribe_url: Ends messages of this task to this channel.
    """

    id: UUID
    target: str = field(repr=False)
    event: EventType
    data: Mapping[str, Any]
    happened_at: datetime
    now: datetime
    secrets: tuple[str, ...] = field(default=(), repr=False)
    unsubscribe_url: str | None = None


class Sender(Protocol):
    """Tells channels of one kind."""

    def normalise(self, target: str) -> str:
        """Return the one way to write `target`, so that equal targets are found.

        Raises:
            ValueError: No such channel can be made; the message is a sentence for the user.
        """
        ...

    def show(self, target: str) -> str:
        """Return `target` as answers show it, without what would let its reader use it."""
        ...

    async def send(self, message: Message) -> Outcome:
        """Make one attempt. Whatever goes wrong outside is an outcome, not an exception."""
        ...
