"""Attempts: the message that a delivery sends now, or why it must not go out any more."""

from datetime import datetime
from uuid import uuid4

from torale.contract.channels import ChannelState, EventType
from torale.server.crypto import Vault
from torale.server.notifications.channels.base import ChannelKind, Message
from torale.server.notifications.messages.content import trial_data
from torale.server.notifications.models import Channel, Delivery
from torale.server.notifications.outbox.unsubscribe_links import unsubscribe_url
from torale.server.tasks.models import Task


def refusal(task: Task, channel: Channel, *, is_wanted: bool) -> str | None:
    """Return why a message must not go out any more, None if it may."""
    if task.deleted_at is not None:
        return "The task was deleted."
    if channel.deleted_at is not None:
        return "The channel was deleted."
    if not is_wanted:
        return "The task does not tell this channel any more."
    return None if channel.state is ChannelState.ACTIVE else f"The channel is {channel.state}."


def make_message(
    delivery: Delivery,
    channel: Channel,
    kind: ChannelKind,
    vault: Vault,
    *,
    public_url: str,
    now: datetime,
) -> Message:
    """Build an attempt to send `delivery`.

    Raises:
        UnsealError: The channel was sealed with another secret key.
    """
    stop_url = None
    if kind.can_unsubscribe:
        stop_url = unsubscribe_url(vault, public_url, delivery.task_id, channel.id)
    return Message(
        id=delivery.id,
        target=vault.unseal(channel.target_sealed),
        event=delivery.event,
        data=delivery.data,
        happened_at=delivery.created_at,
        now=now,
        secrets=signing_secrets(channel, vault, now=now),
        unsubscribe_url=stop_url,
    )


def make_trial(channel: Channel, vault: Vault, public_url: str, *, now: datetime) -> Message:
    """Build a test message, which is no delivery.

    Raises:
        UnsealError: The channel was sealed with another secret key.
    """
    return Message(
        id=uuid4(),
        target=vault.unseal(channel.target_sealed),
        event=EventType.TEST,
        data=trial_data(public_url, channel.id),
        happened_at=now,
        now=now,
        secrets=signing_secrets(channel, vault, now=now),
    )


def signing_secrets(channel: Channel, vault: Vault, *, now: datetime) -> tuple[str, ...]:
    """Return the secrets that sign now, the newest first: two for a day after a rotation."""
    sealed = [channel.secret_sealed]
    if channel.old_secret_until is not None and now < channel.old_secret_until:
        sealed.append(channel.old_secret_sealed)
    return tuple(vault.unseal(secret) for secret in sealed if secret is not None)
