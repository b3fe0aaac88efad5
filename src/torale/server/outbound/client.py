"""Downloads and posts with limits on time, size and destination."""

import asyncio
import ssl
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from importlib.metadata import version
from ipaddress import ip_address

import httpx2

from torale.server.outbound.addresses import (
    EVERYWHERE,
    Network,
    is_within,
    known_addresses,
    parse_url,
)
from torale.server.outbound.errors import OutboundError
from torale.server.outbound.guard import GuardedBackend, Resolve, look_up, resolve
from torale.server.outbound.tls import tls_context

MAX_REDIRECTS = 5
MAX_ANSWER_BYTES = 64_000  # of a webhook's receiver
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LONGEST_WAIT = timedelta(days=1)
_LIMITS = httpx2.Limits(max_connections=300, max_keepalive_connections=20, keepalive_expiry=5)

# What a page's redirect may carry to another site. Everything else may be a secret.
_PASSED_ON = frozenset({"accept", "accept-language"})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a site answered, whatever its status.

    Attributes:
        url: Where the answer came from, after redirects.
        headers: Names in lower case.
        truncated: The site sent more than was kept.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool = False

    def retry_after(self, now: datetime) -> timedelta | None:
        return parse_retry_after(self.headers.get("retry-after", ""), now)


def parse_retry_after(value: str, now: datetime) -> timedelta | None:
    """Return how long a site asks us to wait: at most a day, None if it does not say."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:10]), _LONGEST_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), _LONGEST_WAIT)


def user_agent(url: str = "") -> str:
    """Say who asks, and where a site's owner can find out more."""
    name = f"Torale/{version('torale')}"
    return f"{name} (+{url})" if url else name


class Outbound:
    """An HTTP client that goes only where it may, takes only so much, and keeps nothing."""

    def __init__(
        self,
        allowed: Sequence[Network] = (),
        *,
        user_agent: str | None = None,
        timeout: timedelta = timedelta(seconds=20),
        max_bytes: int = 5_000_000,
        resolve: Resolve = resolve,
    ) -> None:
        """Open no connection yet.

        Args:
            allowed: Private networks that may be reached all the same.
            user_agent: Instead of the plain `Torale/<version>`.
            timeout: For a whole download, redirects included.
            max_bytes: Decoded bytes to keep of a download.
            resolve: Instead of the system's name resolution.
        """
        self._allowed = tuple(allowed)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._resolve = resolve
        self._client = httpx2.AsyncClient(
            transport=_guarded_transport(GuardedBackend(self._allowed, resolve)),
            headers={
                "User-Agent": user_agent or _default_agent(),
                "Accept-Encoding": "gzip, deflate",  # what is decoded piece by piece
                "Accept": "*/*",
            },
            timeout=timeout.total_seconds(),
            verify=tls_context(),
            trust_env=False,  # a proxy would resolve names by itself
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    @classmethod
    def trusted(cls, *, timeout: timedelta = timedelta(seconds=20)) -> "Outbound":
        """Return a client for addresses from the operator's own settings."""
        return cls(EVERYWHERE, timeout=timeout)

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None) -> Fetched:
        """Download a page, following at most five redirects.

        Args:
            url: http or https; a user name or password in it is not sent.
            headers: Sent to the host of `url`; only the harmless ones follow it elsewhere.

        Raises:
            OutboundError: No answer came.
        """
        headers = dict(headers or {})
        target = _target(url)
        with _named_failures(target.host):
            async with asyncio.timeout(self._timeout.total_seconds()):
                for _ in range(MAX_REDIRECTS + 1):
                    request = self._client.build_request("GET", target, headers=headers)
                    answer, location = await self._exchange(request, self._max_bytes)
                    if location is None:
                        return answer
                    headers = _carried(headers, target, location)
                    target = location
        raise OutboundError(
            "too_many_redirects", f"{target.host} redirects more than {MAX_REDIRECTS} times."
        )

    async def post(
        self,
        url: str,
        *,
        content: bytes,
        headers: Mapping[str, str],
        timeout: timedelta | None = None,  # noqa: ASYNC109  (httpx2 has no limit on a whole exchange)
        max_bytes: int = MAX_ANSWER_BYTES,
    ) -> Fetched:
        """Post to a webhook or a search service. A redirect is an answer and is not followed.

        Raises:
            OutboundError: No answer came.
        """
        target = _target(url)
        request = self._client.build_request("POST", target, content=content, headers=headers)
        with _named_failures(target.host):
            async with asyncio.timeout((timeout or self._timeout).total_seconds()):
                answer, _ = await self._exchange(request, max_bytes)
        return answer

    async def is_exempt(self, host: str) -> bool:
        """Tell whether `host` lies in the networks that the operator opened."""
        if not self._allowed or not host:
            return False
        addresses = known_addresses(host)
        if not addresses:
            try:
                found = await look_up(self._resolve, host, 80)
            except OutboundError:
                return False
            addresses = tuple(ip_address(address) for address in found)
        return any(is_within(address, self._allowed) for address in addresses)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def _exchange(
        self, request: httpx2.Request, max_bytes: int
    ) -> tuple[Fetched, httpx2.URL | None]:
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            location = _location(response) if request.method == "GET" else None
            body, truncated = (b"", False) if location else await _read(response, max_bytes)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        url = str(request.url.copy_with(fragment=None))
        return Fetched(url, response.status_code, headers, body, truncated), location


