"""Which search services the settings choose."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.server.evidence.conftest import Hours, Reach
from torale.server.errors import SettingsError
from torale.server.evidence.search import build, chain, providers
from torale.server.evidence.search.apis import APIS
from torale.server.settings.base import Settings
from torale.server.settings.loading import load


def settings(folder: Path, monkeypatch: pytest.MonkeyPatch, **given: str) -> Settings:
    monkeypatch.setenv("TORALE_DATA_DIR", str(folder))
    for api in APIS:
        monkeypatch.delenv(api.key, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return load()


@pytest.mark.parametrize(
    "given, names",
    [
        ({"TORALE_SEARCH": "none"}, []),
        ({"TORALE_SEARCH": "searxng:http://localhost:8080/search, ddgs"},
         ["searxng", "ddgs (best effort)"]),
        ({"TORALE_SEARCH": "exa,brave", "EXA_API_KEY": "a", "BRAVE_API_KEY": "b"},
         ["exa", "brave"]),
        ({"TORALE_SEARCH": "auto", "PERPLEXITY_API_KEY": "a", "BRAVE_API_KEY": " b\n"},
         ["brave", "perplexity"]),
        ({"TORALE_SEARCH": "auto"}, ["ddgs (best effort)"]),
    ],
)  # fmt: skip
async def test_settings_name_providers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reach: Reach, hours: Hours,
    given: Mapping[str, str], names: Sequence[str],
) -> None:  # fmt: skip
    read = settings(tmp_path, monkeypatch, **given)

    assert [one.name for one in providers(read, reach, hours.timing)] == names
    built = build(read, reach, hours.timing)
    assert (built.name if built else "") == ", ".join(names)


@pytest.mark.parametrize("installed", [True, False])
async def test_ddgs_is_optional(
    tmp_path: Path, reach: Reach, hours: Hours, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    def find_spec(name: str) -> object:
        return name if installed else None

    monkeypatch.setattr(chain, "find_spec", find_spec)

    auto = providers(settings(tmp_path, monkeypatch, TORALE_SEARCH="auto"), reach, hours.timing)
    assert bool(auto) is installed
    if not installed:
        named = settings(tmp_path, monkeypatch, TORALE_SEARCH="ddgs")
        with pytest.raises(SettingsError, match="not installed"):
            providers(named, reach, hours.timing)


@pytest.mark.parametrize(
    "given, names, hidden",
    [
        ({"TORALE_SEARCH": "google"}, "TORALE_SEARCH: 'google' is unknown", None),
        ({"TORALE_SEARCH": "searxng"}, "TORALE_SEARCH: ", None),
        ({"TORALE_SEARCH": "searxng:ftp://x"}, "TORALE_SEARCH: ", None),
        ({"TORALE_SEARCH": "auto,brave"}, "TORALE_SEARCH: 'auto' is unknown", None),
        ({"TORALE_SEARCH": "brave"}, "TORALE_SEARCH: `brave` needs a key: set BRAVE_API_KEY", None),
        ({"TORALE_SEARCH": "brave", "BRAVE_API_KEY": " "}, "set BRAVE_API_KEY", None),
        ({"TORALE_SEARCH": "auto", "BRAVE_API_KEY": "käse"}, "BRAVE_API_KEY: ", "käse"),
        ({"TORALE_SEARCH": "auto", "BRAVE_API_KEY": "a\nb: c"}, "BRAVE_API_KEY: ", "b: c"),
        ({"TORALE_SEARCH": "auto", "EXA_API_KEY": "two words"}, "EXA_API_KEY: ", "words"),
    ],
)
async def test_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reach: Reach, hours: Hours,
    given: Mapping[str, str], names: str, hidden: str | None,
) -> None:  # fmt: skip
    read = settings(tmp_path, monkeypatch, **given)

    with pytest.raises(SettingsError) as caught:
        build(read, reach, hours.timing)

    assert names in str(caught.value)
    assert "\n" not in str(caught.value)
    assert hidden is None or hidden not in str(caught.value)
