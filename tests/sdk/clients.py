"""Both clients for one test body, and servers for them to talk to."""

from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio.from_thread
import anyio.to_thread
import httpx2
from fastapi import FastAPI

from torale import AsyncToraleClient, ToraleClient
from torale.sdk.transport.calls import Resource

KEY = "sk_" + "k" * 32
URL = "http://127.0.0.1:8000"


class Pausing:
    """What was waited, without waiting: the clock goes on by as much."""

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.now = 1_000.0

    def pause(self, seconds: float) -> float:
        self.pauses.append(seconds)
        self.now += seconds
        return self.now


class PatientClient(ToraleClient):
    """A client that does not sleep."""

    pausing: Pausing

    def _pause(self, seconds: float) -> float:
        return self.pausing.pause(seconds)


class PatientAsyncClient(AsyncToraleClient):
    """A client that does not sleep."""

    pausing: Pausing

    async def _pause(self, seconds: float) -> float:
        return self.pausing.pause(seconds)


class Bridge(httpx2.BaseTransport):
    """Lets a sync client in a worker thread talk to an application on the test's loop."""

    def __init__(self, app: FastAPI) -> None:
        self._inner = httpx2.ASGITransport(app=app, raise_app_exceptions=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return anyio.from_thread.run(self._ask, request)

    async def _ask(self, request: httpx2.Request) -> httpx2.Response:
        again = httpx2.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        response = await self._inner.handle_async_request(again)
        body = await response.aread()
        return httpx2.Response(response.status_code, headers=response.headers, content=body)


class Pending:
    """A call of a sync client that is made, in a thread, when it is awaited."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, Any, Any]:
        return anyio.to_thread.run_sync(self._call).__await__()

    async def __aiter__(self) -> AsyncIterator[Any]:
        for item in await anyio.to_thread.run_sync(lambda: list(self._call())):
            yield item


class Awaited:
    """Makes the methods of a resource of a sync client awaitable."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._wrapped, name)
        if isinstance(found, Resource):
            return Awaited(found)
        if not callable(found):
            return found

        def call(*args: Any, **kwargs: Any) -> Pending:
            return Pending(lambda: found(*args, **kwargs))

        return call


def open_client(
    kind: str, transport: Any, *, api_key: str = KEY, api_url: str = URL, **options: Any
) -> Any:
    """Open a client whose every method is to be awaited.

    Args:
        kind: `sync` or `async`.
        transport: A MockTransport, or an application.
    """
    pausing = options.pop("pausing", Pausing())
    if kind == "sync":
        carrier = Bridge(transport) if isinstance(transport, FastAPI) else transport
        client = PatientClient(
            api_key, api_url=api_url, http_client=httpx2.Client(transport=carrier), **options
        )
        client.pausing = pausing
        return Awaited(client)
    if isinstance(transport, FastAPI):
        transport = httpx2.ASGITransport(app=transport, raise_app_exceptions=False)
    waiting = PatientAsyncClient(
        api_key, api_url=api_url, http_client=httpx2.AsyncClient(transport=transport), **options
    )
    waiting.pausing = pausing
    return waiting


async def everything(page: Any) -> list[Any]:
    """Return what a page of either client leads to."""
    if hasattr(page, "__aiter__"):
        return [item async for item in page]
    items: list[Any] = await anyio.to_thread.run_sync(list, page)
    return items


@dataclass
class Script:
    """A server that answers in turn what it was told; the last answer repeats.

    An answer is a response, an exception that the connection ends with, or a function.
    """

    answers: list[Any]
    seen: list[httpx2.Request] = field(default_factory=list[httpx2.Request])

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            answer = answer(request)
        assert isinstance(answer, httpx2.Response)
        # Each attempt gets an answer of its own: one is read only once.
        return httpx2.Response(
            answer.status_code, headers=answer.headers, content=answer.content, request=request
        )

    @property
    def transport(self) -> httpx2.MockTransport:
        return httpx2.MockTransport(self)

    @property
    def paths(self) -> Sequence[str]:
        return [f"{one.method} {one.url.path}" for one in self.seen]


def answer(
    status: int, json: object = None, headers: Mapping[str, str] | None = None
) -> httpx2.Response:
    return httpx2.Response(status, json=json, headers=headers)
