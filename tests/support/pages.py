"""How tests look at the dashboard: browsers that are signed in, pages held to its rules."""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

import httpx2
from fastapi import FastAPI
from selectolax.lexbor import LexborHTMLParser, LexborNode

from torale.server.auth import service
from torale.server.auth.accounts.sessions import LONGEST
from torale.server.auth.models import UserSession
from torale.server.clock import Clock
from torale.server.database import Sessions

BASE_URL = "http://127.0.0.1:8000"
BROWSER = {
    "Accept": "text/html",
    "Sec-Fetch-Site": "same-origin",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}
HTMX = {"HX-Request": "true"}
_CODE = re.compile(r"on[a-z]+|style|hx-on.*", re.IGNORECASE)


@asynccontextmanager
async def open_browser(
    app: FastAPI, base_url: str = BASE_URL, **cookies: str
) -> AsyncGenerator[httpx2.AsyncClient]:
    """Browse as a browser does that has never been here."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(
        transport=transport, base_url=base_url, headers=BROWSER, cookies=cookies
    ) as browser:
        yield browser


async def sign_in(
    browser: httpx2.AsyncClient,
    sessions: Sessions,
    email: str,
    clock: Clock,
    *,
    is_admin: bool = False,
) -> UUID:
    """Sign a user in without a form, making them if they are new; answers their id."""
    user_id, token = await open_session(sessions, email, clock(), is_admin=is_admin)
    browser.cookies.set("session", token, domain="127.0.0.1")
    return user_id


async def open_session(
    sessions: Sessions, email: str, now: datetime, *, is_admin: bool = False
) -> tuple[UUID, str]:
    """Open a session, making the user if they are new; answers their id and the cookie's value."""
    token = secrets.token_urlsafe(32)
    async with sessions.begin() as session:
        user = await service.find_or_make_user(session, email, is_admin=is_admin, now=now)
        session.add(
            UserSession(
                user_id=user.id,
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
                method="password",
                address="127.0.0.1",
                agent="Firefox on Linux",
                created_at=now,
                last_seen_at=now,
                ends_at=now + LONGEST,
            )
        )
    return user.id, token


class Html:
    """A page or a part of it, to ask for what must be there."""

    def __init__(self, root: LexborHTMLParser | LexborNode) -> None:
        self._root = root

    def one(self, selector: str) -> "Html":
        """Return the first that matches; there must be one."""
        found = self._root.css_first(selector)
        assert found is not None, f"no {selector} in {self.html}"
        return Html(found)

    def all(self, selector: str) -> "list[Html]":
        return [Html(node) for node in self._root.css(selector)]

    def __getitem__(self, name: str) -> str:
        """Return an attribute; it must be there."""
        assert isinstance(self._root, LexborNode)
        return self._root.attributes[name] or ""

    def has(self, name: str) -> bool:
        return isinstance(self._root, LexborNode) and name in self._root.attributes

    def text(self) -> str:
        """Return the text, white space as a reader sees it."""
        return " ".join(self._root.text().split())

    @property
    def html(self) -> str:
        return self._root.html or ""


def read(response: httpx2.Response) -> Html:
    """Parse a page and hold it to what every page must keep."""
    assert response.headers["content-type"].startswith("text/html"), response.text
    parsed = LexborHTMLParser(response.text)
    check_parts(parsed)
    page = Html(parsed)
    assert len(page.all("h1")) == 1, "one h1"
    assert page.one("html")["lang"] == "en"
    assert page.one("title").text().endswith(" · Torale")
    assert page.one("#main"), "where the skip link leads"
    return page


def read_part(response: httpx2.Response) -> Html:
    """Parse what htmx swaps in."""
    assert "<html" not in response.text, "a part of a page, not a page"
    # Rows and cells outside of a table would be dropped by the parser.
    is_row = response.text.lstrip().startswith("<tr")
    wrapped = f"<table><tbody>{response.text}</tbody></table>" if is_row else response.text
    parsed = LexborHTMLParser(wrapped)
    check_parts(parsed)
    return Html(parsed)


def check_parts(page: LexborHTMLParser) -> None:
    ids = Counter(node.attributes["id"] for node in page.css("[id]"))
    assert [name for name, count in ids.items() if count > 1] == [], "ids are unique"
    code = [
        f"<{node.tag} {name}>"
        for node in page.css("*")
        for name in node.attributes
        if _CODE.fullmatch(name)
    ]
    assert code == [], "no inline code and no inline style"
    for script in page.css("script"):
        assert script.attributes.get("src"), "no inline script"
    for form in page.css("form"):
        method = form.attributes.get("method")
        assert method in {"get", "post", "dialog"}, form.html
        assert form.attributes.get("action") is not None, form.html
    for link in page.css("a"):
        assert (link.attributes.get("href") or "").startswith(
            ("/", "#", "http://", "https://", "?")
        )
    controls = page.css("input:not([type=hidden]), select, textarea")
    assert [one.html for one in controls if not _has_label(page, one)] == [], "all have labels"


def _has_label(page: LexborHTMLParser, control: LexborNode) -> bool:
    name = control.attributes.get("id")
    if control.attributes.get("aria-label"):
        return True
    if name and page.css_first(f'label[for="{name}"]') is not None:
        return True
    parent = control.parent
    while parent is not None and parent.tag != "label":
        parent = parent.parent
    return parent is not None
