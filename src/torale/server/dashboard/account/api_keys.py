"""API key settings: keys made, shown once, listed, revoked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.auth import KeyCreate, Scope
from torale.server.auth import rules, service
from torale.server.auth.errors import KEY_MISSING
from torale.server.auth.models import ApiKey, KeyState
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of, read_form
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import ConflictError, InvalidFieldError, known_id

PATH = "/settings/api-keys"
_SOON = timedelta(days=14)
_SCOPES = {
    "read": [Scope.READ],
    "write": [Scope.READ, Scope.WRITE],
    "admin": [Scope.READ, Scope.WRITE, Scope.ADMIN],
}
_ACCESS = {"read": "Read only", "write": "Read and write", "admin": "Everything, as an admin"}
_EXPIRIES = (
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    ("never", "Never"),
)
# A key is told once: neither a cache nor the history of the browser keeps the answer.
_NOT_KEPT = {"Cache-Control": "no-store"}

router = APIRouter()


@router.get(PATH)
async def show_keys(page: ViewerPage, session: Session) -> Response:
    """List the newest 200 keys."""
    return page.render("account/keys/list.html", **await _listed(page, session))


@router.get(f"{PATH}/new")
async def show_form(page: ViewerPage) -> Response:
    return _form(page, name="", scope="read", days="90")


@router.post(PATH)
async def create_key(
    page: ViewerPage,
    session: Session,
    name: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "read",
    days: Annotated[str, Form()] = "90",
) -> Response:
    """Make a key and show it, this once."""
    typed = {"name": name, "scope": scope, "days": days}
    spec, problems = _read(page, typed)
    if spec is None:
        return _form(page, **typed, problems=problems)
    try:
        key, plain = await _create(page, session, spec)
    except ConflictError as error:
        return _form(page, **typed, problems=Problems({"": error.detail}))
    except InvalidFieldError as error:
        return _form(page, **typed, problems=problems_of(error))
    template = "account/keys/_created.html" if page.is_htmx else "account/keys/created.html"
    shown = await _listed(page, session)
    return page.render(template, headers=_NOT_KEPT, key=_row(page, key), plain=plain, **shown)


@router.post(f"{PATH}/{{key_id}}/revoke")
async def revoke_key(key_id: str, page: ViewerPage, session: Session) -> Response:
    """Revoke a key, at once and for good."""
    owner, found = page.viewer.user_id, known_id(key_id, KEY_MISSING)
    key = await service.revoke_key(session, owner, found, now=page.now)
    toast = Toast(f"Revoked “{key.name}”. Requests with it fail from now on.")
    if not page.is_htmx:
        return page.redirect(PATH, toast=toast)
    return page.render("account/keys/_row.html", toast=toast, key=_row(page, key), fresh=None)


def _read(page: SignedInPage, typed: dict[str, str]) -> tuple[KeyCreate | None, Problems]:
    values: dict[str, Any] = {"name": typed["name"], "scopes": _SCOPES.get(typed["scope"])}
    if typed["days"] != "never":
        known = typed["days"] if typed["days"] in dict(_EXPIRIES) else "90"
        values["expires_at"] = page.now + timedelta(days=int(known))
    spec, problems = read_form(KeyCreate, values)
    if not typed["name"].strip():
        problems["name"] = "Give the key a name, so that you know later what uses it."
    return spec, problems


async def _create(page: SignedInPage, session: AsyncSession, spec: KeyCreate) -> tuple[ApiKey, str]:
    viewer = page.viewer
    own = frozenset(Scope) if viewer.is_admin else frozenset({Scope.READ, Scope.WRITE})
    scopes = rules.scopes_of_new_key(spec.scopes, is_admin=viewer.is_admin, scopes=own)
    return await service.create_key(
        session, viewer.user_id, spec.name, scopes, spec.expires_at, page.now
    )


def _form(
    page: SignedInPage, *, name: str, scope: str, days: str, problems: Problems | None = None
) -> Response:
    template = "account/keys/_form.html" if page.is_htmx else "account/keys/new.html"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    scopes = [
        ("read", "Read only", "Tasks, answers, history"),
        ("write", "Read and write", "Also creates and changes tasks"),
    ]
    if page.viewer.is_admin:
        scopes.append(("admin", "Admin", "Also what only admins may"))
    return page.render(
        template,
        status,
        nav="settings",
        name=name,
        scope=scope,
        days=days,
        problems=problems or Problems(),
        scopes=scopes,
        expiries=_EXPIRIES,
    )


async def _listed(page: SignedInPage, session: AsyncSession) -> dict[str, Any]:
    keys = await service.list_keys(session, page.viewer.user_id)
    rows = [_row(page, key) for key in keys]
    return {"nav": "settings", "keys": rows, "fresh": None, "base_url": page.base_url}


@dataclass(frozen=True, slots=True)
class ListedKey:
    id: UUID
    name: str
    prefix: str
    access: str
    state: str
    last_used_at: datetime | None
    created_at: datetime
    expires_at: datetime | None
    is_ending: bool


def _row(page: SignedInPage, key: ApiKey) -> ListedKey:
    return ListedKey(
        id=key.id,
        name=key.name,
        prefix=key.key_prefix,
        access=_ACCESS[_widest(key)],
        state=_state(key, page.now),
        last_used_at=key.last_used_at,
        created_at=key.created_at,
        expires_at=key.expires_at,
        is_ending=key.expires_at is not None and key.expires_at - page.now <= _SOON,
    )


def _widest(key: ApiKey) -> str:
    return next((word for word in ("admin", "write") if word in key.scopes), "read")


def _state(key: ApiKey, now: datetime) -> str:
    if key.state is KeyState.REVOKED:
        return "revoked"
    is_over = key.expires_at is not None and key.expires_at <= now
    return "expired" if is_over else "active"
