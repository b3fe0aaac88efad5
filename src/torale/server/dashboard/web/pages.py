"""Pages: the request for one, whoever looks, and the answers that a screen gives to it."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from markupsafe import Markup

from torale.server.auth.accounts import sessions
from torale.server.auth.rules import NotAdminError
from torale.server.clock import Now
from torale.server.dashboard.web import times
from torale.server.dashboard.web.assets import asset
from torale.server.dashboard.web.flash import Toast, take_toast, trigger
from torale.server.dashboard.web.shell import Shell
from torale.server.dashboard.web.templates import fill
from torale.server.dashboard.web.viewer import SignInRequiredError, Viewer, look
from torale.server.settings.base import SETTINGS, is_loopback

THEMES = ("auto", "light", "dark")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


def security_headers(policy: str = POLICY) -> dict[str, str]:
    """Return what every page of the dashboard is sent with."""
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-cache",
        "Speculation-Rules": f'"{asset("speculation.json")}"',
        "Vary": "Cookie, HX-Request, HX-Target",
    }


def safe_path(text: str | None, default: str = "/tasks") -> str:
    """Return a path of ours that somebody may be sent to, or `default`.

    Browsers take two slashes, back slashes and control characters for another site.
    """
    path = text or ""
    is_ours = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if is_ours and path.isprintable() else default


class AnyPage:
    """One request for a page, whoever looks.

    Attributes:
        visitor: Who is signed in, or None.
        policy: The page's Content-Security-Policy; only pages with foreign scripts change it.
    """

    def __init__(
        self, request: Request, now: datetime, visitor: Viewer | None, shell: Shell
    ) -> None:
        self.request = request
        self.now = now
        self.visitor = visitor
        self.shell = shell
        self.policy = POLICY
        self.settings = SETTINGS.of(request)

    @property
    def is_htmx(self) -> bool:
        return self.request.headers.get("hx-request") == "true"

    @property
    def is_prefetch(self) -> bool:
        """Whether the browser only gets ready: such a request must not count as a look."""
        return "prefetch" in self.request.headers.get("sec-purpose", "")

    def wants(self, target: str) -> bool:
        """Tell whether htmx asks for the part of the page whose id is `target`."""
        return self.is_htmx and self.request.headers.get("hx-target") == target

    @property
    def zone(self) -> ZoneInfo:
        """The profile's zone, else the browser's, else UTC."""
        chosen = self.visitor.timezone if self.visitor else None
        return times.known_zone(chosen, self.request.cookies.get("tz")) or ZoneInfo("UTC")

    @property
    def base_url(self) -> str:
        """Where people reach this server, without a trailing slash."""
        if self.settings.public_url:
            return self.settings.url
        return str(self.request.base_url).rstrip("/")

    def when(self, moment: datetime, form: str = "relative") -> Markup:
        return times.time_tag(moment, self.zone, self.now, form)

    def _context(self) -> dict[str, Any]:
        theme = self.request.cookies.get("theme", "")
        host = self.request.url.hostname or ""
        return {
            "page": self,
            "viewer": self.visitor,
            "shell": self.shell,
            "nav": None,
            "now": self.now,
            "when": self.when,
            "zone": str(self.zone).replace("_", " "),
            "chosen_zone": self.visitor.timezone if self.visitor else None,
            "theme": theme if theme in THEMES else "auto",
            "is_noauth": self.settings.is_noauth,
            "is_plain_http": not sessions.is_secure(self.request) and not is_loopback(host),
        }

    def render(
        self,
        template: str,
        /,
        status: int = HTTPStatus.OK,
        *,
        headers: Mapping[str, str] | None = None,
        toast: Toast | None = None,
        **context: Any,
    ) -> Response:
        """Answer with a page, or with a part of one.

        Args:
            template: A file of `templates/`, such as `tasks/editor.html`; those of
                parts begin with an underscore.
            headers: Beyond those of every page, or in their place.
            toast: Shown beside what htmx swaps in.
            context: For the template, beside `page viewer when zone now nav shell`.
        """
        shown, is_taken = (None, False) if self.is_htmx else take_toast(self.request)
        body = fill(template, {**self._context(), "flash": shown, **context})
        response = HTMLResponse(body, status, {**security_headers(self.policy), **(headers or {})})
        if toast is not None:
            response.headers["HX-Trigger"] = trigger(toast)
        if is_taken and not self.is_prefetch:
            response.delete_cookie("flash", path="/", samesite="lax", httponly=True)
        return response

    def redirect(self, path: str, *, toast: Toast | None = None) -> Response:
        """Lead to another page, where `toast` is shown. htmx loads it like a link."""
        response: Response
        if self.is_htmx:
            response = Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": path})
        else:
            response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        response.headers.update(security_headers(self.policy))
        response.headers["Cache-Control"] = "no-store"
        if toast is not None:
            toast.leave_in(response)
        return response

    def back_to(self, default: str) -> str:
        """Return the page of ours that a form was sent from, or `default`."""
        return safe_path(_path_seen(self.request), default)

    def done(self, toast: Toast, *, back_to: str) -> Response:
        """Say that something is done: over the page that htmx leaves as it is, or on `back_to`."""
        if not self.is_htmx:
            return self.redirect(back_to, toast=toast)
        headers = {**security_headers(self.policy), "HX-Trigger": trigger(toast)}
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


class SignedInPage(AnyPage):
    """A page that only its viewer sees."""

    def __init__(self, request: Request, now: datetime, viewer: Viewer, shell: Shell) -> None:
        super().__init__(request, now, viewer, shell)
        self.viewer = viewer


async def _any_page(request: Request, now: Now) -> AnyPage:
    viewer, shell = await look(request, now)
    return (
        AnyPage(request, now, viewer, shell)
        if viewer is None
        else SignedInPage(request, now, viewer, shell)
    )


async def _page(page: Annotated[AnyPage, Depends(_any_page)]) -> SignedInPage:
    if not isinstance(page, SignedInPage):
        raise SignInRequiredError
    return page


async def _admin_page(page: Annotated[SignedInPage, Depends(_page)]) -> SignedInPage:
    if not page.viewer.is_admin:
        raise NotAdminError
    return page


OpenPage = Annotated[AnyPage, Depends(_any_page)]
"""A page for anybody: `page.visitor` may be None."""
ViewerPage = Annotated[SignedInPage, Depends(_page)]
"""A page for the signed-in; others are led to the sign-in page and back."""
AdminPage = Annotated[SignedInPage, Depends(_admin_page)]
"""A page for admins; other users get 403."""


def sign_in_path(request: Request) -> str:
    """Return the address of the sign-in page that leads back to where `request` came from."""
    if request.method == "GET" and request.headers.get("hx-request") != "true":
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    else:
        # The page that was looked at; what it was about to change is not repeated.
        wanted = _path_seen(request)
    wanted = safe_path(wanted)
    return "/sign-in" if wanted == "/tasks" else f"/sign-in?next={quote(wanted, safe='/')}"


def _path_seen(request: Request) -> str:
    """Return the path of the page that a request says it came from; it may say anything."""
    seen = request.headers.get("hx-current-url") or request.headers.get("referer", "")
    try:
        parts = urlsplit(seen if seen.isprintable() else "")
    except ValueError:
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
