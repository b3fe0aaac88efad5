"""FastAPI application, built around a service."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp

from torale.server.admin.api import router as admin_router
from torale.server.app import operations
from torale.server.app.middleware import Edge
from torale.server.app.wiring import wire
from torale.server.auth.api import router as auth_router
from torale.server.auth.webhooks import router as webhooks_router
from torale.server.dashboard import install_error_pages
from torale.server.dashboard import router as dashboard_router
from torale.server.dashboard.notifications.live_feed import LIVE_FEED
from torale.server.errors.handlers import install_error_handlers
from torale.server.executions.api import router as executions_router
from torale.server.notifications.api import router as notifications_router
from torale.server.notifications.unsubscribe import router as unsubscribe_router
from torale.server.parts import parts_of
from torale.server.review.api import router as trail_router
from torale.server.settings.base import SETTINGS
from torale.server.tasks.api import router as tasks_router
from torale.server.tasks.api import templates_router
from torale.server.worker import Service

DESCRIPTION = """\
Torale tells you when something happens on the web, and shows the evidence.

Give a question, a condition in plain words and a schedule; Torale looks on that schedule, judges
whether the condition is met, and tells you by e-mail, webhook or chat. `met`, `not_met` and
`unknown` are three different verdicts: "could not tell" is an answer.

Send an API key as `Authorization: Bearer sk_…`. Times are RFC 3339 in UTC, ids are UUIDs,
errors are always `{"detail": …}`.
"""

# Monitoring before tasks: its /tasks/preview must not be taken for a task's id. Routes are tried
# one after the other, so that the hottest come first.
_ROUTES = APIRouter()
for _router in (
    auth_router,
    operations.router,
    dashboard_router,
    webhooks_router,
    executions_router,
    trail_router,
    tasks_router,
    templates_router,
    notifications_router,
    unsubscribe_router,
    admin_router,
):
    _ROUTES.include_router(_router)


class Application(FastAPI):
    """FastAPI with our edge outside all of its middleware."""

    def build_middleware_stack(self) -> ASGIApp:
        settings = parts_of(self)[SETTINGS]
        return Edge(super().build_middleware_stack(), local_only=settings.is_noauth)


def create_app(service: Service) -> FastAPI:
    """Build the application. The service starts and stops with it."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        await service.start()
        yield
        live = parts_of(app)[LIVE_FEED]
        live.close()
        await live.closed()
        await service.stop()

    app = Application(
        title="Torale",
        version=version("torale"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=_ROUTES.routes,
    )
    wire(parts_of(app), service)
    install_error_handlers(app)
    install_error_pages(app)
    # Streams stay streams: event streams are among what is left alone. JSON is for programs.
    app.add_middleware(
        GZipMiddleware,
        minimum_size=600,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "application/json"),
    )
    app.mount("/static", StaticFiles(directory=operations.STATIC), name="static")
    return app
