"""Registry of channel kinds: each is found in the file that is named like its `ChannelType`."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

import structlog

from torale.contract.channels import ChannelType
from torale.server.notifications.channels.base import ChannelKind, KindParts, Message
from torale.server.notifications.mails.mailer import Mailer
from torale.server.notifications.ports import Poster
from torale.server.notifications.rules import Outcome
from torale.server.parts import Part
from torale.server.settings.base import Settings

log = structlog.stdlib.get_logger()


def _kind_of(channel_type: ChannelType) -> type[ChannelKind]:
    module = import_module(f"torale.server.notifications.channels.{channel_type.value}")
    kind: type[ChannelKind] = module.KIND
    return kind


KINDS: Mapping[ChannelType, type[ChannelKind]] = {name: _kind_of(name) for name in ChannelType}


@dataclass(frozen=True, slots=True)
class Senders:
    by_type: Mapping[ChannelType, ChannelKind]
    mailer: Mailer

    def of(self, channel_type: ChannelType) -> ChannelKind:
        return self.by_type[channel_type]

    async def send(self, channel_type: ChannelType, message: Message) -> Outcome:
        """Make one attempt. A bug in a kind is an outcome too: the delivery must not hang."""
        try:
            return await self.by_type[channel_type].send(message)
        except Exception as error:
            log.exception(
                "sender failed", channel_type=channel_type.value, delivery_id=str(message.id)
            )
            return Outcome(ok=False, error=f"Internal error: {type(error).__name__}")


SENDERS = Part[Senders]("senders")


def make_senders(settings: Settings, outbound: Poster) -> Senders:
    """Build every kind.

    Raises:
        SettingsError: SMTP_URL or TORALE_MAIL_FROM is wrong.
    """
    mailer = Mailer(settings)
    parts = KindParts(settings, outbound, mailer)
    return Senders({name: kind.build(parts) for name, kind in KINDS.items()}, mailer)
