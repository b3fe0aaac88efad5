"""Webhooks, signed by the Standard Webhooks specification."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from standardwebhooks import Webhook

from torale.server.notifications.channels.base import ChannelKind, KindParts, Message
from torale.server.notifications.channels.fields import ChannelField
from torale.server.notifications.messages.content import webhook_body
from torale.server.notifications.ports import Poster
from torale.server.notifications.rules import Outcome, http_outcome
from torale.server.outbound import OutboundError, check_url
from torale.server.settings.base import Network

TIMEOUT = timedelta(seconds=15)
_SECRET_BYTES = 32


def signatures(keys: Sequence[str], message_id: str, now: datetime, body: bytes) -> str:
    """Return the value of `webhook-signature`: one `v1,…` for each secret."""
    return " ".join(Webhook(key).sign(message_id, now, body.decode()) for key in keys)


class WebhookKind(ChannelKind):
    label = "Webhook"
    choice = "Webhook (signed POST)"
    fields = (ChannelField("url", "Address", "https://hooks.example/torale"),)
    task_field = "url"

    def __init__(self, outbound: Poster, allowed: Sequence[Network] = ()) -> None:
        self._outbound = outbound
        self._allowed = tuple(allowed)

    @classmethod
    def build(cls, parts: KindParts) -> Self:
        return cls(parts.outbound, parts.settings.allow_private_networks)

    def new_secret(self) -> str:
        return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()

    def normalise(self, target: str) -> str:
        return check_url(target, self._allowed)

    def show(self, target: str) -> str:
        return target

    async def send(self, message: Message) -> Outcome:
        body = webhook_body(message.event, message.data, message.happened_at)
        headers = {
            "content-type": "application/json",
            "webhook-id": str(message.id),
            "webhook-timestamp": str(int(message.now.timestamp())),
            "webhook-signature": signatures(message.secrets, str(message.id), message.now, body),
        }
        try:
            answer = await self._outbound.post(
                message.target, content=body, headers=headers, timeout=TIMEOUT
            )
        except OutboundError as error:
            return Outcome(ok=False, error=error.detail)
        return http_outcome(answer.status, answer.retry_after(message.now))


KIND = WebhookKind
