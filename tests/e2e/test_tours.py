"""What the README and the guide to the API show in a terminal runs as it stands there."""

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.servers import Server, open_shop
from tests.support.guides import GUIDES, ROOT, environment, program, run_shell

pytestmark = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("jq")), reason="they use curl and jq"
)


def run(source: str, folder: Path, **pages: str) -> str:
    """Run a script against a server of its own; answers what it printed."""
    with open_shop() as shop, Server(folder) as server:
        shop.pages.update({f"/{name}": text for name, text in pages.items()})
        for host in ("https://example.com", "https://shop.example", "https://hooks.example"):
            source = source.replace(host, shop.url)
        source = source.replace("http://127.0.0.1:8000", server.url)
        source = source.replace(".venv/bin/torale", "torale")
        known = {name: value for name, value in server.env.items() if name.startswith("TORALE_")}
        ran = run_shell(source, environment(folder, **known))

    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_readme_shows_a_verdict_in_a_minute(tmp_path: Path) -> None:
    script = program(ROOT / "README.md", "sh").partition("KEY=")
    shown = run("KEY=" + script[2], tmp_path, **{"": "This is the Example Domain, for documents."})

    assert '"verdict": "met"' in shown
    assert "Example Domain" in shown


def test_the_tour_of_the_api_goes_through(tmp_path: Path) -> None:
    shown = run(
        program(GUIDES / "api.md", "sh"),
        tmp_path,
        ps5="PlayStation 5 Slim, price: 329.00 USD. In stock.",
    )

    assert '"price < 350 USD"' in shown
    assert '"verdict": "met"' in shown
    assert "PlayStation 5 Slim, price: 329.00 USD" in shown
    assert '"delivered":true' in shown
    assert "API key revoked successfully" in shown
    first, again = re.findall(r'"id":"([0-9a-f-]{36})","user_id":[^{]*"PlayStation 6 price"', shown)
    assert first == again
