"""An operator finds every setting in the documents, and nothing there that does not exist."""

import re
from pathlib import Path

import pytest
from scripts.settings_table import PAGE, page, variable

from torale.server.settings.base import Settings

ROOT = PAGE.parent.parent
KNOWN = {variable(name, field) for name, field in Settings.model_fields.items()}
# Of the tests and of other programs.
FOREIGN = {
    "TORALE_TEST_ALL",
    "TORALE_API_KEY",
    "TORALE_API_URL",
    "TORALE_BASE_URL",
    "TORALE_CONFIG",
}
# Only these: decisions and the changelog speak of other times too.
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs" / "guide").glob("*.md"))


def test_the_settings_page_is_what_the_settings_say() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_every_setting_says_what_it_does() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]

    assert silent == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_the_guides_name_only_settings_that_exist(path: Path) -> None:
    named = set(
        re.findall(r"\b(?:TORALE_[A-Z_]+|DATABASE_URL|REDIS_URL|SMTP_URL)\b", path.read_text())
    )

    assert named - KNOWN - FOREIGN == set()
