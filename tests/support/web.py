"""A web site in this process that answers as it is told, however badly."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Self


@dataclass(frozen=True)
class Answer:
    """One answer to one request.

    Attributes:
        raw: Sent instead of everything else, byte for byte.
        then: `close` ends well, `stall` never ends, `drip` sends a byte again and again.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    raw: bytes | None = None
    then: str = "close"

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            **self.headers,
            "Connection": "close",
        }
        if self.then == "close":
            headers = {"Content-Length": str(len(self.body)), **headers}
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Odd"
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Seen:
    """A request as it arrived. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Web:
    """Pages on 127.0.0.1, each with the answers it was told; the last one repeats."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.together = 0
        self.most_together = 0
        self._pages: dict[str, list[Answer]] = {}
        self._held: dict[str, asyncio.Event] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def page(
        self,
        path: str,
        body: str | bytes = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        then: str = "close",
    ) -> str:
        """Answer `path` like this from now on, and return its address."""
        data = body.encode() if isinstance(body, str) else body
        return self.answers(path, [Answer(data, status, headers or {}, then=then)])

    def answers(self, path: str, answers: Sequence[Answer]) -> str:
        """Answer `path` with each of these in turn; the last one repeats."""
        self._pages[path] = list(answers)
        return self.url + path

    def redirect(self, path: str, to: str, *, status: int = 302) -> str:
        return self.page(path, status=status, headers={"Location": to})

    def hold(self, path: str) -> asyncio.Event:
        """Answer `path` only once the event is set."""
        return self._held.setdefault(path, asyncio.Event())

    def requests(self, path: str) -> list[Seen]:
        return [one for one in self.seen if one.path == path]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the site is stopping
        finally:
            self.together -= 1
            self._open.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen = await _read_request(reader)
        self.seen.append(seen)
        path = seen.path.partition("?")[0]
        if path in self._held:
            await self._held[path].wait()
        answer = self._next(seen.path if seen.path in self._pages else path)
        writer.write(answer.encode())
        await writer.drain()
        while answer.then == "drip":
            await asyncio.sleep(0.02)
            writer.write(b".")
            await writer.drain()
        if answer.then == "stall":
            await asyncio.Event().wait()

    def _next(self, path: str) -> Answer:
        answers = self._pages.get(path)
        if answers is None:
            return Answer(b"<title>Not Found</title>Not Found", 404)
        return answers.pop(0) if len(answers) > 1 else answers[0]


async def _read_request(reader: asyncio.StreamReader) -> Seen:
    start = await reader.readexactly(1)
    if start == b"\x16":  # the greeting of TLS, which this site does not speak
        return Seen("TLS", "/", {}, b"")
    head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, body)
