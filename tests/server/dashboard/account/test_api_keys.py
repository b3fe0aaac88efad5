import re

import httpx2
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from tests.support.pages import HTMX, read, read_part
from torale.server.auth import rules
from torale.server.auth.models import ApiKey, KeyState
from torale.server.database import Sessions

PATH = "/settings/api-keys"
KEY = re.compile(r"sk_[A-Za-z0-9]{32}")
FORM = {"name": "Home Assistant", "scope": "read", "days": "90"}


async def test_the_screen_leads_to_a_new_key(alice: httpx2.AsyncClient) -> None:
    page = read(await alice.get(PATH))

    assert page.one("h1").text() == "API keys"
    assert "No keys yet" in page.text()
    link = page.one(f'a[href="{PATH}/new"]')
    assert "Generate New Key" in link.text()
    form = read(await alice.get(f"{PATH}/new"))
    assert form.one("input[name=scope][checked]")["value"] == "read"
    assert form.one("option[selected]")["value"] == "90"
    assert form.one("form.form button.primary").text() == "Generate New Key"


async def find_key(session: AsyncSession, plain: str) -> ApiKey:
    return (
        await session.scalars(select(ApiKey).where(ApiKey.key_hash == rules.hash_key(plain)))
    ).one()


async def test_a_key_is_shown_once(alice: httpx2.AsyncClient, sessions: Sessions) -> None:
    created = await alice.post(PATH, data=FORM)

    assert created.status_code == 200
    assert created.headers["Cache-Control"] == "no-store"
    page = read(created)
    plain = page.one("#secret").text()
    assert KEY.fullmatch(plain)
    assert "torale auth set-api-key" in page.text()
    async with sessions() as session:
        key = await find_key(session, plain)
    assert (key.scopes, key.state) == (["read"], KeyState.ACTIVE)
    listed = read(await alice.get(PATH))
    assert KEY.findall(listed.html) == []
    row = listed.one("tbody tr").text()
    assert "Home Assistant" in row
    assert f"sk_...{plain[-5:]}" in row
    assert "Never" in row, "it was not used so far"


async def test_the_dialog_shows_the_key_and_renews_the_list(alice: httpx2.AsyncClient) -> None:
    created = await alice.post(PATH, data=FORM, headers=HTMX)

    part = read_part(created)
    assert created.headers["Cache-Control"] == "no-store"
    assert KEY.fullmatch(part.one("#secret").text())
    table = part.one("#key-table[hx-swap-oob]")
    assert "Home Assistant" in table.text()
    assert KEY.findall(table.html) == []


async def test_a_key_without_a_name_is_refused_in_the_form(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    for name in ("", "   ", "a" * 101, "two\nlines"):
        response = await alice.post(PATH, data={**FORM, "name": name, "scope": "write"})
        assert response.status_code == 422
        page = read(response)
        wrong = page.one("input[name=name]")
        assert wrong["aria-invalid"] == "true"
        described = wrong["aria-describedby"]
        assert page.one(f"#{described}").text()
        assert page.one("input[name=scope][checked]")["value"] == "write"
    part = read_part(await alice.post(PATH, data={**FORM, "name": ""}, headers=HTMX))
    assert part.one("[aria-invalid]")
    assert (await session.scalars(select(ApiKey))).all() == []


async def test_only_an_admin_makes_an_admins_key(
    alice: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    wanted = {**FORM, "scope": "admin"}

    assert (await alice.post(PATH, data=wanted)).status_code == 403
    assert (await admin.post(PATH, data=wanted)).status_code == 200
    assert "Everything, as an admin" in (await admin.get(PATH)).text
    assert 'value="admin"' not in (await alice.get(f"{PATH}/new")).text
    assert 'value="admin"' in (await admin.get(f"{PATH}/new")).text


async def test_odd_choices_become_the_careful_ones(
    alice: httpx2.AsyncClient, session: AsyncSession
) -> None:
    await alice.post(PATH, data={**FORM, "days": "1000000"})
    await alice.post(PATH, data={**FORM, "days": "never", "scope": "everything"})

    first, second = (await session.scalars(select(ApiKey).order_by(ApiKey.expires_at))).all()
    ending, lasting = (first, second) if first.expires_at else (second, first)
    assert ending.expires_at
    assert (ending.expires_at - ending.created_at).days == 90
    assert lasting.expires_at is None
    assert lasting.scopes == ["read", "write"]


async def test_a_revoked_key_fails_at_once(alice: httpx2.AsyncClient, sessions: Sessions) -> None:
    plain = read(await alice.post(PATH, data=FORM)).one("#secret").text()
    row = read(await alice.get(PATH)).one("tbody tr form")
    action = row["action"]
    assert row.one("button")["data-confirm"] == "Revoke “Home Assistant”?"

    revoked = await alice.post(action, headers=HTMX)

    assert "Revoked" in read_part(revoked).text()
    assert "Home Assistant" in revoked.headers["HX-Trigger"]
    async with sessions() as session:
        assert (await find_key(session, plain)).state is KeyState.REVOKED
    assert (await alice.post(action)).status_code == 404
    assert "Revoked" in read(await alice.get(PATH)).one("tbody tr").text()


async def test_without_scripts_revoking_comes_back_and_says_so(alice: httpx2.AsyncClient) -> None:
    await alice.post(PATH, data=FORM)
    action = read(await alice.get(PATH)).one("tbody form")["action"]

    revoked = await alice.post(action)

    assert (revoked.status_code, revoked.headers["location"]) == (303, PATH)
    assert "Revoked “Home Assistant”" in read(await alice.get(PATH)).one("#toasts").text()
    assert read(await alice.get(PATH)).one("#toasts").text() == "", "told once"


async def test_somebody_elses_key_looks_missing(
    alice: httpx2.AsyncClient, mallory: httpx2.AsyncClient, session: AsyncSession
) -> None:
    await alice.post(PATH, data=FORM)
    key = (await session.scalars(select(ApiKey))).one()
    key_id = key.id
    await session.rollback()

    assert (await mallory.post(f"{PATH}/{key_id}/revoke")).status_code == 404
    assert (await mallory.post(f"{PATH}/no-id/revoke")).status_code == 404
    assert "Home Assistant" not in (await mallory.get(PATH)).text
    await session.refresh(key)
    assert key.state is KeyState.ACTIVE


async def test_hostile_names_are_text(alice: httpx2.AsyncClient) -> None:
    name = "\"><img src=x onerror=alert(1)>'{{7*7}}"

    created = read(await alice.post(PATH, data={**FORM, "name": name}))
    page = read(await alice.get(PATH))

    assert name in created.text()
    assert name in page.text()
    assert page.all("img") == []


async def test_it_is_for_the_signed_in(visitor: httpx2.AsyncClient) -> None:
    for method, path in (("GET", PATH), ("GET", f"{PATH}/new"), ("POST", PATH)):
        response = await visitor.request(method, path)
        assert response.status_code == 303
        assert response.headers["location"].startswith("/sign-in")
