"""Calls about channels."""

from typing import Literal

from torale.contract.channels import ChannelOut, ChannelPage, ChannelState, ChannelType, TestOut
from torale.sdk.tasks import Id
from torale.sdk.transport.calls import (
    NOT_GIVEN,
    Call,
    NotGiven,
    PageCall,
    Resource,
    S,
    given,
    listing,
    nothing,
    operation,
    paged,
    path,
    present,
    sliced,
)

NewState = ChannelState | Literal["active", "disabled"]

_CHANNELS = "/api/v1/channels"
_CHANNEL = "/api/v1/channels/{}"

_read_channels = sliced(ChannelPage.model_validate_json, lambda found: found.channels)


class Channels(Resource[S]):
    """Where to tell: `client.channels`."""

    @operation
    @staticmethod
    def create(
        *,
        type: ChannelType | str,  # noqa: A002  (the wire's word)
        target: str,
        name: str | None = None,
        idempotency_key: str | None = None,
    ) -> Call[ChannelOut]:
        """Add an address to tell. An e-mail address that is not yours yet is sent a code.

        Args:
            type: The kind, such as `ChannelType.WEBHOOK` or `"webhook"`.
            target: An e-mail address, the URL of a webhook, or an apprise URL. For a kind with
                several fields a JSON object of them.
            name: Made from the target, if absent.
            idempotency_key: The same key gives the same channel for 24 hours.
        """
        return Call(
            method="POST",
            path=_CHANNELS,
            body=present({"type": type, "target": target, "name": name}),
            read=ChannelOut.model_validate_json,
            idempotency_key=idempotency_key,
        )

    @listing
    @staticmethod
    def list(*, page: int = 1, limit: int = 20) -> PageCall[ChannelOut]:
        """List channels, newest first."""
        return paged(_CHANNELS, _read_channels, page=page, limit=limit)

    @operation
    @staticmethod
    def get(channel_id: Id) -> Call[ChannelOut]:
        """Return a channel.

        Raises:
            NotFoundError: You have no such channel.
        """
        return Call(
            method="GET", path=path(_CHANNEL, channel_id), read=ChannelOut.model_validate_json
        )

    @operation
    @staticmethod
    def update(
        channel_id: Id,
        *,
        name: str | NotGiven = NOT_GIVEN,
        target: str | NotGiven = NOT_GIVEN,
        state: NewState | NotGiven = NOT_GIVEN,
    ) -> Call[ChannelOut]:
        """Change some fields of a channel; `state="active"` enables a disabled one again.

        Raises:
            NotFoundError: You have no such channel.
            ConflictError: A channel in its state cannot take the new one.
        """
        return Call(
            method="PUT",
            path=path(_CHANNEL, channel_id),
            body=given({"name": name, "target": target, "state": state}),
            read=ChannelOut.model_validate_json,
        )

    @operation
    @staticmethod
    def delete(channel_id: Id) -> Call[None]:
        """Delete a channel; tasks no longer tell it.

        Raises:
            NotFoundError: You have no such channel.
        """
        return Call(method="DELETE", path=path(_CHANNEL, channel_id), read=nothing)

    @operation
    @staticmethod
    def verify(channel_id: Id, code: str) -> Call[ChannelOut]:
        """Prove with the code from the mail that an address is yours.

        Raises:
            ValidationError: This is not the code.
            ConflictError: No code is valid any more.
        """
        return Call(
            method="POST",
            path=path(_CHANNEL, channel_id) + "/verify",
            body={"code": code},
            read=ChannelOut.model_validate_json,
        )

    @operation
    @staticmethod
    def test(channel_id: Id) -> Call[TestOut]:
        """Send one test message now, and return what became of it.

        Raises:
            ConflictError: The address is not verified yet.
        """
        return Call(
            method="POST",
            path=path(_CHANNEL, channel_id) + "/test",
            read=TestOut.model_validate_json,
        )

    @operation
    @staticmethod
    def rotate_secret(channel_id: Id) -> Call[ChannelOut]:
        """Give a webhook a new secret. For 24 hours messages are signed with both.

        Raises:
            ConflictError: The channel is no webhook.
        """
        return Call(
            method="POST",
            path=path(_CHANNEL, channel_id) + "/rotate-secret",
            read=ChannelOut.model_validate_json,
        )
