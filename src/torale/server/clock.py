"""The time, as something a test can set."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from torale.server.parts import Part

Clock = Callable[[], datetime]
CLOCK = Part[Clock]("clock")


def utc_now() -> datetime:
    return datetime.now(UTC)


async def _request_now(request: Request) -> datetime:  # async: others are given a thread
    return CLOCK.of(request)()


Now = Annotated[datetime, Depends(_request_now)]
