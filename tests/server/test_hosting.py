"""What an operator's checks say."""

import json
from pathlib import Path

import pytest

from tests.support.web import Web
from torale.server.evidence.search.apis import APIS
from torale.server.hosting import check_all
from torale.server.settings.loading import load

HIT = {"url": "https://a.test/", "title": "A", "content": "a"}


async def test_every_search_provider_is_checked_on_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORALE_DATA_DIR", str(tmp_path))
    async with Web() as good, Web() as bad:
        good.page("/search", json.dumps({"results": [HIT]}))
        bad.page("/search", status=403)
        monkeypatch.setenv("TORALE_SEARCH", f"searxng:{bad.url},searxng:{good.url}")
        found = [one for one in await check_all(load()) if one.name.startswith("search")]

    assert [(one.name, one.ok) for one in found] == [
        ("search (searxng)", False),
        ("search (searxng)", True),
    ]
    assert "search.formats" in found[0].detail


async def test_a_provider_without_its_key_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORALE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TORALE_SEARCH", "brave")
    for api in APIS:
        monkeypatch.delenv(api.key, raising=False)

    (found,) = [one for one in await check_all(load()) if one.name.startswith("search")]

    assert not found.ok
    assert "BRAVE_API_KEY" in found.detail
