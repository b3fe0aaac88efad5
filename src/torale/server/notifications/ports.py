"""Ports of this room: the network as senders see it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol


class HttpAnswer(Protocol):
    @property
    def status(self) -> int: ...

    def retry_after(self, now: datetime) -> timedelta | None: ...


class Poster(Protocol):
    """Posts to addresses that users give, and only to those that may be reached."""

    async def post(
        self,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: timedelta | None = None,  # noqa: ASYNC109  (the limit is the poster's to keep)
    ) -> HttpAnswer:
        """Post once; a redirect is an answer, not followed.

        Raises:
            OutboundError: No answer came.
        """
        ...
