"""Loading of the settings, and what is said of a wrong one."""

from pydantic import ValidationError

from torale.server.errors import SettingsError
from torale.server.settings.base import Settings


def load(**overrides: object) -> Settings:
    """Read the settings.

    Args:
        overrides: Values from the command line, by the name of their variable.

    Raises:
        SettingsError: One of them is wrong; the message names it and the mend.
    """
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        # Without a field, the validator's own sentence names the variable.
        name = f"{first['loc'][0]}: " if first["loc"] else ""
        raise SettingsError(f"{name}{message}") from None
