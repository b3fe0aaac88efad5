"""Configuration file that `torale.sdk.settings` reads. No other user of the machine can."""

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from torale.cli.console.output import clean
from torale.exceptions import ConfigurationError
from torale.sdk.settings import KEYRING_SERVICE, Secret, config_path, read_config

_OURS = ".torale"


def save(api_url: str, api_key: Secret, *, keyring: bool = False) -> Path:
    """Store a key for a server, in place of what was stored; returns the file.

    Args:
        api_url: In its normal form.
        api_key: The key for that server.
        keyring: Keep the key in the system's keyring, and only say so in the file.

    Raises:
        ConfigurationError: It cannot be written.
    """
    content: dict[str, object] = {"api_url": api_url}
    if keyring:
        _ask_keyring("set_password", KEYRING_SERVICE, api_url, api_key.reveal())
        content["keyring"] = True
    else:
        content["api_key"] = api_key.reveal()
    path = config_path()
    try:
        _write(path, json.dumps(content, indent=2) + "\n")
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}") from None
    return path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.name == _OURS:
        path.parent.chmod(0o700)
    # Beside it and then in its place: whoever reads meanwhile sees the old or the new file, and
    # a symbolic link is replaced, not followed. No umask can add to 0600.
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def forget() -> Path | None:
    """Remove what is stored; returns the file that is gone, None if there was none.

    Raises:
        ConfigurationError: It cannot be removed.
    """
    path = config_path()
    try:
        stored = read_config(path)
    except ConfigurationError:
        stored = None  # a broken file is removed as well
    if stored and stored.keyring and stored.api_url:
        _ask_keyring("delete_password", KEYRING_SERVICE, stored.api_url)
    try:
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"Cannot remove {path}: {error.strerror}") from None
    return path


def warn_if_others_read() -> None:
    """Say so on stderr when other users of this machine can read the configuration file."""
    import typer

    path = config_path()
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if stat.S_IMODE(mode) & 0o077:
        typer.echo(
            f"warning: others can read {clean(str(path))}; run: chmod 600 {clean(str(path))}",
            err=True,
        )


def _ask_keyring(what: str, *arguments: str) -> None:
    try:
        import keyring as module
    except ImportError:
        raise ConfigurationError(
            "No keyring support is installed; run: pip install 'torale[keyring]'"
        ) from None
    keyring: Any = module
    try:
        getattr(keyring, what)(*arguments)
    except Exception as error:  # noqa: BLE001  (each backend raises its own)
        if what == "set_password":
            raise ConfigurationError(
                f"The system's keyring does not answer: {type(error).__name__}"
            ) from None
