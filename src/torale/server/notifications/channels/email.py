"""E-mail: one letter to one address."""

from typing import Self

from torale.server.notifications.channels.base import ChannelKind, KindParts, Message
from torale.server.notifications.channels.fields import ChannelField
from torale.server.notifications.mails.letters import event_letter
from torale.server.notifications.mails.mailer import Mailer, normal_address
from torale.server.notifications.rules import Outcome


class EmailKind(ChannelKind):
    label = "E-mail"
    choice = "E-mail"
    fields = (ChannelField("address", "Address", "you@example.com"),)
    task_field = "address"
    needs_proof = True
    can_unsubscribe = True

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    @classmethod
    def build(cls, parts: KindParts) -> Self:
        return cls(parts.mailer)

    def normalise(self, target: str) -> str:
        return normal_address(target)

    def show(self, target: str) -> str:
        return target

    async def send(self, message: Message) -> Outcome:
        return await self._mailer.mail(
            event_letter(message.event, message.data),
            message.target,
            mail_id=message.id,
            now=message.now,
            unsubscribe_url=message.unsubscribe_url,
        )


KIND = EmailKind
