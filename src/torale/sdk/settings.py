"""Settings of a client: key and server from argument, environment, file or default.

The file is `~/.torale/config.json`, or what `TORALE_CONFIG` names, and holds
`{"api_url": "…", "api_key": "sk_…"}`. The `torale` command writes it. With `"keyring": true`
in place of the key, the key is in the system's keyring, under the service `torale` and the
server's address. A stored key belongs to the server it was stored for and goes to no other.

No third-party import here: the command reads this before it knows whether it needs a client.
"""

import importlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from torale.exceptions import AuthenticationError, ConfigurationError

DEFAULT_API_URL = "https://api.torale.ai"
LOCAL_API_URL = "http://localhost:8000"
KEYRING_SERVICE = "torale"

_CREDENTIAL = re.compile(r"[\x21-\x7e]+")
_PORTS = {"http": 80, "https": 443}
_NO_KEY = (
    "No API key for {url}: pass api_key=…, set TORALE_API_KEY, or run `torale auth set-api-key`"
)


class Secret:
    """A credential that shows itself to nobody but `reveal`."""

    __slots__ = ("_plain",)

    def __init__(self, plain: str) -> None:
        self._plain = plain

    def reveal(self) -> str:
        return self._plain

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._plain == self._plain

    def __hash__(self) -> int:
        return hash(self._plain)


@dataclass(frozen=True, slots=True)
class Stored:
    """The content of the configuration file.

    Attributes:
        api_url: The server that the key was stored for; the default one if the file names none.
        keyring: The key is in the system's keyring and not in the file.
    """

    api_url: str | None = None
    api_key: Secret | None = None
    keyring: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """The server to ask, and the key to ask it with.

    Attributes:
        api_key: None only with TORALE_NOAUTH=1.
        key_source, url_source: Where they come from, for people: `argument`, the name of a
            variable, the path of the file, `keyring`, `default`.
    """

    api_url: str
    api_key: Secret | None
    url_source: str
    key_source: str = field(default="TORALE_NOAUTH")


def config_path(environ: Mapping[str, str] | None = None) -> Path:
    """Return where the configuration file is, whether it is there or not."""
    named = (os.environ if environ is None else environ).get("TORALE_CONFIG")
    return Path(named).expanduser() if named else Path.home() / ".torale" / "config.json"


def read_config(path: Path) -> Stored:
    """Read the configuration file; one that is not there holds nothing.

    Raises:
        ConfigurationError: It cannot be read, or is not what the `torale` command writes.
    """
    stored = _parsed(_text(path))
    if stored is None:
        raise ConfigurationError(
            f'{path} is not {{"api_url": "…", "api_key": "…"}}; '
            "delete it and run `torale auth set-api-key` to make it anew"
        )
    url = normal_url(stored.api_url, str(path)) if stored.api_url else None
    return Stored(url, stored.api_key, stored.keyring)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "{}"
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigurationError(f"Cannot read {path}: {reason}") from None


def _parsed(text: str) -> Stored | None:
    # Raises nothing: a traceback that shows variables would show the key.
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    fields: Mapping[str, object] = content
    url, key, keyring = fields.get("api_url"), fields.get("api_key"), fields.get("keyring", False)
    if not isinstance(url, str | None) or not isinstance(key, str | None):
        return None
    return Stored(url, Secret(key) if key else None, keyring) if isinstance(keyring, bool) else None


