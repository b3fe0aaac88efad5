"""Answers of the server: results, or exceptions."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import httpx2

from torale.exceptions import (
    BY_STATUS,
    FieldProblem,
    RateLimitError,
    ServerError,
    ToraleAPIError,
    ValidationError,
)
from torale.sdk.transport.calls import Call

T = TypeVar("T")

_SECRETS = re.compile(r"(sk_|whsec_|eyJ)[A-Za-z0-9_.+/=-]{8,}")
_MAX_DETAIL = 500


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the window with the fewest requests left allows.

    Attributes:
        reset: When it has room again, in seconds since 1970.
    """

    limit: int
    remaining: int
    reset: int


def redact(text: str) -> str:
    """Cut keys, signing secrets and session tokens out of a text that somebody will read."""
    return _SECRETS.sub(r"\1…", text)


def read(call: Call[T], response: httpx2.Response) -> T:
    """Return what the answer holds.

    Raises:
        ToraleAPIError: It is an error, or nothing that this version can read.
    """
    if not response.is_success:
        raise error_of(response)
    try:
        return call.read(response.content)
    except ValueError:
        # Without what pydantic says: it shows the answer, which may hold a secret.
        raise ToraleAPIError(
            f"{response.request.url} answered something that this version of torale cannot read",
            status_code=response.status_code,
            request_id=response.headers.get("x-request-id"),
            response=response,
        ) from None


def error_of(response: httpx2.Response) -> ToraleAPIError:
    """Return the exception that says what an answer says."""
    status = response.status_code
    detail = _detail(response)
    problems = _problems(detail)
    kind = BY_STATUS.get(status)
    if kind is None:
        kind = ServerError if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ToraleAPIError
    error = kind(
        _sentence(response, detail, problems),
        status_code=status,
        request_id=response.headers.get("x-request-id"),
        response=response,
    )
    if isinstance(error, ValidationError):
        error.problems = problems
    if isinstance(error, RateLimitError):
        error.retry_after = _number(response.headers, "retry-after")
        error.limit = _number(response.headers, "x-ratelimit-limit")
        error.remaining = _number(response.headers, "x-ratelimit-remaining")
        error.reset = _number(response.headers, "x-ratelimit-reset")
    return error


def rate_limit_of(response: httpx2.Response) -> RateLimit | None:
    limit, remaining, reset = (
        _number(response.headers, f"x-ratelimit-{name}") for name in ("limit", "remaining", "reset")
    )
    if limit is None or remaining is None or reset is None:
        return None
    return RateLimit(limit, remaining, reset)


def _detail(response: httpx2.Response) -> object:
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    return body.get("detail") if isinstance(body, dict) else None


def _problems(detail: object) -> Sequence[FieldProblem]:
    if isinstance(detail, str):
        return [{"loc": [], "msg": redact(detail), "type": "value_error"}]
    if not isinstance(detail, list):
        return []
    return [_problem(item) for item in detail if isinstance(item, dict)]


def _problem(item: Mapping[str, object]) -> FieldProblem:
    loc = item.get("loc")
    path: Sequence[object] = loc if isinstance(loc, list) else ()
    return {
        "loc": [part if isinstance(part, int) else str(part) for part in path],
        "msg": redact(str(item.get("msg", ""))),
        "type": str(item.get("type", "")),
    }


def _sentence(response: httpx2.Response, detail: object, problems: Sequence[FieldProblem]) -> str:
    if isinstance(detail, str) and detail:
        return redact(detail)[:_MAX_DETAIL]
    if problems:
        return "; ".join(_shown(problem) for problem in problems)
    if response.is_redirect:
        to = httpx2.URL(response.headers.get("location", "")).copy_with(query=None)
        return f"{response.request.url.host} redirects to {to}: use that address as api_url"
    return f"HTTP {response.status_code} {response.reason_phrase}".strip()


def _shown(problem: FieldProblem) -> str:
    """Return `schedule: Invalid cron expression`, without where in the request that is."""
    loc = problem["loc"]
    field = ".".join(
        str(part) for part in (loc[1:] if loc[:1] in (["body"], ["query"], ["header"]) else loc)
    )
    return f"{field}: {problem['msg']}" if field else problem["msg"]


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text[:18]) if text.isascii() and text.isdigit() else None
