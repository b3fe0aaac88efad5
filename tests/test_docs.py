"""The documents lead somewhere, and what they show works."""

import json
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.support.guides import GUIDES, ROOT, blocks

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text())
    local = [link for link in links if "://" not in link]

    assert [link for link in local if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_make_target_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join(re.findall(r"`([^`\n]+)`", path.read_text()) + blocks(path, "sh"))

    assert set(re.findall(r"\bmake ([a-z-]+)", code)) <= targets


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_shown_code_is_well_formed(path: Path) -> None:
    for text in blocks(path, "sh"):
        ran = subprocess.run(
            ["bash", "-n"], input=text, text=True, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
    for text in blocks(path, "json"):
        json.loads(text)
    for text in blocks(path, "python"):
        compile(text, name(path), "exec")


def test_the_first_screen_has_the_two_commands() -> None:
    screen = (ROOT / "README.md").read_text().splitlines()[:15]

    assert any(line.startswith("make run ") for line in screen)
    assert any(line.startswith("make test ") for line in screen)


def test_the_shown_verification_verifies() -> None:
    (snippet,) = blocks(GUIDES / "deliveries.md", "python")
    (example,) = blocks(GUIDES / "deliveries.md", "json")
    scope: dict[str, object] = {}
    exec(snippet, scope)
    receive = scope["receive"]
    assert callable(receive)

    secret, now = "whsec_" + "c2VjcmV0LW9mLWEtY2hhbm5lbA==", datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_1", now, example),
    }

    assert receive(example.encode(), headers, secret) == json.loads(example)


def test_the_architecture_names_every_room() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (rooms,) = [one for one in contracts["contracts"] if one["id"] == "rooms"]
    named = {room.strip(" ()") for layer in rooms["layers"] for room in layer.split("|")}

    assert [room for room in sorted(named) if room not in page] == []


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text()

    assert [one.name for one in folder.glob("0*.md") if one.name not in listed] == []


def test_the_dashboard_has_what_its_guide_names() -> None:
    page = (GUIDES / "dashboard.md").read_text()
    templates = ROOT / "src" / "torale" / "server" / "dashboard" / "templates"
    shown = " ".join(one.read_text() for one in sorted(templates.rglob("*.html")))
    steps = [step for name in re.findall(r"\*\*([^*]+)\*\*", page) for step in name.split(" → ")]

    assert len(steps) > 10
    assert [step for step in steps if step.lower() not in shown.lower()] == []
