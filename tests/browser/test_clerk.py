"""Signing in through Clerk in a browser: with a stub of its script, and with the script itself."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.stage import Stage, free_socket, open_page, perform, violations, watch_of
from tests.support.clerk import ClerkStandIn
from tests.support.databases import Templates

ADA = "user_ada"
STUB = """
window.Clerk = {
  session: null, heard: [],
  async load() { if (sessionStorage.signedIn) this.session = { getToken: async () => TOKEN }; },
  addListener(hear) { this.heard.push(hear); },
  mountSignIn(node) { this.mount(node, 'Sign in with the stub'); },
  mountSignUp(node) { this.mount(node, 'Sign up with the stub'); },
  mountUserProfile(node) { node.textContent = 'Profile of the stub'; },
  mount(node, text) {
    const button = document.createElement('button'); button.textContent = text;
    button.onclick = async () => {
      sessionStorage.signedIn = 1; await this.load();
      this.heard.forEach(hear => hear());
    };
    node.append(button);
  },
  async signOut() { delete sessionStorage.signedIn; this.session = null; },
};
"""


@pytest.fixture
async def stand_in() -> AsyncIterator[ClerkStandIn]:
    with ClerkStandIn() as clerk:
        clerk.add_user(ADA, "ada@example.com")
        yield clerk


@pytest.fixture
async def stage(
    database_templates: Templates, tmp_path: Path, stand_in: ClerkStandIn
) -> AsyncIterator[Stage]:
    listener = free_socket()
    port = listener.getsockname()[1]
    more = {**stand_in.settings, "clerk_authorized_parties": (f"http://127.0.0.1:{port}",)}
    with database_templates.copy("sqlite", tmp_path, port=port, **more) as settings:
        async with perform(settings, listener) as stage:
            yield stage


async def stub(page: Page, stage: Stage, clerk: ClerkStandIn, **claims: object) -> None:
    """Put a stub in the place of Clerk's script; it signs Ada in."""
    said = {"azp": stage.url, **claims}

    async def answer(route: Route) -> None:
        token = clerk.token(ADA, now=datetime.now(UTC), **said)
        script = STUB.replace("TOKEN", json.dumps(token))
        await route.fulfill(body=script, content_type="text/javascript")

    await page.route("**/clerk/clerk.browser.js", answer)


async def test_the_whole_way_in_and_out(page: Page, stage: Stage, stand_in: ClerkStandIn) -> None:
    await stub(page, stage, stand_in)
    await page.goto("/settings/api-keys")
    await expect(page).to_have_url(f"{stage.url}/sign-in?next=/settings/api-keys")
    assert await violations(page) == []
    await page.get_by_role("button", name="Sign in with the stub").click()
    await expect(page.get_by_role("heading", name="API keys", level=1)).to_be_visible()
    await expect(page.get_by_text("ada@example.com")).to_be_visible()

    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_text("Your session at Clerk is over too.")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("link", name="Sign in again").click()
    await expect(page.get_by_role("button", name="Sign in with the stub")).to_be_visible()
    assert "/sign-in" in (await page.request.get("/settings/api-keys")).url


async def test_a_refusal_is_told_and_leads_nowhere(
    page: Page, stage: Stage, stand_in: ClerkStandIn
) -> None:
    watch_of(page).expect("401")
    await stub(page, stage, stand_in, azp="https://evil.example")
    await page.goto("/sign-up")
    await page.get_by_role("button", name="Sign up with the stub").click()

    await expect(page.get_by_text("does not accept what it said")).to_be_visible()
    await page.get_by_role("button", name="Use another account").click()
    await expect(page.get_by_role("button", name="Sign up with the stub")).to_be_visible()


