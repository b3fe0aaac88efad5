"""Load generator: as many requests as a server answers, over connections that stay open."""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

CONNECTIONS = 16


def _requests(host: str, keys: Sequence[str]) -> Iterator[bytes]:
    lines = "GET /auth/me HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n"
    return itertools.cycle([lines.format(host, key).encode() for key in keys])


async def _converse(
    url: str, requests: Iterator[bytes], statuses: Counter[bytes], until: float
) -> None:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    while time.perf_counter() < until:
        writer.write(next(requests))
        head = await reader.readuntil(b"\r\n\r\n")
        _, _, rest = head.lower().partition(b"content-length: ")
        await reader.readexactly(int(rest.partition(b"\r\n")[0]))
        statuses[head[9:12]] += 1
    writer.close()


async def _load(url: str, requests: Iterator[bytes], seconds: float) -> float:
    statuses: Counter[bytes] = Counter()
    started = time.perf_counter()
    until = started + seconds
    await asyncio.gather(*(_converse(url, requests, statuses, until) for _ in range(CONNECTIONS)))
    took = time.perf_counter() - started
    if set(statuses) != {b"200"}:
        raise SystemExit(f"not every request was answered with 200: {dict(statuses)}")
    return statuses[b"200"] / took


class Load:
    """Asks one server, each key in its turn, so that no key goes over its limits."""

    def __init__(self, url: str, keys: Sequence[str]) -> None:
        self._url = url
        self._requests = _requests(urlsplit(url).netloc, keys)

    def run(self, seconds: float) -> float:
        """Return how many requests a second were answered, all of them with 200."""
        return asyncio.run(_load(self._url, self._requests, seconds))
