"""Documents that run: their blocks, in order, as a reader would paste them."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.preloaded import preloaded

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDES = ROOT / "docs" / "guide"
SECONDS = 120.0

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path: Path, language: str) -> list[str]:
    """Return the blocks of one language."""
    return [text for kind, text in _BLOCK.findall(path.read_text()) if kind == language]


def program(path: Path, language: str = "python") -> str:
    """Return the blocks of one language as one program."""
    return "\n".join(blocks(path, language))


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return what a reader's terminal knows: `torale` and `python` of this installation."""
    folders = (str(preloaded().bin), str(Path(sys.executable).parent), os.environ["PATH"])
    return {"PATH": os.pathsep.join(folders), "HOME": str(home), **more}


def run_python(source: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own."""
    return _run([sys.executable, "-c", source], env)


def run_shell(source: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script in bash, to its end or to the first command that fails."""
    return _run(["bash", "-euo", "pipefail", "-c", source], env)


def _run(arguments: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments,
        env=dict(env),
        cwd=env["HOME"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
