"""The guide to the command is one script that runs from top to bottom."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.servers import Server, command, open_shop
from tests.support.guides import GUIDES, blocks, environment, run_shell

# It would change the installation that runs the tests.
INSTALLING = "pip install "


def script() -> str:
    lines = [line for block in blocks(GUIDES / "cli.md", "sh") for line in block.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(INSTALLING))


def shown(stdout: str, heading: str) -> list[str]:
    """Return what was printed beside a heading, each time that it was."""
    return re.findall(rf"^{heading}  +(.*)$", stdout, re.MULTILINE)


@pytest.mark.skipif(shutil.which("jq") is None, reason="the guide's scripts use jq")
def test_the_guide_runs_from_top_to_bottom(tmp_path: Path) -> None:
    source = script()
    with open_shop() as shop, Server(tmp_path) as server:
        shop.pages["/ps5"] = "PlayStation 5 Slim, price: 329.00 USD. In stock."
        for host in ("https://shop.example", "https://hooks.example"):
            source = source.replace(host, shop.url)
        source = source.replace("https://torale.example", server.url)
        made = command(
            *("server", "create-key", "--email", "you@example.com", "--admin"), env=server.env
        )
        key = made.stdout.strip()
        ran = run_shell(source, environment(tmp_path, KEY=key, TZ="UTC"))
        received = [json.loads(body)["type"] for _, body in shop.received]

    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert key not in ran.stdout + ran.stderr
    assert received == ["task.condition_met", "channel.test"]
    assert_shown(ran.stdout, ran.stderr)
    assert not (tmp_path / ".torale" / "config.json").exists(), "logged out"


def assert_shown(stdout: str, stderr: str) -> None:
    said, lines = stderr.splitlines(), stdout.splitlines()
    assert said[0] == "✓ Authenticated as you@example.com"
    assert "you@example.com" in lines
    assert shown(stdout, "schedule")[0] == "0 9 * * * (Europe/Berlin)"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d 0[78]:00 local time", shown(stdout, "next run")[0])
    assert shown(stdout, "understood as")[0] == "price < 350 USD"
    assert shown(stdout, "verdict") == ["met", "met", "met"], "preview, execution, replay"
    assert shown(stdout, "state")[:3] == ["active", "active", "paused"]
    assert "0 */6 * * *" in lines
    assert shown(stdout, "same") == ["yes"]
    assert shown(stdout, "note") == ["It really was that cheap"]
    assert any(one.startswith("told 1 times, would tell 0 times; 100%") for one in said)
    assert "Console price\tactive" in lines
    assert [one for one in lines if one.startswith("exit code ")] == ["exit code 4", "exit code 3"]
    assert {"whsec_", "active", "1"} <= set(lines)
    assert {"✓ Delivered", "✓ Revoked", "0 queued, 0 overdue"} <= set(said)
    assert shown(stdout, "executions") == ["1, 0 failed"]
    assert re.search(r"api_key\.revoked", stdout)
