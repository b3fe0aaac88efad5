from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from tests.support.web import Web
from torale.server.evidence.fetching.politeness import Timing
from torale.server.evidence.readers.base import AnswerContent
from torale.server.outbound import Outbound

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOOPBACK = (ip_network("127.0.0.0/8"),)


def page(html: str, url: str = "https://site.test/page", *, named: bool = True) -> AnswerContent:
    return AnswerContent(url, "text/html", html.encode(errors="replace"), html, named)


class Hours:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.slept: list[float] = []
        self.timing = Timing(
            clock=lambda: NOW + timedelta(seconds=self.passed),
            monotonic=lambda: self.passed,
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed += seconds


class Reach(Outbound):
    """Reaches the local web by its address and by every name under `.test`."""

    def __init__(self, *, timeout: float = 5, public: bool = False) -> None:
        super().__init__(
            LOOPBACK, timeout=timedelta(seconds=timeout), max_bytes=200_000, resolve=self._find
        )
        self.public = public

    async def is_exempt(self, host: str) -> bool:
        return not self.public and await super().is_exempt(host)

    async def _find(self, host: str, port: int) -> Sequence[str]:
        if host == "intranet.test":
            return ["10.0.0.1"]
        return ["127.0.0.1"] if host.endswith(".test") else [host]


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


@pytest.fixture
def hours() -> Hours:
    return Hours()


@pytest.fixture
async def reach() -> AsyncIterator[Reach]:
    reach = Reach()
    yield reach
    await reach.aclose()
