"""What is logged, and what is not."""

import json
import subprocess
import sys

PROGRAM = """
import logging, os, structlog
from torale.server.telemetry import configure_logging

configure_logging("json")
log = structlog.get_logger()
log.debug("nobody needs this")
log.info("ours", header="Bearer sk_00000000000000000000000000000000", number=1)
log.info("deep", tried={"with": ["sk_00000000000000000000000000000000"]})
logging.getLogger("a.library").warning("theirs: %s", "sk_00000000000000000000000000000000")
try:
    raise ValueError("choked on sk_00000000000000000000000000000000")
except ValueError:
    log.exception("failed")
os.close(2)
log.info("nobody takes this line")
print("alive")
"""


def test_lines_are_json_without_secrets_and_fail_nothing() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False
    )
    ours, deep, theirs, failed = (json.loads(line) for line in ran.stderr.splitlines())

    assert (ran.returncode, ran.stdout) == (0, "alive\n")
    assert "sk_0" not in ran.stderr
    assert (ours["event"], ours["header"], ours["number"]) == ("ours", "[redacted]", 1)
    assert deep["tried"] == {"with": ["[redacted]"]}
    assert ours["timestamp"].endswith("Z")
    assert [one["level"] for one in (ours, theirs, failed)] == ["info", "warning", "error"]
    assert theirs["event"] == "theirs: [redacted]"
    assert "ValueError: choked on [redacted]" in failed["exception"]
