"""The time, as something a test can set."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


async def _request_now(request: Request) -> datetime:  # async: others are given a thread
    clock: Clock = request.app.state.clock
    return clock()


Now = Annotated[datetime, Depends(_request_now)]
