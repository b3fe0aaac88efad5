"""Asks Clerk for JSON, within limits. Its addresses come from the operator's own settings."""

import asyncio
import json
from datetime import timedelta
from http import HTTPStatus

import httpx2
import structlog

from torale.server.auth.errors import SignInUnavailableError
from torale.server.outbound import tls_context

log = structlog.get_logger()

PATIENCE = timedelta(seconds=5)
MAX_BYTES = 1_000_000


class ClerkFetcher:
    """An HTTP client that waits five seconds at most, and follows nobody elsewhere."""

    def __init__(self, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        self._client = httpx2.AsyncClient(
            headers={"Accept": "application/json", "Accept-Encoding": "gzip, deflate"},
            timeout=self._patience,
            follow_redirects=False,
            verify=tls_context(),
            trust_env=False,
        )

    async def get(self, url: str, *, bearer: str = "") -> object:
        """Return the JSON at `url`; None if there is nothing there.

        Args:
            url: From the operator's settings; nothing that a caller wrote.
            bearer: Sent as the credential, if given.

        Raises:
            SignInUnavailableError: No such answer came, for whatever reason.
        """
        host = httpx2.URL(url).host
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        try:
            async with (
                asyncio.timeout(self._patience),
                self._client.stream("GET", url, headers=headers) as answer,
            ):
                if answer.status_code == HTTPStatus.NOT_FOUND:
                    return None
                if answer.status_code != HTTPStatus.OK:
                    raise unavailable(host, f"answered {answer.status_code}")
                return _json(host, await _read(host, answer))
        except (TimeoutError, httpx2.TimeoutException):
            raise unavailable(host, "did not answer in time") from None
        except httpx2.HTTPError as error:
            raise unavailable(host, f"cannot be reached: {type(error).__name__}") from None

    async def aclose(self) -> None:
        await self._client.aclose()


async def _read(host: str, answer: httpx2.Response) -> bytes:
    if "," in answer.headers.get("content-encoding", ""):
        # Nested codings multiply: the work would not be bounded by what is kept.
        raise unavailable(host, "compresses twice")
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MAX_BYTES:
            raise unavailable(host, f"sent more than {MAX_BYTES} bytes")
    return bytes(body)


def _json(host: str, body: bytes) -> object:
    try:
        found: object = json.loads(body)
    except (ValueError, RecursionError):
        raise unavailable(host, "sent something that is no JSON") from None
    return found


def unavailable(host: str, what: str) -> SignInUnavailableError:
    """Return the error that callers get, once the operator can read why."""
    log.warning("clerk.unavailable", host=host, reason=what)
    return SignInUnavailableError(f"{host} {what}")
