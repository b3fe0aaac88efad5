"""Errors of channels."""

from torale.server.errors import ConflictError, NotFoundError

CHANNEL_MISSING = "Channel not found"


class ChannelNotFoundError(NotFoundError):
    """Also for a channel of somebody else: the two look the same."""

    def __init__(self) -> None:
        super().__init__(CHANNEL_MISSING)


class ChannelExistsError(ConflictError):
    def __init__(self, name: str) -> None:
        super().__init__(f"You have a channel with this target already: {name}")


class TooManyChannelsError(ConflictError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} channels a user; delete one first")
