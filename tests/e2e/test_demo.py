"""The demo that the README points at."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_demo_tells_the_whole_story() -> None:
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    assert said.index("verdict   not_met") < said.index("verdict   met")
    assert "understood as: price < 350 USD" in said
    assert "signature verified, task.condition_met" in said
    assert "evidence  sha256" in said
    assert "is completed" in said
