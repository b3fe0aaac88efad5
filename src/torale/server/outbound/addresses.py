"""Addresses that may be reached. Pure: no name is resolved here."""

import re
import socket
from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx2

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

EVERYWHERE: tuple[Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))

MAX_URL_LENGTH = 8_000

_LOOPBACK = (IPv4Address("127.0.0.1"), IPv6Address("::1"))

# `is_global` alone lets all of these through.
_REFUSED: tuple[Network, ...] = (
    ip_network("168.63.129.16/32"),  # Azure's host agent
    ip_network("192.0.0.0/24"),  # protocol assignments; 192.0.0.192 is Oracle's metadata
    ip_network("192.88.99.0/24"),  # 6to4 relays
    ip_network("2001::/23"),  # Teredo, ORCHID and other protocol assignments
    ip_network("2002::/16"),  # 6to4: carries any IPv4 address
    ip_network("3fff::/20"),  # documentation
)
# IANA gives out unicast addresses from here only: NAT64, site-local, IPv4-compatible and
# multicast addresses all lie outside.
_UNICAST = IPv6Network("2000::/3")

_HOST = re.compile(r"[^\s\[\]<>^|%@/?#\"]+")
_FORBIDDEN_IN_URL = re.compile(r"[\x00-\x20\x7f\\]")


def unwrap(address: Address) -> Address:
    """Return the IPv4 address inside `::ffff:a.b.c.d`, which the kernel dials as IPv4."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    address = unwrap(address)
    return any(address in network for network in networks if network.version == address.version)


def is_public(address: Address) -> bool:
    """Tell whether anybody on the internet could reach `address` too."""
    address = unwrap(address)
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global and not address.is_multicast and not is_within(address, _REFUSED)


def literal(host: str) -> Address | None:
    """Return the address that `host` spells, in any of the ways a resolver understands.

    `127.1`, `0x7f000001`, `2130706433` and `0177.0.0.1` are all the loopback address.
    """
    host = host.strip("[]").rstrip(".")
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host)) if host.isascii() else None
    except OSError:
        return None


def known_addresses(host: str) -> tuple[Address, ...]:
    """Return where `host` leads, as far as that is certain without asking a name server."""
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return _LOOPBACK
    address = literal(name)
    return () if address is None else (address,)


def check_url(url: str, allowed: Sequence[Network] = ()) -> str:
    """Check an address that a user gives, without resolving its name.

    A name that resolves to a private address passes here and is refused when it is dialled.

    Args:
        url: What the user wrote.
        allowed: Private networks that the operator opened.

    Raises:
        ValueError: One sentence that tells the user what is wrong with it.
    """
    url = url.strip()
    parsed = parse_url(url)
    if parsed.userinfo:
        raise ValueError("The address must not hold a user name or a password.")
    addresses = known_addresses(parsed.host)
    if addresses and not any(
        is_public(address) or is_within(address, allowed) for address in addresses
    ):
        raise ValueError(f"{parsed.host} is not a public address.")
    return url


def parse_url(url: str) -> httpx2.URL:
    """Parse an http(s) address.

    Raises:
        ValueError: It is not one; the message is a sentence for the user.
    """
    if len(url) > MAX_URL_LENGTH:
        raise ValueError(f"The address is longer than {MAX_URL_LENGTH} characters.")
    if _FORBIDDEN_IN_URL.search(url):
        raise ValueError("The address must not hold spaces, control characters or backslashes.")
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError):
        raise ValueError("The address is not a valid URL.") from None
    _check_parts(parsed)
    return parsed


def _check_parts(url: httpx2.URL) -> None:
    if url.scheme not in {"http", "https"}:
        raise ValueError("The address must start with http:// or https://.")
    if not url.host.strip("."):
        raise ValueError("The address names no host.")
    if not _HOST.fullmatch(url.host):
        raise ValueError("The address is not a valid URL.")
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("The address names a port that does not exist.")
