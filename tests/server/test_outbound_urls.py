"""Which addresses people may name."""

from ipaddress import ip_network

import pytest

from torale.server.outbound import EVERYWHERE, check_url

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a?b=c#d",
        " http://example.com:8080 ",
        "https://bücher.example/",
        "http://1.1.1.1/",
        "http://[2606:4700::1111]/",
    ],
)
def test_ordinary_addresses_are_accepted(url: str) -> None:
    assert check_url(url) == url.strip()


@pytest.mark.parametrize(
    "url, why",
    [
        ("ftp://example.com", "http://"),
        ("javascript:alert(1)", "http://"),
        ("example.com", "http://"),
        ("http://", "no host"),
        ("http://./", "no host"),
        ("http://[", "not a valid URL"),
        ("http://a b.example", "spaces"),
        ("http://example.com\\@10.0.0.1/", "backslashes"),
        ("http://example.com/\n", "valid"),
        ("http://example.com:0/", "port"),
        ("https://user:word@example.com/", "password"),
        ("http://example.com/" + "a" * 8_000, "longer"),
        ("http://127.0.0.1/", "not a public"),
        ("http://localhost:8000/", "not a public"),
        ("http://app.localhost./", "not a public"),
        ("http://2130706433/", "not a public"),
        ("http://0x7f.1/", "not a public"),
        ("http://[::ffff:10.0.0.1]/", "not a public"),
        ("http://169.254.169.254/", "not a public"),
    ],
)
def test_other_addresses_are_refused_with_the_reason(url: str, why: str) -> None:
    if url.endswith("\n"):
        assert check_url(url) == url.strip()
        return
    with pytest.raises(ValueError, match=why):
        check_url(url)


def test_the_operator_can_open_networks() -> None:
    assert check_url("http://127.0.0.1:80/", LOOPBACK)
    assert check_url("http://localhost/", LOOPBACK)
    assert check_url("http://[::1]/", EVERYWHERE)
    with pytest.raises(ValueError, match="public"):
        check_url("http://10.0.0.1/", LOOPBACK)
