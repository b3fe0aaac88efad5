"""Address of a client, as far as it can be believed."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from torale.server.settings.base import Network

Address = IPv4Address | IPv6Address

_MAX_HOPS = 50
_LONGEST_HOP = 80
_HOME_PREFIX = 64  # what one connection to the internet has for itself at the least


def client_address(scope: Scope, trusted: Sequence[Network]) -> Address | None:
    """Return the address of whoever sent a request; None when there is no telling.

    Args:
        scope: Of the request, as ASGI gives it.
        trusted: The proxies that are believed (`TORALE_TRUSTED_PROXIES`). Each puts the address
            that it was called from at the end of `X-Forwarded-For`, so that the last one that
            is no proxy of ours is the client; what stands before it the client made up.
    """
    client = scope.get("client")
    address = _read(client[0]) if client else None
    if address is None or not _is_in(address, trusted):
        return address
    for hop in _hops(scope):
        found = _read(hop)
        if found is None:  # no address: beyond it nothing can be believed
            break
        address = found
        if not _is_in(address, trusted):
            break
    return address


@lru_cache(maxsize=4096)
def block_of(address: Address | None) -> str:
    """Return whom to count an address as: IPv6 by its /64, which one client has as a whole."""
    if address is None:
        return "unknown"
    if isinstance(address, IPv4Address):
        return str(address)
    return str(IPv6Network((int(address) >> _HOME_PREFIX << _HOME_PREFIX, _HOME_PREFIX)))


def _hops(scope: Scope) -> Iterable[str]:
    """Yield what proxies wrote, the nearest first. Several headers are one list."""
    given = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    last = b",".join(given).decode("latin-1").rsplit(",", _MAX_HOPS)[-_MAX_HOPS:]
    return reversed(last)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def _read(text: str) -> Address | None:
    """Read `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`."""
    return _parse(text) if len(text) <= _LONGEST_HOP else None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Address | None:
    host = text.strip(" \t")
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
