"""Edge of the application, which every request passes. Pure ASGI: streams stay streams."""

import json
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from torale.server.auth.rules import NotLocalError, require_local
from torale.server.limits import LimitDecision
from torale.server.limits.headers import Header, fields

log = structlog.get_logger()

MAX_BODY_BYTES = 256 * 1024
_TOO_LARGE = (413, "The request body is over 256 KB.")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_CONTENT_SECURITY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    b"img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src blob:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", _CONTENT_SECURITY),
)


class _TooLargeError(Exception):
    """The body went over the limit while it was read."""


class Edge:
    """Names each request, bounds its body, logs its end, hardens its answer, tells its limits.

    It stands outside everything, so that the answer to a bug has its request id too.
    """

    def __init__(self, app: ASGIApp, *, local_only: bool) -> None:
        """Wrap `app`.

        Args:
            local_only: Refuse what does not come straight from this machine (TORALE_NOAUTH).
        """
        self._app = app
        self._local_only = local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        state = scope.setdefault("state", {})
        started = time.perf_counter()
        status = 500

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = _complete(message["headers"], request_id, state)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            inner = _without_trailing_slash(scope)
            await self._admitted(inner, receive, send_named, headers)
            log.info(
                "request",
                method=scope["method"],
                route=_route(inner),
                status=status,
                seconds=round(time.perf_counter() - started, 4),
            )

    async def _admitted(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        if self._local_only:
            try:
                require_local(headers.items(), scope["scheme"])
            except NotLocalError as error:
                await _refuse(send, error.status, error.detail)
                return
        await self._bounded(scope, receive, send, headers)

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Answer 413 to a body over the limit, whether it says its length or not."""
        length = headers.get("content-length", "")
        if length.isdigit() and int(length[:20]) > MAX_BODY_BYTES:
            await _refuse(send, *_TOO_LARGE)
            return
        read = 0
        is_answered = is_refused = False

        async def count() -> Message:
            nonlocal read, is_refused
            message = await receive()
            read += len(message.get("body", b""))
            if read <= MAX_BODY_BYTES:
                return message
            if not is_answered:
                is_refused = True
                await _refuse(send, *_TOO_LARGE)
            raise _TooLargeError

        async def answer(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            if not is_refused:  # whatever the application makes of the broken body
                await send(message)

        with suppress(_TooLargeError):
            await self._app(scope, count, answer)


def _complete(given: Iterable[Header], request_id: str, state: Mapping[str, Any]) -> list[Header]:
    """Return the headers of an answer with ours: what it says of security itself stays."""
    headers = list(given)
    present = {name for name, _ in headers}
    headers.append((b"x-request-id", request_id.encode()))
    headers += [header for header in _SECURITY if header[0] not in present]
    decision: LimitDecision | None = state.get("rate_limit")
    if decision is not None:
        headers += fields(decision)
    return headers


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _route(scope: Scope) -> str:
    """Name what answers, for the log: a path itself may hold the token of a link."""
    if "route" in scope:
        return str(scope["route"].path)
    return f"{scope['root_path']}/…" if scope.get("root_path") else "none"


def _without_trailing_slash(scope: Scope) -> Scope:
    path: str = scope["path"]
    if path == "/" or not path.endswith("/"):
        return scope
    return {**scope, "path": path.rstrip("/") or "/"}