def _default_agent() -> str:
    return user_agent()


def _guarded_transport(backend: GuardedBackend) -> httpx2.AsyncHTTPTransport:
    transport = httpx2.AsyncHTTPTransport(verify=tls_context(), trust_env=False, limits=_LIMITS)
    # httpx2 offers no argument for it. A test dials through this and fails if the name changes.
    transport._pool._network_backend = backend  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
    return transport


def _target(url: str) -> httpx2.URL:
    try:
        return parse_url(url).copy_with(userinfo=b"")
    except ValueError as error:
        raise OutboundError("bad_url", str(error)) from None


def _location(response: httpx2.Response) -> httpx2.URL | None:
    """Return where a redirect leads, without a user name or password."""
    location = response.headers.get("location")
    if response.status_code not in _REDIRECTS or not location:
        return None
    try:
        return _target(str(response.request.url.join(location)))
    except (OutboundError, httpx2.InvalidURL, ValueError):
        raise OutboundError(
            "bad_url", f"{response.request.url.host} redirects to something that is no web page."
        ) from None


def _carried(headers: dict[str, str], before: httpx2.URL, after: httpx2.URL) -> dict[str, str]:
    if (before.scheme, before.host, before.port) == (after.scheme, after.host, after.port):
        return headers
    return {name: value for name, value in headers.items() if name.lower() in _PASSED_ON}


async def _read(response: httpx2.Response, max_bytes: int) -> tuple[bytes, bool]:
    """Decode piece by piece, so that a small body cannot grow without bounds in memory."""
    if "," in response.headers.get("content-encoding", ""):
        # Nested codings multiply: the work would not be bounded by what is kept.
        raise OutboundError("bad_answer", f"{response.request.url.host} compresses twice.")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > max_bytes:
            return bytes(body[:max_bytes]), True
    return bytes(body), False


@contextmanager
def _named_failures(host: str) -> Generator[None]:
    """Turn what httpx2 and asyncio raise into `OutboundError`."""
    try:
        yield
    except (TimeoutError, httpx2.TimeoutException):
        raise OutboundError("timeout", f"{host} did not answer in time.", retryable=True) from None
    except (httpx2.LocalProtocolError, httpx2.InvalidURL):
        raise OutboundError("bad_url", f"{host} cannot be asked that way.") from None
    except httpx2.DecodingError:
        raise OutboundError("bad_answer", f"{host} sent a body that does not unpack.") from None
    except httpx2.HTTPError as error:
        if _is_tls(error):
            detail = f"{host} has no certificate that can be trusted."
            raise OutboundError("tls", detail) from None
        detail = f"The connection to {host} failed."
        raise OutboundError("connection", detail, retryable=True) from None


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False
