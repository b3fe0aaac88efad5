"""Error pages. Programs go on getting JSON."""

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from torale.server.dashboard.web.flash import Toast, trigger
from torale.server.dashboard.web.pages import THEMES, security_headers, sign_in_path
from torale.server.dashboard.web.templates import fill
from torale.server.dashboard.web.viewer import SignInRequiredError

_FOR_PROGRAMS = ("/api/", "/auth/", "/admin/", "/webhooks/", "/static/", "/assets/")
_TITLES = {
    HTTPStatus.FORBIDDEN: "You may not see this page",
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something is wrong on our side",
    HTTPStatus.SERVICE_UNAVAILABLE: "Torale cannot answer right now",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests",
}
_WORDS = {
    HTTPStatus.NOT_FOUND: "It may have been deleted, or the address is mistyped.",
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "The error is in the server's log, under the id of this request. Try again in a moment."
    ),
}

_Handler = Callable[[Request, Any], Response | Awaitable[Response]]


def install_error_pages(app: FastAPI) -> None:
    """Show failures to browsers as pages. Call it after the handlers of the API are there."""
    for kind, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(kind, _page_or(handler))
    app.add_exception_handler(SignInRequiredError, _lead_to_sign_in)


def is_for_people(request: Request) -> bool:
    """Tell whether a person's browser asks: for a page, or for a part of one."""
    if request.url.path.startswith(_FOR_PROGRAMS):
        return False
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or request.headers.get("hx-request") == "true"


def _page_or(handler: _Handler) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def show(request: Request, error: Exception) -> Response:
        told = handler(request, error)
        response = told if isinstance(told, Response) else await told
        if not is_for_people(request) or response.status_code < HTTPStatus.BAD_REQUEST:
            return response
        return _as_page(request, response)

    return show


def _as_page(request: Request, response: Response) -> Response:
    status = HTTPStatus(response.status_code)
    detail = _sentence(response, status)
    kept = {"retry-after", "allow"}
    headers = {name: value for name, value in response.headers.items() if name in kept}
    if request.headers.get("hx-request") == "true":
        toast = Toast(detail, kind="bad")
        return Response(
            status_code=status,
            headers={**security_headers(), **headers, "HX-Trigger": trigger(toast)},
        )
    theme = request.cookies.get("theme", "")
    context = {
        "status": int(status),
        "heading": _TITLES.get(status, status.phrase),
        "detail": detail,
        "theme": theme if theme in THEMES else "auto",
        "chosen_zone": None,
        "flash": None,
        "shell": None,
    }
    body = fill("web/error.html", context)
    return HTMLResponse(
        body, status, {**security_headers(), **headers, "Cache-Control": "no-store"}
    )


def _sentence(response: Response, status: HTTPStatus) -> str:
    if status in _WORDS:
        return _WORDS[status]
    detail = json.loads(bytes(response.body)).get("detail")
    if isinstance(detail, list):
        return "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in detail)
    return f"{detail}."


async def _lead_to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInRequiredError)
    path = sign_in_path(request)
    if request.headers.get("hx-request") == "true":
        headers = {**security_headers(), "HX-Redirect": path}
        return Response(status_code=HTTPStatus.UNAUTHORIZED, headers=headers)
    response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
    response.headers.update({**security_headers(), "Cache-Control": "no-store"})
    return response