def normal_url(url: str, source: str) -> str:
    """Return a server's address in the form in which addresses are compared.

    Args:
        url: As somebody wrote it.
        source: Where it comes from, for the error.

    Raises:
        ConfigurationError: It is no http(s) address, or carries credentials, a query or a fragment.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in _PORTS or not host or not _CREDENTIAL.fullmatch(url.strip()):
        raise ConfigurationError(
            f"{source}: the API's address must be like {DEFAULT_API_URL} or {LOCAL_API_URL}"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{source}: the API's address must hold no credentials, query or fragment"
        )
    shown = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[parts.scheme]:
        shown += f":{port}"
    return f"{parts.scheme}://{shown}{parts.path.rstrip('/')}"


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Environment:
    """The variables of the environment that matter. A traceback shows no others."""

    api_url: str
    api_key: Secret
    is_noauth: bool
    config: Path

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> "_Environment":
        return cls(
            variables.get("TORALE_API_URL", ""),
            Secret(variables.get("TORALE_API_KEY", "")),
            variables.get("TORALE_NOAUTH") == "1",
            config_path(variables),
        )


def resolve(
    api_key: Secret | None = None,
    api_url: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> Access:
    """Find the server and the key.

    Args:
        api_key: Given by the program; goes before everything else.
        api_url: Given by the program.
        environ: In place of the process's environment.

    Raises:
        ConfigurationError: An address or the configuration file cannot be used, or the key
            would go over plain http to another machine.
        AuthenticationError: There is no key for that server.
    """
    environment = _Environment.read(os.environ if environ is None else environ)
    named = _first_url((api_url or "", "api_url"), (environment.api_url, "TORALE_API_URL"))
    if environment.is_noauth:
        return _without_key(named)
    given = _first_key((api_key or Secret(""), "argument"), (environment.api_key, "TORALE_API_KEY"))
    path = environment.config
    # Not read when nothing of it is needed: a broken file does not stop who brings everything.
    stored = Stored() if named and given else read_config(path)
    url, url_source = named or (
        (stored.api_url, str(path)) if stored.api_url else (DEFAULT_API_URL, "default")
    )
    key, key_source = given or _stored_key(stored, url, path)
    if not _CREDENTIAL.fullmatch(key.reveal()):
        raise ConfigurationError(f"{key_source}: this is no API key; one looks like sk_…")
    if url.startswith("http:") and not is_loopback(url):
        raise ConfigurationError(
            f"{url_source}: an API key is not sent over plain http to another machine; use https"
        )
    return Access(url, key, url_source, key_source)


def _without_key(named: tuple[str, str] | None) -> Access:
    url, source = named or (LOCAL_API_URL, "TORALE_NOAUTH")
    if not is_loopback(url):
        raise ConfigurationError(
            f"{source}: TORALE_NOAUTH=1 is for this machine only; unset it to use {url}"
        )
    return Access(url, None, source)


def _first_url(*candidates: tuple[str, str]) -> tuple[str, str] | None:
    """Return the first address that is set, in its normal form, and where it comes from."""
    for url, source in candidates:
        if url.strip():
            return normal_url(url, source), source
    return None


def _first_key(*candidates: tuple[Secret, str]) -> tuple[Secret, str] | None:
    for key, source in candidates:
        if key.reveal().strip():
            return Secret(key.reveal().strip()), source
    return None


def _stored_key(stored: Stored, url: str, path: Path) -> tuple[Secret, str]:
    message = _NO_KEY.format(url=url)
    belongs_to = stored.api_url or DEFAULT_API_URL
    if belongs_to == url:
        if stored.api_key:
            return stored.api_key, str(path)
        if stored.keyring and (kept := _keyring_key(url)):
            return kept, "keyring"
    elif stored.api_key or stored.keyring:
        message += f" (the key in {path} is for {belongs_to})"
    raise AuthenticationError(message, status_code=401)


def _keyring_key(url: str) -> Secret | None:
    """Ask the system's keyring.

    Raises:
        ConfigurationError: It is not installed, or does not answer.
    """
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise ConfigurationError(
            "The API key is in the system's keyring; run: pip install 'torale[keyring]'"
        ) from None
    try:
        plain = keyring.get_password(KEYRING_SERVICE, url)
    except Exception as error:  # noqa: BLE001  (each backend raises its own)
        raise ConfigurationError(
            f"The system's keyring does not answer: {type(error).__name__}"
        ) from None
    return Secret(plain) if plain else None
