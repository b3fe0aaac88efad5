"""Schema history, shipped in the wheel so that `torale server migrate` works anywhere."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine


def config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version. Safe to call from many processes at once."""
    command.upgrade(config(engine), "head")
