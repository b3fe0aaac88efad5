"""The two clients: one construction; they differ only in how they wait."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Generator
from importlib.metadata import version
from typing import Any, Generic, Self, TypeVar, cast

import httpx2

from torale.sdk.admin import Admin
from torale.sdk.auth import ApiKeys, Auth
from torale.sdk.channels import Channels
from torale.sdk.notifications import Notifications
from torale.sdk.settings import Access, Secret, is_loopback, resolve
from torale.sdk.tasks import Tasks
from torale.sdk.templates import Templates
from torale.sdk.transport.answers import RateLimit, rate_limit_of
from torale.sdk.transport.calls import AsyncSender, Call, Flow, Pause, S, SyncSender, T
from torale.sdk.transport.exchange import Wire, exchange

_Step = Call[Any] | Pause | httpx2.Request
H = TypeVar("H", httpx2.Client, httpx2.AsyncClient)


class _Client(ABC, Generic[H, S]):
    """A client, whatever way it waits: its key, its server, its connections."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        api_url: str | None = None,
        timeout: float | None = 30.0,
        max_retries: int = 2,
        http_client: H | None = None,
    ) -> None:
        """Find key and server, and open nothing yet.

        Args:
            api_key: If absent: `TORALE_API_KEY`, then what `torale auth set-api-key` stored.
            api_url: If absent: `TORALE_API_URL`, then what was stored, then
                `https://api.torale.ai`.
            timeout: Seconds to connect, and seconds between two pieces of an answer; None waits
                for ever.
            max_retries: How often a request is made again after a broken connection or a 5xx.
            http_client: To use in place of one of our own, for proxies, certificates and tests.
                Its owner closes it.

        Raises:
            AuthenticationError: There is no key.
            ConfigurationError: An address or the configuration file cannot be used.
        """
        secret = None if api_key is None else Secret(api_key)
        del api_key  # a traceback that shows variables shows no key
        access = resolve(secret, api_url)
        self._is_own = http_client is None
        self._http: H = http_client or self._open_http(trust_env=_may_use_environment(access))
        agent = f"torale-python/{version('torale')}"
        self._wire = Wire(access, self._http, timeout, max_retries, agent)
        self._rate_limit: RateLimit | None = None
        self._open_resources(cast("S", self))  # a client is its own sender

    def _open_resources(self, sender: S) -> None:
        self.auth: Auth[S] = Auth(sender)
        self.api_keys: ApiKeys[S] = ApiKeys(sender)
        self.tasks: Tasks[S] = Tasks(sender)
        self.templates: Templates[S] = Templates(sender)
        self.notifications: Notifications[S] = Notifications(sender)
        self.channels: Channels[S] = Channels(sender)
        self.admin: Admin[S] = Admin(sender)

    @abstractmethod
    def _open_http(self, *, trust_env: bool) -> H: ...

    @property
    def api_url(self) -> str:
        """The server that is asked."""
        return self._wire.access.api_url

    @property
    def rate_limit(self) -> RateLimit | None:
        """What the last answer said about the requests left; None before the first that did."""
        return self._rate_limit

    def __repr__(self) -> str:
        wire: Wire | None = getattr(self, "_wire", None)  # none yet, when __init__ fails
        return f"<{type(self).__name__} {wire.access.api_url if wire else '?'}>"

    def _noted(self, response: httpx2.Response) -> httpx2.Response:
        self._rate_limit = rate_limit_of(response) or self._rate_limit
        return response


def _may_use_environment(access: Access) -> bool:
    # A proxy of the environment would see the key of a request in plain http to this machine.
    return not (access.api_url.startswith("http:") and is_loopback(access.api_url))


class ToraleClient(_Client[httpx2.Client, SyncSender], SyncSender):
    """Torale for programs. Safe to share between threads.

    `with ToraleClient() as client:` closes its connections at the end; so does `close()`.
    """

    def _open_http(self, *, trust_env: bool) -> httpx2.Client:
        return httpx2.Client(trust_env=trust_env)

    def send(self, call: Call[T]) -> T:
        """Make a call, with the retries that are safe."""
        return self.run(exchange(call, self._wire))

    def run(self, flow: Flow[T] | Generator[httpx2.Request | Pause, Any, T]) -> T:
        """Make the calls of a procedure one after the other."""
        try:
            step: _Step = next(flow)
            while True:
                try:
                    done = self._do(step)
                except Exception as error:  # noqa: BLE001  (the procedure decides)
                    step = flow.throw(error)
                else:
                    step = flow.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    def _do(self, step: _Step) -> object:
        if isinstance(step, Call):
            return self.send(step)
        if isinstance(step, Pause):
            return self._pause(step.seconds)
        try:
            return self._noted(self._http.send(step, auth=None, follow_redirects=False))
        except httpx2.RequestError as error:
            return error

    def _pause(self, seconds: float) -> float:
        time.sleep(seconds)
        return time.monotonic()

    def close(self) -> None:
        """Close the connections. An `http_client` that was handed in is left open."""
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncToraleClient(_Client[httpx2.AsyncClient, AsyncSender], AsyncSender):
    """Torale for asynchronous programs.

    `async with AsyncToraleClient() as client:` closes its connections at the end; so does
    `aclose()`.
    """

    def _open_http(self, *, trust_env: bool) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(trust_env=trust_env)

    async def send(self, call: Call[T]) -> T:
        """Make a call, with the retries that are safe."""
        return await self.run(exchange(call, self._wire))

    async def run(self, flow: Flow[T] | Generator[httpx2.Request | Pause, Any, T]) -> T:
        """Make the calls of a procedure one after the other."""
        try:
            step: _Step = next(flow)
            while True:
                try:
                    done = await self._do(step)
                except Exception as error:  # noqa: BLE001  (the procedure decides)
                    step = flow.throw(error)
                else:
                    step = flow.send(done)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _do(self, step: _Step) -> object:
        if isinstance(step, Call):
            return await self.send(step)
        if isinstance(step, Pause):
            return await self._pause(step.seconds)
        try:
            return self._noted(await self._http.send(step, auth=None, follow_redirects=False))
        except httpx2.RequestError as error:
            return error

    async def _pause(self, seconds: float) -> float:
        await asyncio.sleep(seconds)
        return time.monotonic()

    async def aclose(self) -> None:
        """Close the connections. An `http_client` that was handed in is left open."""
        if self._is_own:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
