"""Address check where the connection is made: what was checked is what is dialled.

Checking earlier leaves gaps: a second look-up may answer differently, and redirects, retries and
pooled connections pass by a check of the first address.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import cast

import httpcore2

from torale.server.outbound.addresses import Network, is_public, is_within
from torale.server.outbound.errors import OutboundError

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

SocketOption = (
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
)

_CONNECT_SECONDS = 5.0


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for every address of `host`.

    Raises:
        socket.gaierror: There is none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses and to the `allowed` networks, and to nothing else."""

    def __init__(
        self,
        allowed: Sequence[Network],
        resolve: Resolve,
        dial: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve
        # The library declares a stand-in for an install without anyio, which confuses checkers.
        self._dial = dial or cast(httpcore2.AsyncNetworkBackend, httpcore2.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the base class's signature)
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._checked(host, port)
        seconds = _CONNECT_SECONDS if timeout is None else min(timeout, _CONNECT_SECONDS)
        failure: httpcore2.ConnectError | httpcore2.ConnectTimeout | None = None
        for address in addresses:
            try:
                return await self._dial.connect_tcp(
                    address, port, seconds, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = failure or error
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002, ASYNC109
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.AsyncNetworkStream:
        raise OutboundError("blocked_address", "Sockets in the file system are not reachable.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int) -> Sequence[str]:
        """Resolve once and return what may be dialled.

        One address out of bounds refuses the whole name, unless the operator opened another of
        them: `localhost` is usable where only 127.0.0.0/8 is allowed.
        """
        addresses = await look_up(self._resolve, host, port)
        opened = [address for address in addresses if is_within(ip_address(address), self._allowed)]
        refused = [address for address in addresses if not is_public(ip_address(address))]
        if refused and not opened:
            raise OutboundError(
                "blocked_address",
                f"{host} leads to {refused[0]}, which is not a public address. An operator can"
                " allow it with TORALE_ALLOW_PRIVATE_NETWORKS.",
            )
        return opened or addresses


async def look_up(resolve: Resolve, host: str, port: int) -> Sequence[str]:
    """Resolve `host`.

    Raises:
        OutboundError: `dns`; retryable only when the name server itself failed.
    """
    try:
        return await resolve(host, port)
    except socket.gaierror as error:
        again = error.errno == socket.EAI_AGAIN
        raise OutboundError("dns", f"The name {host} has no address.", retryable=again) from None
    except (UnicodeError, OSError):  # a label that IDNA cannot hold
        raise OutboundError("dns", f"The name {host} cannot be resolved.") from None
