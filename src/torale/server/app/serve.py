"""Server process: the application on a socket until it is stopped."""

import signal
import socket
from collections.abc import Callable

import uvicorn

from torale.server.app.build import create_app
from torale.server.dashboard.notifications.live_feed import LIVE_FEED, LiveFeed
from torale.server.errors import SettingsError
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.worker import Service

GRACE_SECONDS = 2  # for requests; the engine has its own, and SIGTERM must end within 10 s


class _Server(uvicorn.Server):
    """Says when it is ready, and not before; ends open streams before it waits for requests."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], live: LiveFeed
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._live = live

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


def bind(settings: Settings) -> tuple[socket.socket, Settings]:
    """Open the listening socket; the settings come back with the real port.

    Raises:
        SettingsError: The address or the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"TORALE_PORT: cannot listen on {settings.host}:{settings.port} "
            f"({error.strerror}); set TORALE_PORT to a free port"
        ) from None
    port: int = listener.getsockname()[1]
    return listener, settings.model_copy(update={"port": port})


def _ignore(number: int, frame: object) -> None:
    """Do nothing."""


OnReady = Callable[[Settings, str | None], None]
"""Told the settings with the real port, and the link of the first admin while there is none."""


def serve(settings: Settings, *, executes: bool, on_ready: OnReady) -> None:
    """Serve until SIGTERM or SIGINT, then stop within ten seconds.

    Raises:
        SettingsError: The address or the port cannot be had.
    """
    listener, settings = bind(settings)
    service = Service(settings, kind="serve", executes=executes)
    app = create_app(service)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        # Off: it trusts forwarding headers from loopback, whoever sends them.
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=64 * 1024,
    )
    # uvicorn raises the signal again when it is done; being told to stop is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ignore)

    def welcome() -> None:
        token = service.setup_token
        on_ready(settings, f"{settings.url}/setup/{token}" if token else None)

    server = _Server(config, welcome, parts_of(app)[LIVE_FEED])
    server.run(sockets=[listener])
    if not server.started:
        raise SettingsError("The service could not start; the lines above say why.")
