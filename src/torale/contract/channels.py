"""The wire shape of channels and deliveries."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from torale.contract.base import Change, Input, Moment, Output, Text


# The kinds of channels.
class ChannelType(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


# Whether a channel is used, not proven yet, or switched off.
class ChannelState(StrEnum):
    ACTIVE = "active"
    UNVERIFIED = "unverified"
    DISABLED = "disabled"


# The states of a message to one channel.
class DeliveryStatus(StrEnum):
    PENDING = "pending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"


class EventType(StrEnum):
    """Why a message is sent."""

    CONDITION_MET = "task.condition_met"
    STATE_CHANGED = "task.state_changed"
    FAILING = "task.failing"
    RECOVERED = "task.recovered"
    TEST = "channel.test"


ChannelName = Annotated[Text, Field(min_length=1, max_length=100)]
ChannelAddress = Annotated[
    Text, Field(min_length=3, max_length=2000, description="Address, URL or apprise URL.")
]


# A request for a new channel.
class ChannelCreate(Input):
    type: ChannelType
    target: ChannelAddress
    name: ChannelName | None = None


class ChannelUpdate(Change):
    """Any subset. Setting `state` to `active` enables a disabled channel again."""

    name: ChannelName | None = None
    target: ChannelAddress | None = None
    state: ChannelState | None = None


# The code from the mail that verifies an address.
class VerifyIn(Input):
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


# A channel, with the secret of a webhook.
class ChannelOut(Output):
    id: UUID
    type: ChannelType
    name: str
    target: str
    secret: Annotated[str | None, Field(repr=False, description="Webhooks only: `whsec_…`.")]
    state: ChannelState
    last_delivery_at: Moment | None
    last_error: str | None
    created_at: Moment


# A page of channels.
class ChannelPage(Output):
    channels: Sequence[ChannelOut]
    total: int
    page: int
    limit: int


# The outcome of a test message.
class TestOut(Output):
    delivered: bool
    status_code: int | None
    error: str | None


class SendOut(Output):
    """One message to one channel, with what became of it."""

    id: UUID
    task_id: UUID
    task_name: str
    execution_id: UUID | None
    notification_type: str
    event: EventType
    recipient: str
    status: DeliveryStatus
    attempts: int
    error: str | None
    created_at: Moment
    delivered_at: Moment | None


# A page of messages.
class SendPage(Output):
    sends: Sequence[SendOut]
    total: int
