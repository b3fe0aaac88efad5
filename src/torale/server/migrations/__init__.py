"""Schema history, shipped in the wheel so that `torale server migrate` works anywhere."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
_TABLE = "alembic_version"


def config(engine: Engine) -> "Config":
    """Return what Alembic must know."""
    from alembic.config import Config  # noqa: PLC0415  (see `upgrade`)

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    return config


def newest() -> str:
    """Return the newest revision, which files are named by."""
    return max(path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("*_*.py"))


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version. Safe to call from many processes at once."""
    if _revision(engine) == newest():
        return  # a usual start: Alembic brings the dialects of all databases, which take 8 MB
    from alembic import command  # noqa: PLC0415

    command.upgrade(config(engine), "head")


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(_TABLE):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))  # noqa: S608
        return found