async def test_clerk_out_of_reach_is_told_and_does_not_keep_anybody_in(
    page: Page, stage: Stage, stand_in: ClerkStandIn
) -> None:
    await stub(page, stage, stand_in)
    await page.goto("/sign-in")
    await page.get_by_role("button", name="Sign in with the stub").click()
    await expect(page).to_have_url(f"{stage.url}/tasks")
    await page.unroute("**/clerk/clerk.browser.js")
    await page.route("**/clerk/*.js", lambda route: route.abort())
    watch_of(page).expect("ERR_FAILED")

    await page.get_by_role("button", name="Sign out").click()

    await expect(page.get_by_text("can’t be reached: on a shared computer")).to_be_visible()
    await page.goto("/sign-in")
    await expect(page.get_by_text(f"This is done by Clerk, and {stand_in.host}")).to_be_visible()
    assert await violations(page) == []


async def test_clerks_own_script_shows_its_form_under_the_policy(
    browser: Browser, stage: Stage, stand_in: ClerkStandIn
) -> None:
    asked: list[str] = []

    async def answer(route: Route) -> None:
        path = route.request.url.removeprefix(f"https://{stand_in.host}")
        asked.append(path.partition("?")[0])
        await route.fulfill(
            json=FRONTEND.get(asked[-1], {"response": None, "client": CLIENT}),
            headers={
                "Access-Control-Allow-Origin": stage.url,
                "Access-Control-Allow-Credentials": "true",
            },
        )

    async with open_page(browser, stage.url) as page:
        watch_of(page).expect("Clerk has been loaded with development keys")
        await page.route(f"https://{stand_in.host}/**", answer)
        await page.goto("/sign-in")

        await expect(page.locator("#clerk input[name=identifier]")).to_be_visible()
        await expect(page.locator("#clerk")).to_have_attribute("aria-busy", "false")
        assert {"/v1/environment", "/v1/client"} <= set(asked)
        # The watch of the page fails the test if the policy refuses anything.


def _attribute(name: str, **more: object) -> dict[str, Any]:
    is_mail = name == "email_address"
    return {
        "enabled": is_mail,
        "required": is_mail,
        "used_for_first_factor": is_mail,
        "first_factors": ["email_code"] if is_mail else [],
        "used_for_second_factor": False,
        "second_factors": [],
        "verifications": ["email_code"] if is_mail else [],
        "verify_at_sign_up": is_mail,
        **more,
    }


CLIENT: dict[str, Any] = {
    "object": "client",
    "id": "client_1",
    "sessions": [],
    "sign_in": None,
    "sign_up": None,
    "last_active_session_id": None,
    "cookie_expires_at": None,
    "created_at": 1_700_000_000_000,
    "updated_at": 1_700_000_000_000,
}
ENVIRONMENT = {
    "object": "environment",
    "id": "env_1",
    "auth_config": {"object": "auth_config", "id": "aconf_1", "single_session_mode": True},
    "display_config": {
        "object": "display_config",
        "id": "display_1",
        "application_name": "Torale",
        "instance_environment_type": "development",
        "preferred_sign_in_strategy": "otp",
        "theme": {},
        "support_email": "",
        "branded": False,
        "captcha_public_key": None,
        "sign_in_url": "",
        "sign_up_url": "",
        "home_url": "",
    },
    "user_settings": {
        "attributes": {
            name: _attribute(name)
            for name in (
                "email_address",
                "phone_number",
                "username",
                "first_name",
                "last_name",
                "password",
                "web3_wallet",
                "authenticator_app",
                "backup_code",
                "passkey",
                "ticket",
            )
        },
        "social": {},
        "enterprise_sso": {"enabled": False},
        "saml": {"enabled": False},
        "sign_in": {"second_factor": {"required": False}},
        "sign_up": {"mode": "public", "captcha_enabled": False, "progressive": True},
        "password_settings": {"min_length": 8, "max_length": 72},
        "restrictions": {},
        "actions": {"delete_self": True, "create_organization": False},
    },
    "organization_settings": {"enabled": False},
    "commerce_settings": {"billing": {}},
    "maintenance_mode": False,
}
FRONTEND: dict[str, Any] = {
    "/v1/environment": ENVIRONMENT,
    "/v1/client": {"response": CLIENT, "client": None},
    "/v1/dev_browser": {"id": "dvb_1", "token": "dvb_1"},
}
