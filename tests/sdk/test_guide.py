"""The guide is one program that runs, and the table of calls is what the calls say."""

import json
from pathlib import Path

from scripts.sdk_calls import PAGE, page

from tests.e2e.servers import Server, open_shop
from tests.support.guides import GUIDES, environment, program, run_python


def test_the_table_of_calls_is_what_the_calls_say() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_the_guide_runs_from_top_to_bottom(tmp_path: Path) -> None:
    source = program(GUIDES / "sdk.md")
    with open_shop() as shop, Server(tmp_path) as server:
        shop.pages["/ps5"] = "PlayStation 5 Slim, price: 329.00 USD. In stock."
        for host in ("https://shop.example", "https://hooks.example"):
            source = source.replace(host, shop.url)
        with server.client() as known:
            assert known.get("/auth/me").status_code == 200
        # As after `torale auth set-api-key`.
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"api_url": server.url, "api_key": server.key}))
        ran = run_python(source, environment(tmp_path, TORALE_CONFIG=str(config)))

    assert ran.stderr == ""
    said = ran.stdout.splitlines()
    assert said[0].endswith("price < 350 USD")
    assert said[1].startswith("met ")
    assert said[2].startswith(f"{shop.url}/ps5 ")
    assert said[3].startswith("True ")
    assert "Console price active" in said
    assert "1 1 10 success" in said
    assert any(line.startswith("schedule: ") for line in said)
    assert "404 Task not found" in said
    assert said[-1] == "e2e@example.com"
