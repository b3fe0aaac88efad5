import gzip
import re

import httpx2
import pytest

from tests.support.pages import read
from torale.server.dashboard.web.assets import FOLDER, assets

KILOBYTE = 1000


async def test_what_a_page_loads_is_kept_for_ever(visitor: httpx2.AsyncClient) -> None:
    page = read(await visitor.get("/"))
    loaded = [
        node["href" if node.has("href") else "src"] for node in page.all("link[href], script[src]")
    ]

    assert len(loaded) >= 5
    for path in loaded:
        asset = await visitor.get(path)
        assert asset.status_code == 200, path
        assert "immutable" in asset.headers["Cache-Control"]


async def test_the_font_is_preloaded_under_the_address_that_the_style_names(
    visitor: httpx2.AsyncClient,
) -> None:
    page = read(await visitor.get("/"))
    preloaded = page.one("link[rel=preload]")["href"]

    assert f'url("{preloaded}")' in assets()["app.css"].body.decode()


@pytest.mark.parametrize("name", sorted(assets()))
async def test_an_asset_is_served_as_it_is_and_packed(
    visitor: httpx2.AsyncClient, name: str
) -> None:
    asset = assets()[name]
    plain = await visitor.get(asset.path, headers={"Accept-Encoding": "identity"})
    packed = await visitor.get(asset.path, headers={"Accept-Encoding": "gzip"})

    assert plain.content == packed.content == asset.body
    assert plain.headers["content-type"] == asset.media_type
    assert asset.packed is None or gzip.decompress(asset.packed) == asset.body


async def test_an_older_address_is_answered_but_not_kept(visitor: httpx2.AsyncClient) -> None:
    older = await visitor.get("/assets/000000000000/app.css")

    assert older.status_code == 200
    assert older.headers["Cache-Control"] == "no-cache"
    assert (await visitor.get("/assets/000000000000/nothing.css")).status_code == 404


def test_the_budget_is_kept() -> None:
    size = {name: len(one.packed or one.body) for name, one in assets().items()}

    assert size["app.css"] <= 16 * KILOBYTE
    assert size["app.js"] + size["htmx.min.js"] <= 30 * KILOBYTE
    first = ("app.css", "app.js", "htmx.min.js", "geist.woff2", "icons.svg", "favicon.svg")
    assert sum(size[name] for name in first) <= 85 * KILOBYTE, "15 KB are for the page itself"


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    known = set(re.findall(r'id="([\w-]+)"', (FOLDER / "icons.svg").read_text()))
    templates = (FOLDER.parent / "templates").rglob("*.html")
    used = {
        name
        for text in (path.read_text() for path in templates)
        for name in re.findall(r"icon\('([\w-]+)'", text)
    }

    assert used
    assert used <= known
