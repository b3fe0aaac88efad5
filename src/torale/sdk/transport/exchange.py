"""Exchange: the requests of a call, its retries and its result. No I/O.

`exchange` is a generator: it yields what is to be done - send this, wait so long - and receives
what came of it. Both clients drive the same generator; they differ only in how they wait.
"""

import json
import logging
import random
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx2
from pydantic import BaseModel

from torale.exceptions import APIConnectionError, APITimeoutError
from torale.sdk.settings import Access
from torale.sdk.transport import retries
from torale.sdk.transport.answers import read
from torale.sdk.transport.calls import Call, Pause, Query

T = TypeVar("T")

log = logging.getLogger("torale")

Outcome = httpx2.Response | httpx2.RequestError
_AGAIN = (
    httpx2.NetworkError,
    httpx2.TimeoutException,
    httpx2.RemoteProtocolError,
    httpx2.ProxyError,
)


@dataclass(frozen=True, slots=True)
class Wire:
    """What all requests of a client have in common."""

    access: Access
    http: httpx2.Client | httpx2.AsyncClient
    timeout: float | None
    max_retries: int
    user_agent: str

    def request(self, call: Call[T], idempotency_key: str | None) -> httpx2.Request:
        headers = {"Accept": "application/json", "User-Agent": self.user_agent}
        if idempotency_key is not None:
            if not (idempotency_key.isascii() and idempotency_key.isprintable()):
                raise ValueError("an idempotency key holds visible ASCII characters only")
            headers["Idempotency-Key"] = idempotency_key
        content = None
        if call.body is not None:
            headers["Content-Type"] = "application/json"
            # ASCII: a lone surrogate reaches the server, which says what is wrong with it.
            content = json.dumps(call.body, default=_plain, allow_nan=False).encode()
        patience = None if self.timeout is None else max(self.timeout, call.patience)
        request = self.http.build_request(
            call.method,
            self.access.api_url + call.path,
            params=_query(call.query),
            headers=headers,
            content=content,
            timeout=httpx2.Timeout(patience, connect=self.timeout),
        )
        # Nothing else carries a credential, whatever an injected client brings along.
        for name in ("Authorization", "Cookie"):
            request.headers.pop(name, None)
        if self.access.api_key is not None:
            request.headers["Authorization"] = f"Bearer {self.access.api_key.reveal()}"
        return request


def exchange(call: Call[T], wire: Wire) -> Generator[httpx2.Request | Pause, Any, T]:
    """Make a call, again if that is safe and helps.

    Raises:
        APIConnectionError: No answer came.
        ToraleAPIError: The answer is an error.
    """
    made_up = str(uuid4()) if call.method == "POST" else None
    request = wire.request(call, call.idempotency_key or made_up)
    failures = 0
    while True:
        outcome: Outcome = yield request
        failures += 1
        wait = _wait(outcome, failures) if failures <= wire.max_retries else None
        log.debug("%s %s: %s", call.method, request.url, _shown(outcome))
        if wait is None:
            break
        log.debug("attempt %d of %d in %.1f s", failures + 1, wire.max_retries + 1, wait)
        yield Pause(wait)
    if isinstance(outcome, httpx2.RequestError):
        raise _unanswered(outcome, wire) from _without_frames(outcome)
    if call.method == "DELETE" and outcome.status_code == HTTPStatus.NOT_FOUND and failures > 1:
        return call.read(b"")  # an earlier attempt has done it, and its answer was lost
    return read(call, outcome)


def _wait(outcome: Outcome, failures: int) -> float | None:
    wait = retries.backoff(failures, random.random())  # noqa: S311  (spreads clients, no secret)
    if isinstance(outcome, httpx2.RequestError):
        return wait if isinstance(outcome, _AGAIN) else None
    asked = retries.seconds_of(outcome.headers.get("retry-after"))
    return retries.after_answer(outcome.status_code, asked, wait)


def _shown(outcome: Outcome) -> str:
    if isinstance(outcome, httpx2.RequestError):
        return type(outcome).__name__
    return f"{outcome.status_code}, request id {outcome.headers.get('x-request-id', 'none')}"


def _unanswered(error: httpx2.RequestError, wire: Wire) -> APIConnectionError:
    if isinstance(error, httpx2.TimeoutException):
        return APITimeoutError(f"{wire.access.api_url} did not answer in time")
    reason = str(error) or type(error).__name__
    return APIConnectionError(f"Cannot reach {wire.access.api_url}: {reason}")


def _without_frames(error: BaseException) -> BaseException:
    """Take the frames off an error and what it came from: their variables hold the key."""
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = None
        cause = cause.__cause__ or cause.__context__
    return error


def _query(query: Query) -> Mapping[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value is not None
    }


def _plain(value: object) -> object:  # noqa: PLR0911  (one line for each type)
    """Turn what JSON does not know into what the wire expects."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")
