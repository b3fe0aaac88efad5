"""What may be reached, and how a request ends."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import httpcore2
import pytest

from tests.support.web import Answer, Web
from torale.server.outbound import (
    Outbound,
    OutboundError,
    parse_retry_after,
    user_agent,
)
from torale.server.outbound.addresses import is_public
from torale.server.outbound.guard import GuardedBackend, resolve

LOOPBACK = (ip_network("127.0.0.0/8"),)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)

PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001::5", "::ffff:8.8.8.8"]
OUT_OF_BOUNDS = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]


class Dial(httpcore2.AsyncNetworkBackend):
    """Notes what it should connect to, and connects nowhere."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append(host)
        raise httpcore2.ConnectError(host)


class Names:
    """A name server that is told what to answer; each name may change its mind."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = names
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.names.get(host.partition(".")[0])
        if answers is None:
            return await resolve(host, port)
        return answers.pop(0) if len(answers) > 1 else answers[0]


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


@pytest.fixture
async def outbound() -> AsyncIterator[Outbound]:
    names = Names(site=[["127.0.0.1"]], other=[["127.0.0.1"]])
    outbound = Outbound(LOOPBACK, timeout=timedelta(seconds=5), max_bytes=100_000, resolve=names)
    yield outbound
    await outbound.aclose()


async def failure(outbound: Outbound, url: str) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        await outbound.fetch(url)
    return caught.value


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", OUT_OF_BOUNDS)
async def test_a_name_that_leads_out_of_bounds_is_not_dialled(address: str) -> None:
    dial = Dial()
    backend = GuardedBackend((), Names(rebound=[["1.1.1.1", address]]), dial)

    with pytest.raises(OutboundError) as caught:
        await backend.connect_tcp("rebound.example", 80)

    assert caught.value.kind == "blocked_address"
    assert dial.dialled == []


async def test_the_checked_address_is_the_one_dialled() -> None:
    dial = Dial()
    names = Names(rebinding=[["1.1.1.1", "8.8.8.8"], ["127.0.0.1"]])
    backend = GuardedBackend((), names, dial)

    with pytest.raises(httpcore2.ConnectError):
        await backend.connect_tcp("rebinding.example", 443, timeout=9)
    with pytest.raises(OutboundError):
        await backend.connect_tcp("rebinding.example", 443)

    assert dial.dialled == ["1.1.1.1", "8.8.8.8"], "all its addresses, by number"
    assert names.asked == ["rebinding.example"] * 2, "one look-up for each connection"


async def test_only_the_opened_addresses_of_a_mixed_name_are_dialled() -> None:
    dial = Dial()
    backend = GuardedBackend(LOOPBACK, Names(home=[["::1", "127.0.0.1"]]), dial)

    with pytest.raises(httpcore2.ConnectError):
        await backend.connect_tcp("home.example", 80)

    assert dial.dialled == ["127.0.0.1"]


async def test_a_name_without_addresses_and_a_socket_file_are_refused() -> None:
    backend = GuardedBackend((), Names(empty=[[]]), Dial())

    with pytest.raises(httpcore2.ConnectError):
        await backend.connect_tcp("empty.example", 80)
    with pytest.raises(OutboundError):
        await backend.connect_unix_socket("/run/docker.sock")
    await backend.sleep(0)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.1", "[::1]", "localhost"]
)
async def test_the_client_dials_through_the_guard(web: Web, host: str) -> None:
    outbound = Outbound()

    error = await failure(outbound, f"http://{host}:{web.port}/")

    assert (error.kind, error.retryable) == ("blocked_address", False)
    assert web.seen == []
    await outbound.aclose()


async def test_redirects_are_checked_too(web: Web) -> None:
    outbound = Outbound(LOOPBACK, timeout=timedelta(seconds=5))
    web.redirect("/metadata", "http://169.254.169.254/latest/meta-data/")
    web.redirect("/file", "file:///etc/passwd")
    web.redirect("/bad", "http://[")

    assert (await failure(outbound, web.url + "/metadata")).kind == "blocked_address"
    assert (await failure(outbound, web.url + "/file")).kind == "bad_url"
    assert (await failure(outbound, web.url + "/bad")).kind == "bad_url"
    await outbound.aclose()


async def test_five_redirects_are_followed_and_six_are_not(web: Web, outbound: Outbound) -> None:
    for step in range(6):
        web.redirect(f"/{step}", f"/{step + 1}")
    web.page("/6", "here")
    web.redirect("/loop", "/loop")

    assert (await outbound.fetch(web.url + "/1")).url == web.url + "/6"
    assert (await failure(outbound, web.url + "/0")).kind == "too_many_redirects"
    assert (await failure(outbound, web.url + "/loop")).kind == "too_many_redirects"
    assert len(web.requests("/loop")) == 6


async def test_secrets_stay_with_their_host(web: Web, outbound: Outbound) -> None:
    secret = {"Authorization": "Bearer x", "Accept": "text/html", "X-Api-Key": "y"}
    web.redirect("/away", f"http://user:word@other.test:{web.port}/there")
    web.redirect("/near", "/there")
    web.page("/there", "ok", headers={"Set-Cookie": "a=b"})

    await outbound.fetch(f"http://me:mine@site.test:{web.port}/near", headers=secret)
    await outbound.fetch(f"http://site.test:{web.port}/away#part", headers=secret)

    near, away = web.requests("/there")
    assert near.headers["authorization"] == "Bearer x"
    assert away.headers["accept"] == "text/html"
    assert away.headers["user-agent"] == user_agent()
    assert not {"authorization", "x-api-key", "cookie"} & away.headers.keys()


async def test_a_large_body_is_cut(web: Web, outbound: Outbound) -> None:
    web.page("/large", b"x" * 300_000)
    web.page("/exact", b"x" * 100_000)

    large = await outbound.fetch(web.url + "/large")
    exact = await outbound.fetch(web.url + "/exact")

    assert (len(large.body), large.truncated) == (100_000, True)
    assert (len(exact.body), exact.truncated) == (100_000, False)


async def test_a_compressed_bomb_is_cut(web: Web, outbound: Outbound) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    web.page("/bomb", bomb, headers={"Content-Encoding": "gzip"})
    web.page("/twice", gzip.compress(bomb), headers={"Content-Encoding": "gzip, gzip"})
    web.page("/broken", b"no gzip", headers={"Content-Encoding": "gzip"})

    answer = await outbound.fetch(web.url + "/bomb")

    assert (len(answer.body), answer.truncated) == (100_000, True)
    assert web.seen[0].headers["accept-encoding"] == "gzip, deflate"
    assert (await failure(outbound, web.url + "/twice")).kind == "bad_answer"
    assert (await failure(outbound, web.url + "/broken")).kind == "bad_answer"


@pytest.mark.parametrize("then", ["stall", "drip"])
async def test_a_download_ends_in_time(web: Web, then: str) -> None:
    outbound = Outbound(LOOPBACK, timeout=timedelta(seconds=0.2))
    web.page("/slow", b"some", then=then)
    started = asyncio.get_running_loop().time()

    error = await failure(outbound, web.url + "/slow")

    assert (error.kind, error.retryable) == ("timeout", True)
    assert asyncio.get_running_loop().time() - started < 2
    await outbound.aclose()


async def test_a_broken_connection_can_be_tried_again(web: Web, outbound: Outbound) -> None:
    web.answers("/hangs-up", [Answer(raw=b"")])
    web.answers("/short", [Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort")])

    for path in ("/hangs-up", "/short"):
        error = await failure(outbound, web.url + path)
        assert (error.kind, error.retryable) == ("connection", True)


async def test_a_site_without_tls_is_named(web: Web, outbound: Outbound) -> None:
    error = await failure(outbound, f"https://127.0.0.1:{web.port}/")

    assert (error.kind, error.retryable) == ("tls", False)


@pytest.mark.parametrize(
    "number, retryable", [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)]
)
async def test_a_name_without_an_address_is_named(number: int, retryable: bool) -> None:
    async def nowhere(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(number, "no")

    outbound = Outbound(resolve=nowhere)

    error = await failure(outbound, "http://nowhere.test/")

    assert (error.kind, error.retryable) == ("dns", retryable)
    await outbound.aclose()


async def test_a_name_that_no_server_can_hold_is_named() -> None:
    async def strict(host: str, port: int) -> Sequence[str]:
        raise UnicodeError(host)

    outbound = Outbound(LOOPBACK, resolve=strict)

    assert (await failure(outbound, "http://odd.test/")).kind == "dns"
    assert not await outbound.is_exempt("odd.test")
    await outbound.aclose()


async def test_the_systems_resolver_gives_addresses() -> None:
    assert await resolve("127.0.0.1", 80) == ["127.0.0.1"]


async def test_a_post_is_not_redirected_and_its_answer_is_cut(web: Web, outbound: Outbound) -> None:
    web.page("/hook", b"y" * 100_000)
    web.redirect("/moved", "/hook", status=307)

    answer = await outbound.post(web.url + "/hook", content=b"{}", headers={"X-Id": "1"})
    moved = await outbound.post(
        web.url + "/moved", content=b"{}", headers={}, timeout=timedelta(seconds=3)
    )

    assert (answer.status, len(answer.body), answer.truncated) == (200, 64_000, True)
    assert (web.seen[0].method, web.seen[0].body, web.seen[0].headers["x-id"]) == (
        "POST",
        b"{}",
        "1",
    )
    assert (moved.status, moved.headers["location"]) == (307, "/hook")
    assert len(web.requests("/hook")) == 1


async def test_a_header_that_cannot_be_sent_is_refused(web: Web, outbound: Outbound) -> None:
    with pytest.raises(OutboundError) as caught:
        await outbound.post(web.url, content=b"", headers={"X-Split": "a\r\nb: c"})

    assert caught.value.kind == "bad_url"


async def test_the_environment_names_no_proxy(
    web: Web, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    web.page("/", "direct")
    trusted = Outbound.trusted()

    assert (await outbound.fetch(web.url + "/")).body == b"direct"
    assert (await trusted.fetch(web.url + "/")).body == b"direct"
    await trusted.aclose()


async def test_exempt_hosts() -> None:
    names = Names(intranet=[["10.1.2.3"]], public=[["1.1.1.1"]])
    closed = Outbound(resolve=names)
    opened = Outbound((*LOOPBACK, ip_network("10.0.0.0/8")), resolve=names)

    assert not await closed.is_exempt("127.0.0.1")
    assert await opened.is_exempt("127.0.0.1")
    assert await opened.is_exempt("localhost")
    assert await opened.is_exempt("intranet.test")
    assert not await opened.is_exempt("public.test")
    assert not await opened.is_exempt("8.8.8.8")
    await closed.aclose()
    await opened.aclose()


@pytest.mark.parametrize(
    "value, seconds",
    [
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", 0),
        (" 120 ", 120),
        ("9" * 5_000, 86_400),
        ("Fri, 01 May 2026 12:00:30 GMT", 30),
        ("Fri, 01 May 2026 12:00:30 -0000", 30),
        ("Thu, 30 Apr 2026 12:00:00 GMT", 0),
        ("Fri, 01 May 2099 12:00:00 GMT", 86_400),
        ("²", None),
    ],
)
def test_retry_after(value: str, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)

    assert parse_retry_after(value, NOW) == expected


async def test_retry_after_is_read_from_the_answer(web: Web, outbound: Outbound) -> None:
    busy = await outbound.fetch(web.page("/busy", status=429, headers={"Retry-After": "7"}))

    assert busy.status == 429
    assert busy.retry_after(NOW) == timedelta(seconds=7)


def test_the_agent_says_where_to_complain() -> None:
    assert user_agent("https://watch.example").endswith(" (+https://watch.example)")
    assert user_agent().startswith("Torale/")
