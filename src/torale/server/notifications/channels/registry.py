"""Which sender tells which kind of channel."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from torale.contract.channels import ChannelType
from torale.server.notifications.channels.apprise import AppriseSender
from torale.server.notifications.channels.base import Message, Sender
from torale.server.notifications.channels.email import EmailSender, Mailer
from torale.server.notifications.channels.webhook import WebhookSender
from torale.server.notifications.ports import Poster
from torale.server.notifications.rules import Outcome
from torale.server.settings.base import Settings

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Senders:
    by_type: Mapping[ChannelType, Sender]
    mailer: Mailer

    def of(self, kind: ChannelType) -> Sender:
        return self.by_type[kind]

    async def send(self, kind: ChannelType, message: Message) -> Outcome:
        """Make one attempt. A bug in a sender is an outcome too: the delivery must not hang."""
        try:
            return await self.by_type[kind].send(message)
        except Exception as error:
            log.exception("sender failed", channel_type=kind.value, delivery_id=str(message.id))
            return Outcome(ok=False, error=f"Internal error: {type(error).__name__}")


def make_senders(settings: Settings, outbound: Poster) -> Senders:
    """Build a sender of every kind.

    Raises:
        SettingsError: SMTP_URL is wrong.
    """
    mailer = Mailer(settings)
    senders: dict[ChannelType, Sender] = {
        ChannelType.EMAIL: EmailSender(mailer),
        ChannelType.WEBHOOK: WebhookSender(outbound, settings.allow_private_networks),
        ChannelType.APPRISE: AppriseSender(),
    }
    return Senders(senders, mailer)
