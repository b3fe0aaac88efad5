"""Health, readiness and metrics of the service, and the pages of its API."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from torale.contract.auth import Scope
from torale.contract.base import Output
from torale.server.auth import rules
from torale.server.auth.dependencies import authenticate
from torale.server.clock import Now
from torale.server.errors.handlers import responses
from torale.server.settings.base import is_loopback
from torale.server.worker import SERVICE, Service

STATIC = Path(__file__).parent.parent / "static"

router = APIRouter()


class Health(Output):
    status: str


class Readiness(Output):
    """Each part is `ok` or says what is wrong."""

    status: str
    database: str
    dispatcher: str


Whole = Annotated[Service, Depends(SERVICE)]


@router.get("/healthz", tags=["operations"])
async def healthz() -> Health:
    """Say that the process is alive."""
    return Health(status="ok")


@router.get(
    "/readyz", tags=["operations"], responses={503: {"model": Readiness}}, response_model=Readiness
)
async def readyz(service: Whole, now: Now) -> Response:
    """Say whether requests can be served and due tasks are found."""
    database, dispatching = "ok", False
    try:
        async with service.sessions() as session:
            await session.execute(text("SELECT 1"))
        dispatching = await service.is_dispatching(now)
    except (SQLAlchemyError, OSError):
        database = "unreachable"
    dispatcher = "ok" if dispatching else "no process has looked for due tasks lately"
    ready = database == "ok" and dispatching
    body = Readiness(
        status="ready" if ready else "not ready", database=database, dispatcher=dispatcher
    )
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(body.model_dump(), status)


async def _operator(request: Request, now: Now) -> None:
    """Let through a scraper on this machine, or an admin from anywhere."""
    client = request.client
    forwarded = any(
        name.startswith(("x-forwarded", "forwarded", "x-real")) for name in request.headers
    )
    if client is not None and is_loopback(client.host) and not forwarded:
        return
    caller = await authenticate(request, now)
    rules.require(Scope.ADMIN, is_admin=caller.is_admin, scopes=caller.scopes)


@router.get(
    "/metrics",
    tags=["operations"],
    dependencies=[Depends(_operator)],
    response_class=Response,
    responses={**responses(), 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(service: Whole) -> Response:
    """Prometheus metrics; for this machine, or with an admin's key."""
    return Response(service.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    return FileResponse(STATIC / "docs.html")


@router.get("/redoc", include_in_schema=False)
async def redoc() -> Response:
    return FileResponse(STATIC / "redoc.html")
