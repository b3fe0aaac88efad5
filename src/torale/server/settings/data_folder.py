"""Data folder of a server, and the secret key in it."""

import secrets
from pathlib import Path

from torale.server.errors import SettingsError
from torale.server.settings.base import Settings


def open_data_dir(settings: Settings) -> Path:
    """Make the data folder if needed and prove that it can be written.

    Raises:
        SettingsError: It cannot; the message names `TORALE_DATA_DIR`.
    """
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".writable"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise SettingsError(
            f"TORALE_DATA_DIR: cannot write to {folder} ({error.strerror}); name another folder"
        ) from None
    return folder


def secret_key(settings: Settings) -> str:
    """Return the secret key, made on first start in a file that only its owner can read."""
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    path = open_data_dir(settings) / "secret.key"
    if not path.exists():
        draft = path.with_suffix(f".{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            path.hardlink_to(draft)  # the first of two racing starts wins
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
