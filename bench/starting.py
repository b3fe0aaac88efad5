"""Start-up times of whole processes, as ratios to one that does nothing."""

import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 21
NOTHING = (sys.executable, "-c", "pass")
STARTS = {
    'python -c "import torale"': (sys.executable, "-c", "import torale"),
    'python -c "from torale import ToraleClient"': (
        sys.executable,
        "-c",
        "from torale import ToraleClient",
    ),
    "torale --help": (str(Path(sys.executable).with_name("torale")), "--help"),
}


def seconds_of(command: Sequence[str]) -> float:
    """Run one process to its end; answers its wall time."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def ratios() -> dict[str, float]:
    """Return by how much each start is longer than nothing: the median of many rounds.

    In each round everything runs once, so that a busy machine slows all of them alike.
    """
    ratios_of: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(ROUNDS):
        nothing = seconds_of(NOTHING)
        for name, command in STARTS.items():
            ratios_of[name].append(seconds_of(command) / nothing)
    return {name: statistics.median(found) for name, found in ratios_of.items()}


def start() -> None:
    """Whole processes of the SDK and the command, each as a ratio to `python -c pass`."""
    for command in STARTS.values():
        seconds_of(command)  # bytecode is written once, not on every start
    for name, ratio in ratios().items():
        print(f"{name}: {ratio:.1f} x python -c pass")
