"""What is installed is what is in the source, and nothing that is beside it."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
NEEDED = (
    "py.typed",
    "cli/main.py",
    "sdk/client.py",
    "server/migrations/script.py.mako",
    "server/migrations/versions/0001_*.py",
    "server/dashboard/templates/**/*.html",
    "server/dashboard/static/css/*.css",
    "server/static/vendor/clerk/*.js",
    "server/static/vendor/SHA256SUMS",
    "server/judge/cases/*.yaml",
)
NEVER = {".map", ".pyc", ".db", ".ts", ".log", ".ini", ".toml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (path,) = folder.glob("*.whl")
    with ZipFile(path) as opened:
        yield opened


def files(wheel: ZipFile) -> set[str]:
    return {name for name in wheel.namelist() if ".dist-info/" not in name}


@pytest.mark.parametrize("pattern", NEEDED)
def test_what_runs_is_in_it(wheel: ZipFile, pattern: str) -> None:
    source = ROOT / "src" / "torale"
    wanted = {f"torale/{path.relative_to(source).as_posix()}" for path in source.glob(pattern)}

    assert wanted, "there is no such file in the source"
    assert wanted <= files(wheel)


def test_nothing_else_is_in_it(wheel: ZipFile) -> None:
    assert {name.partition("/")[0] for name in files(wheel)} == {"torale"}
    assert {Path(name).suffix for name in files(wheel)}.isdisjoint(NEVER)
    assert not [name for name in files(wheel) if "test_" in name or "/tests/" in name]


def test_it_asks_for_what_the_project_says(wheel: ZipFile) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
    told = message_from_bytes(wheel.read(name))
    required = [Requirement(one) for one in told.get_all("Requires-Dist", [])]

    assert (told["Name"], told["Version"]) == (project["name"], project["version"])
    assert told["Requires-Python"] == project["requires-python"]
    assert told["License-Expression"] == project["license"]
    assert set(told.get_all("Provides-Extra", [])) == set(project["optional-dependencies"])
    base = {one.name for one in required if not one.marker}
    assert base == {Requirement(one).name for one in project["dependencies"]}
    (points,) = (one for one in wheel.namelist() if one.endswith("entry_points.txt"))
    assert "torale = torale.cli.main:app" in wheel.read(points).decode()
