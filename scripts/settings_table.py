"""Generator of docs/settings.md: the settings themselves, so that the two agree."""

from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from torale.server.settings.base import Settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
HEAD = """\
# Settings

Read once at start, from the environment or from a file `.env` in the working directory.
A wrong value stops the start with one line that names the variable.
This page is written by `make docs`; a test compares it.

| variable | default | what it does |
|---|---|---|
"""
# Defaults that depend on the machine.
MADE = {"TORALE_DATA_DIR": "the platform's data folder"}


def variable(name: str, field: FieldInfo) -> str:
    return field.alias or name.upper()


def default(name: str, field: FieldInfo) -> str:
    made = MADE.get(variable(name, field))
    if made:
        return made
    value: object = field.default
    if value is PydanticUndefined:
        return "required" if field.default_factory is None else "made at start"
    if isinstance(value, SecretStr):
        return "set"
    return f"`{value}`" if value not in (None, "", (), False) else "unset"


def row(name: str, field: FieldInfo) -> str:
    description = (field.description or "").replace("|", "\\|")
    return f"| `{variable(name, field)}` | {default(name, field)} | {description} |\n"


def page() -> str:
    return HEAD + "".join(row(name, field) for name, field in Settings.model_fields.items())


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE}")
