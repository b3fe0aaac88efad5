"""Channel kinds: what each is called, is made with and can do, and how it sends.

A new kind is one file in this folder, named like its `ChannelType`, that ends in `KIND = …`.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, NamedTuple, Self
from uuid import UUID

from torale.contract.channels import EventType
from torale.server.notifications.channels.fields import ChannelField
from torale.server.notifications.mails.mailer import Mailer
from torale.server.notifications.messages.content import EventData
from torale.server.notifications.ports import Poster
from torale.server.notifications.rules import Outcome
from torale.server.settings.base import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One attempt to tell one channel.

    Attributes:
        id: Of the delivery: the same for every attempt, so that a receiver can tell repeats.
        happened_at: When the event was; the same for every attempt.
        now: When this attempt is made.
        secrets: That sign it, the newest first; empty if the kind signs nothing.
        unsubscribe_url: Ends messages of this task to this channel.
    """

    id: UUID
    target: str = field(repr=False)
    event: EventType
    data: EventData
    happened_at: datetime
    now: datetime
    secrets: tuple[str, ...] = field(default=(), repr=False)
    unsubscribe_url: str | None = None


class KindParts(NamedTuple):
    """Parts of the service that a kind may need to send."""

    settings: Settings
    outbound: Poster
    mailer: Mailer


class ChannelKind(ABC):
    """One kind of channel.

    Attributes:
        label: Its name for people.
        choice: Its name where people choose a kind.
        fields: What a channel is made with; see `channels/fields.py` for several.
        task_field: Where a task may name a target without making a channel first, the field
            for it beside `type`; it must be in the contract's `Target` and `TargetOut`.
        needs_proof: The target is an e-mail address that must be proven to be the user's, by a
            code that is mailed to it.
        can_unsubscribe: Messages carry a link that ends those of their task.
    """

    label: ClassVar[str]
    choice: ClassVar[str]
    fields: ClassVar[tuple[ChannelField, ...]]
    task_field: ClassVar[str | None] = None
    needs_proof: ClassVar[bool] = False
    can_unsubscribe: ClassVar[bool] = False

    @classmethod
    def build(cls, parts: KindParts) -> Self:  # noqa: ARG003  (kinds that send over the network do)
        """Make the kind from parts of the service; most need some."""
        return cls()

    def new_secret(self) -> str | None:
        """Return a secret that signs the messages of a new channel, if this kind signs them."""
        return None

    @abstractmethod
    def normalise(self, target: str) -> str:
        """Return the one way to write `target`, so that equal targets are found.

        Raises:
            ValueError: No such channel can be made; the message is a sentence for the user.
        """

    @abstractmethod
    def show(self, target: str) -> str:
        """Return `target` as answers show it, without what would let its reader use it."""

    @abstractmethod
    async def send(self, message: Message) -> Outcome:
        """Make one attempt. Whatever goes wrong outside is an outcome, not an exception."""
