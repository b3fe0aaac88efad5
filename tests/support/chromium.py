"""Where the browser is that tests look through."""

import os
import shutil


def find_chromium() -> str | None:
    """Return the program to start, or None where there is none."""
    return os.environ.get("TEST_CHROMIUM") or shutil.which("chromium")
