"""Rules no linter has: sizes, edges, names, secrets, a light import."""

import ast
import gc
import importlib
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import torale

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = Path(torale.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_FILES = 400, 40, 14

HEAVY = {"alembic", "dbos", "fastapi", "jinja2", "psycopg", "pydantic_settings", "sqlalchemy"}
MAY_END_TRANSACTIONS = {
    "database.py",  # gives the lock back when a connection is lost
    "migrations/env.py",  # each migration is a transaction
    "tasks/service.py",  # a change is tried on past verdicts after it is committed
}
TEXTS = {".py", ".md", ".toml", ".txt", ".html", ".css", ".svg", ".mako", ""}
PUBLIC_MODULES = ("torale", "torale.contract", "torale.sdk")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def parsed(path: Path) -> ast.Module:
    # A collection in the middle of it may run code that CPython 3.11 stumbles over (SystemError).
    gc.disable()
    try:
        return ast.parse(path.read_text())
    finally:
        gc.enable()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def own_files() -> list[Path]:
    """Return what is in the repository, the vendored files left out."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()]
    return [one for one in paths if one.is_file() and "vendor" not in one.parts]


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_it_is_small(path: Path) -> None:
    if "versions" in path.parts:
        return  # a migration is a list, as long as it is
    source = path.read_text()

    assert source.count("\n") <= MAX_FILE_LINES
    for function in functions(path):
        size = (function.end_lineno or function.lineno) - function.lineno + 1
        assert size <= MAX_FUNCTION_LINES, function.name


def test_transactions_end_where_they_began() -> None:
    """Requests and jobs open one and leave it; who ends it by name is named here."""
    ends = {
        path.relative_to(PACKAGE / "server").as_posix()
        for path in SOURCES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in {"commit", "rollback"}
    }

    assert ends == MAY_END_TRANSACTIONS


def test_an_application_has_its_parts_in_one_place() -> None:
    holders = [path for path in SOURCES if re.search(r"\bapp\.state\b", path.read_text())]

    assert holders == [PACKAGE / "server" / "parts.py"], "a part has a typed key"


@pytest.mark.parametrize("module", PUBLIC_MODULES)
def test_exported_names_are_sorted_and_there(module: str) -> None:
    loaded = importlib.import_module(module)
    names: list[str] = list(getattr(loaded, "__all__", []))

    assert names == sorted(names)
    assert [one for one in names if not hasattr(loaded, one)] == []


def test_importing_torale_loads_no_server_library() -> None:
    code = "import sys, torale; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert HEAVY.isdisjoint(ran.stdout.split())


def test_no_api_key_is_in_the_repository() -> None:
    key = re.compile(r"\bsk_[A-Za-z0-9]{32}\b")
    # One letter repeated is an example; a key never is.
    found = [
        f"{name(path)}: {match[:8]}…"
        for path in own_files()
        if path.suffix in TEXTS
        for match in key.findall(path.read_text(errors="replace"))
        if len(set(match[3:])) > 1
    ]

    assert found == []


def test_the_lock_file_pins_every_dependency_and_names_no_server() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = {
        re.split(r"[\[<>=!~ ;]", requirement, maxsplit=1)[0].lower()
        for requirement in (
            *project["dependencies"],
            *(requirement for extra in extras for requirement in extra),
        )
    }
    lines = (ROOT / "constraints.txt").read_text().splitlines()

    assert wanted <= {line.partition("==")[0] for line in lines}, "run `make lock`"
    assert [line for line in lines if "://" in line or line.startswith("-")] == []


def test_the_decisions_say_what_enforces_them() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("0*.md"))

    assert decisions
    assert [one.name for one in decisions if "## What enforces this" not in one.read_text()] == []


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")

    assert [name(path) for path in SOURCES if left.search(path.read_text())] == []


def test_every_file_has_a_subject() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "shared", "core"}

    assert [name(path) for path in SOURCES if vague & {path.stem, *path.parent.parts[-1:]}] == []


def test_a_folder_can_be_read_at_a_glance() -> None:
    sizes = Counter(name(path.parent) for path in SOURCES if path.stem != "__init__")

    assert {folder: size for folder, size in sizes.items() if size > MAX_FILES} == {}


def test_a_class_of_the_server_has_a_name_of_its_own() -> None:
    found = Counter(
        node.name
        for path in PACKAGE.glob("server/**/*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
    )

    assert [name for name, count in found.items() if count > 1] == []


def loop_targets(path: Path) -> Iterator[ast.expr]:
    """Yield what loops assign, and comprehensions that take more than a line."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.For | ast.AsyncFor):
            yield node.target
        elif (
            isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
            and node.end_lineno != node.lineno
        ):
            yield from (generator.target for generator in node.generators)


def test_a_loop_names_what_it_goes_over() -> None:
    assert [
        f"{name(path)}:{target.lineno}"
        for path in (*SOURCES, *sorted(ROOT.glob("tests/**/*.py")))
        for target in loop_targets(path)
        if "one" in {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
    ] == []


def test_a_module_says_what_it_is() -> None:
    riddle = re.compile(r"(?:What|How|Which|When|Whether|Who|Whom|Why|Where)\b")

    assert [
        name(path) for path in SOURCES if riddle.match(ast.get_docstring(parsed(path)) or "")
    ] == []


def test_there_is_one_http_client() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = " ".join([*project["dependencies"], *project["optional-dependencies"]["server"]])

    assert set(re.findall(r"\b(?:httpx2?|aiohttp|requests|urllib3)\b", wanted)) == {"httpx2"}
