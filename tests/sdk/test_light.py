"""`pip install torale` is light: what the server needs is neither imported nor missed."""

import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.e2e.servers import Server, command

LIGHT = {"httpx2", "pydantic", "pyyaml", "rich", "typer"}

# Stands for a machine that has the base install alone: everything else cannot be imported.
ALONE = """
import importlib.abc, re, sys
from importlib.metadata import packages_distributions, requires
from packaging.requirements import Requirement

installed, waiting = set(), ["torale"]
while waiting:
    name = re.sub("[-_.]+", "-", waiting.pop()).lower()
    if name not in installed:
        installed.add(name)
        wanted = [Requirement(one) for one in requires(name) or ()]
        here = {"extra": ""}
        waiting += [one.name for one in wanted if not one.marker or one.marker.evaluate(here)]

owners = {
    module: {re.sub("[-_.]+", "-", one).lower() for one in names}
    for module, names in packages_distributions().items()
}

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        owner = owners.get(name.partition(".")[0])
        if owner and not owner & installed:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None

sys.meta_path.insert(0, Absent())
"""


def alone(code: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ALONE + code],
        capture_output=True,
        text=True,
        check=False,
        env=None if env is None else dict(env),
    )


def test_the_stand_in_has_no_server_library() -> None:
    names = ("fastapi", "sqlalchemy", "dbos", "pydantic_settings", "structlog")
    ran = alone(
        f"for name in {names!r}:\n"
        "    try: __import__(name)\n"
        "    except ModuleNotFoundError as error: print(error)\n"
    )

    assert ran.stdout.splitlines() == [f"No module named {name!r}" for name in names]


def test_every_public_name_works_without_the_server() -> None:
    ran = alone(
        "import torale, torale.exceptions\n"
        "for name in torale.__all__: getattr(torale, name)\n"
        "print(torale.ToraleClient('sk_x', api_url='http://localhost'), torale.__version__)\n"
    )

    assert ran.stderr == ""
    assert ran.stdout.startswith("<ToraleClient http://localhost> ")


@pytest.mark.parametrize("arguments", [["--help"], ["server", "--help"]])
def test_the_command_helps_without_the_server(arguments: list[str]) -> None:
    ran = alone(f"from torale.cli.main import app\napp({arguments!r}, prog_name='torale')\n")

    assert ran.stderr == ""
    assert "Usage: torale" in ran.stdout


def test_importing_torale_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import torale; print(*set(sys.modules) - before)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert loaded.isdisjoint({"httpx2", "pydantic", "rich", "typer", "yaml", "asyncio", "anyio"})
    assert not [name for name in ran.stdout.split() if name.startswith("torale.")]


def test_settings_are_read_without_a_client() -> None:
    code = "import sys, torale.sdk.settings, torale.exceptions; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert {"httpx2", "pydantic"}.isdisjoint(ran.stdout.split())


def test_the_base_install_asks_for_light_libraries_alone() -> None:
    wanted = [Requirement(one) for one in requires("torale") or ()]
    base = {one.name for one in wanted if not one.marker or one.marker.evaluate({"extra": ""})}

    assert base == LIGHT


def test_the_command_asks_a_server_without_the_server(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        made = command("server", "create-key", "--email", "a@example.com", env=server.env)
        known = {
            "HOME": str(tmp_path),
            "TORALE_API_KEY": made.stdout.strip(),
            "TORALE_API_URL": server.url,
        }
        status = alone(_command("auth", "status"), known)
        listed = alone(_command("task", "list"), known)
        served = alone(_command("serve"), known)

    assert status.stdout.startswith("✓ Authenticated as a@example.com\n"), status.stderr
    assert (listed.returncode, listed.stderr) == (0, "No tasks.\n")
    assert served.returncode == 1
    assert served.stderr.startswith("error: the server is not installed (")
    assert len(served.stderr.splitlines()) == 1


def _command(*arguments: str) -> str:
    return f"from torale.cli.main import app\napp({list(arguments)!r}, prog_name='torale')\n"
