"""Failures as HTTP shows them: always JSON, always `{"detail": …}`."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException as StarletteHTTPException

from torale.contract.errors import ErrorOut, InvalidOut, RateLimitedOut
from torale.server.errors import ToraleError, UnavailableError

log = logging.getLogger(__name__)

_DESCRIPTIONS = {
    HTTPStatus.BAD_REQUEST: "The request cannot be read.",
    HTTPStatus.UNAUTHORIZED: "No credential, or one that does not hold.",
    HTTPStatus.FORBIDDEN: "The credential does not allow this.",
    HTTPStatus.NOT_FOUND: "There is no such thing, or it is somebody else's.",
    HTTPStatus.CONFLICT: "The present state does not allow this.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over 256 KB.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "What is wrong with which field.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or too many credentials that do not hold.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Something we need is down; try again shortly.",
}
_MODELS: dict[HTTPStatus, type[ErrorOut | InvalidOut | RateLimitedOut]] = {
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidOut,
    HTTPStatus.TOO_MANY_REQUESTS: RateLimitedOut,
}
_RETRY_AFTER = {"Retry-After": ("integer", "Whole seconds; waiting that long is enough.")}
_HEADERS: dict[HTTPStatus, dict[str, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": ("string", "As in RFC 6750.")},
    HTTPStatus.TOO_MANY_REQUESTS: {
        **_RETRY_AFTER,
        "X-RateLimit-Limit": ("integer", "Requests in the window with the fewest left."),
        "X-RateLimit-Remaining": ("integer", "How many are left in it."),
        "X-RateLimit-Reset": ("integer", "When it has room again; seconds since the epoch."),
        "RateLimit": ("string", "What is left of every window."),
        "RateLimit-Policy": ("string", "Every window."),
    },
    HTTPStatus.SERVICE_UNAVAILABLE: _RETRY_AFTER,
}
_ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,  # also somebody new without a verified address
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of an endpoint that asks who is calling.

    Args:
        statuses: Beyond 401, 403, 422, 429 and 503, which every such endpoint may answer.
    """
    return {status: _describe(HTTPStatus(status)) for status in sorted({*_ALWAYS, *statuses})}


def _describe(status: HTTPStatus) -> dict[str, Any]:
    headers = {
        name: {"description": meaning, "required": True, "schema": {"type": kind}}
        for name, (kind, meaning) in _HEADERS.get(status, {}).items()
    }
    return {
        "model": _MODELS.get(status, ErrorOut),
        "description": _DESCRIPTIONS[status],
        **({"headers": headers} if headers else {}),
    }


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every failure as the wire promises."""
    app.add_exception_handler(ToraleError, _show_torale_error)
    app.add_exception_handler(RequestValidationError, _show_invalid)
    app.add_exception_handler(StarletteHTTPException, _show_http_exception)
    app.add_exception_handler(DBAPIError, _show_database_error)
    app.add_exception_handler(PoolTimeoutError, _show_database_error)
    app.add_exception_handler(Exception, _show_bug)


async def _show_torale_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ToraleError)
    return JSONResponse(error.body, error.status, dict(error.headers))


async def _show_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _invalid(error.errors())


async def _show_http_exception(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StarletteHTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # FastAPI's answer to a body that is no text, or nested beyond reason.
        return _invalid([{"loc": ("body",), "msg": "JSON decode error", "type": "json_invalid"}])
    headers = dict(error.headers or {})
    return JSONResponse({"detail": error.detail}, error.status_code, headers)


async def _show_database_error(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, DBAPIError) and not _is_outage(error):
        raise error
    log.warning("the database is unavailable: %s", type(error).__name__, exc_info=error)
    gone = UnavailableError("The database is unavailable; try again shortly.")
    return await _show_torale_error(request, gone)


async def _show_bug(_: Request, error: Exception) -> JSONResponse:
    log.error("unhandled %s", type(error).__name__, exc_info=error)
    return JSONResponse({"detail": "Internal server error"}, HTTPStatus.INTERNAL_SERVER_ERROR)


def _is_outage(error: DBAPIError) -> bool:
    """Tell a database that is gone, locked or full from a statement that is wrong."""
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _invalid(problems: Iterable[Mapping[str, Any]]) -> JSONResponse:
    # Never `input`, `ctx` or `url`: they echo secrets, and what JSON cannot hold.
    detail = [
        {
            "loc": [step if isinstance(step, int) else _encodable(step) for step in problem["loc"]],
            "msg": _encodable(problem["msg"]).removeprefix("Value error, "),
            "type": problem["type"],
        }
        for problem in problems
    ]
    return JSONResponse({"detail": detail}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _encodable(text: object) -> str:
    """Replace lone surrogates, which a field's name or tag may hold and UTF-8 cannot."""
    return str(text).encode(errors="replace").decode()
