from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.server.dashboard.account.oauth.stand_in import CLIENTS, StandIn
from tests.support.databases import ENGINES, Templates
from tests.support.fakes import FakeClock
from tests.support.web import Web
from torale.server.auth.accounts.oauth import OAUTH_CLIENT, OAUTH_PROVIDERS, OAuthClient, providers
from torale.server.auth.accounts.own_accounts import Accounts
from torale.server.parts import parts_of
from torale.server.settings.base import Settings


@pytest.fixture(params=ENGINES[:1])
def settings(
    request: pytest.FixtureRequest, database_templates: Templates, tmp_path: Path
) -> Iterator[Settings]:
    with database_templates.copy(request.param, tmp_path, **CLIENTS) as made:
        yield made


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web() as web:
        yield web


@pytest.fixture
async def stand_in(
    app: FastAPI, accounts: Accounts, settings: Settings, web: Web, clock: FakeClock
) -> AsyncIterator[StandIn]:
    known = providers(settings)
    parts_of(app)[OAUTH_PROVIDERS] = {
        "google": replace(
            known["google"], token_url=f"{web.url}/token", keys_url=f"{web.url}/keys"
        ),
        "github": replace(
            known["github"],
            token_url=f"{web.url}/token",
            user_url=f"{web.url}/user",
            emails_url=f"{web.url}/emails",
        ),
    }
    parts_of(app)[OAUTH_CLIENT] = OAuthClient()
    yield StandIn(web, clock)
    await parts_of(app)[OAUTH_CLIENT].aclose()
