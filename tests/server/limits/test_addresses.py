from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torale.server.limits.addresses import block_of, client_address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    client = (peer, 4000) if peer is not None else None
    return {"type": "http", "client": client, "headers": [(b"host", b"x"), *headers]}


@pytest.mark.parametrize(
    "peer,forwarded,client",
    [
        ("203.0.113.7", [], "203.0.113.7"),
        # Whoever is no proxy of ours may say what he likes.
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("127.0.0.1", ["198.51.100.1"], "127.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        # What the client put there stands to the left of what our proxy added.
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1", "10.9.9.9,10.8.8.8"], "198.51.100.1"),
        ("10.0.0.1", ["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
        # Ports, brackets, zones, addresses in the other notation.
        ("10.0.0.1", ["198.51.100.1:5678"], "198.51.100.1"),
        ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
        ("10.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", ["fe80::1%eth0"], "fe80::1"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["\t198.51.100.1 \t"], "198.51.100.1"),
        # Beyond what is no address nothing is believed.
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1, unknown, 10.2.2.2"], "10.2.2.2"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [","], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1,"], "10.0.0.1"),
        ("10.0.0.1", ["256.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", ["0x7f000001"], "10.0.0.1"),
        ("10.0.0.1", ["010.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", ["[::1"], "::1"),
        ("10.0.0.1", ["\xe9" * 100_000], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4, " * 5_000 + "198.51.100.1"], "198.51.100.1"),
        ("testclient", ["198.51.100.1"], None),
        (None, ["198.51.100.1"], None),
    ],
)
def test_the_client_is_the_last_who_is_no_proxy_of_ours(
    peer: str | None, forwarded: list[str], client: str | None
) -> None:
    expected = ip_address(client) if client is not None else None

    assert client_address(scope(peer, *forwarded), PROXIES) == expected


def test_without_trusted_proxies_nothing_is_believed() -> None:
    assert client_address(scope("10.0.0.1", "198.51.100.1"), ()) == ip_address("10.0.0.1")


junk = st.text(st.characters(max_codepoint=255), max_size=40)
hops = st.lists(st.one_of(junk, st.ip_addresses().map(str)), max_size=6)


@given(made_up=hops, client=st.ip_addresses(v=4))
def test_no_header_of_a_client_hides_its_address(made_up: list[str], client: Any) -> None:
    if any(client in network for network in PROXIES):
        return
    said = scope("10.0.0.1", *made_up, str(client))

    assert client_address(said, PROXIES) == client


@given(headers=st.lists(junk, max_size=3))
def test_nonsense_is_no_error(headers: Iterable[str]) -> None:
    client_address(scope("10.0.0.1", *headers), PROXIES)


def test_ipv6_is_counted_by_its_network() -> None:
    one, same, other = (
        block_of(ip_address(text))
        for text in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1")
    )

    assert one == same == "2001:db8:1:2::/64"
    assert other != one
    assert block_of(ip_address("203.0.113.7")) == "203.0.113.7"
    assert block_of(None) == "unknown"
