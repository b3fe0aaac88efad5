"""Unsubscribe links: signed, each for one task and one channel. Pure."""

from uuid import UUID

from torale.server.crypto import Vault

_PURPOSE = "unsubscribe"


def unsubscribe_url(vault: Vault, public_url: str, task_id: UUID, channel_id: UUID) -> str:
    named = f"{task_id.hex}.{channel_id.hex}"
    return f"{public_url}/api/v1/unsubscribe/{named}.{vault.sign(_PURPOSE, named)}"


def read_token(vault: Vault, token: str) -> tuple[UUID, UUID] | None:
    """Return the task and the channel that `token` names, None if we did not sign it."""
    named, _, signature = token.rpartition(".")
    if not token.isascii() or not vault.signed_by_us(_PURPOSE, named, signature):
        return None
    task_id, _, channel_id = named.partition(".")
    return UUID(task_id), UUID(channel_id)
