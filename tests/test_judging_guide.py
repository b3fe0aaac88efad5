"""What the guide to judging says is so: its program runs, its tables are what the code does."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.servers import Server, open_shop
from tests.support.guides import GUIDES, ROOT, environment, program, run_python
from torale.server.evidence.search.apis import APIS
from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.settings.base import Settings
from torale.server.settings.loading import load

GUIDE = (GUIDES / "judging.md").read_text()
SOURCE = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*.py"))
VARIABLES = {str(one.alias) for one in Settings.model_fields.values()}


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table below a heading, without the first two lines."""
    section = GUIDE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"there is no table below {heading!r}"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_program_runs(tmp_path: Path) -> None:
    with open_shop() as shop, Server(tmp_path) as server:
        source = program(GUIDES / "judging.md").replace("https://shop.example", shop.url)
        shop.pages["/ps5"] = "PlayStation 5 Slim, price: 329.00 USD. In stock."
        with server.client():
            known = environment(tmp_path, TORALE_API_URL=server.url, TORALE_API_KEY=server.key)
            ran = run_python(source, known)

    assert ran.stderr == ""
    verdict, answer, reasoning = ran.stdout.splitlines()
    assert verdict == "met price < 350 USD"
    assert "329.00 USD" in answer
    assert reasoning.startswith("Understood as: price < 350 USD.")


@pytest.mark.parametrize("row", rows("What is understood without a model"), ids=lambda row: row[0])
def test_conditions_are_understood_as_shown(row: list[str]) -> None:
    predicate = compile_condition(row[0], "the subject of the task")

    assert predicate is not None
    assert predicate.describe() == row[1]


def test_what_needs_a_model_does_not_compile() -> None:
    assert "the company has announced a successor" in GUIDE
    assert compile_condition("the company has announced a successor", "PlayStation 6") is None


def test_every_variable_that_is_named_is_a_setting() -> None:
    named = set(re.findall(r"\b(?:TORALE_[A-Z_]+|[A-Z]+_(?:API_KEY|BASE_URL))\b", GUIDE))

    assert named - VARIABLES == set()


def test_every_search_service_is_listed_with_its_key() -> None:
    listed = {
        row[0].strip("`").partition(":")[0]: row[1].strip("`") for row in rows("Choosing a search")
    }

    assert {one.name: one.key for one in APIS}.items() <= listed.items()
    assert set(listed) == {one.name for one in APIS} | {"searxng", "ddgs"}
    order = ", ".join(f"`{one.name}`" for one in APIS)
    assert f"in the\norder {order};" in GUIDE


def test_budgets_have_the_defaults_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = {row[0].strip("`"): row[1] for row in rows("Budgets")}
    for name in shown:
        monkeypatch.delenv(name, raising=False)
    read = load()
    fields = {str(field.alias): name for name, field in Settings.model_fields.items()}

    assert {name: str(getattr(read, fields[name])) for name in shown} == shown


@pytest.mark.parametrize("row", rows("How to read `unknown`"), ids=lambda row: row[0])
def test_every_reason_shown_is_one_that_is_given(row: list[str]) -> None:
    words = row[0].replace("of this task is used up", "of {whose} is used up")

    assert words in SOURCE, "nobody says so"


def test_the_commands_shown_exist() -> None:
    shown = re.findall(
        r"^torale (evals|server) (\w+)((?: --[\w-]+(?: \S+)?)*)$", GUIDE, re.MULTILINE
    )
    assert shown
    for group, command, options in shown:
        helped = subprocess.run(
            [Path(sys.executable).with_name("torale"), group, command, "--help"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "COLUMNS": "200"},
        ).stdout
        assert [one for one in re.findall(r"--[\w-]+", options) if one not in helped] == []


def test_the_share_saved_is_that_of_the_benchmarks() -> None:
    (share,) = re.findall(r"this saved (\d+) % of the calls", GUIDE)

    assert f"{share}." in (ROOT / "docs" / "benchmarks.md").read_text()
