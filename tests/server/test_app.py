"""The real application on a real service, from its first request to its last."""

import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from tests.support.databases import Templates
from tests.support.fakes import FakeClock
from tests.support.people import make_person
from torale.server.app import create_app
from torale.server.clock import CLOCK
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.worker import SERVICE, Service

STOP_SECONDS = 10
BASE_URL = "http://127.0.0.1:8000"
ASSET = re.compile(r"""(?:src|href)=["'](?:https?:)?//|url\(["']?https?:""")


@asynccontextmanager
async def browse(
    app: FastAPI, client: str = "127.0.0.1", **headers: str
) -> AsyncGenerator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=(client, 4000))
    async with httpx2.AsyncClient(
        transport=transport, base_url=BASE_URL, headers=headers
    ) as browser:
        yield browser


@asynccontextmanager
async def running(settings: Settings, *, executes: bool = True) -> AsyncGenerator[FastAPI]:
    app = create_app(Service(settings, kind="serve", executes=executes))
    async with app.router.lifespan_context(app):
        yield app
        leaving = time.monotonic()
    assert time.monotonic() - leaving < STOP_SECONDS


@pytest.fixture
async def app(database_templates: Templates, tmp_path: Path) -> AsyncIterator[FastAPI]:
    with database_templates.copy("sqlite", tmp_path) as settings:
        async with running(settings) as app:
            yield app


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with browse(app) as browser:
        yield browser


async def test_it_is_well_on_both_databases(settings: Settings) -> None:
    async with running(settings) as app, browse(app) as browser:
        alive = await browser.get("/healthz")
        ready = await browser.get("/readyz")
        while ready.status_code != 200:  # the first round of the dispatcher
            ready = await browser.get("/readyz")

    assert alive.json() == {"status": "ok"}
    assert ready.json() == {"status": "ready", "database": "ok", "dispatcher": "ok"}


async def test_it_is_not_ready_when_nobody_looks_for_due_tasks(settings: Settings) -> None:
    async with running(settings, executes=False) as app, browse(app) as browser:
        response = await browser.get("/readyz")

    assert response.status_code == 503
    assert response.json()["status"] == "not ready"
    assert response.json()["database"] == "ok"
    assert "due tasks" in response.json()["dispatcher"]


async def test_it_is_not_ready_when_the_dispatcher_stands_still(
    app: FastAPI, browser: httpx2.AsyncClient
) -> None:
    service = parts_of(app)[SERVICE]
    while (await browser.get("/readyz")).status_code != 200:
        pass
    clock = parts_of(app)[CLOCK]
    parts_of(app)[CLOCK] = lambda: clock() + timedelta(seconds=60)

    assert (await browser.get("/readyz")).status_code == 503
    assert service.dispatcher.last_tick is not None


async def test_metrics_are_for_this_machine_and_admins(
    app: FastAPI, browser: httpx2.AsyncClient
) -> None:
    service = parts_of(app)[SERVICE]
    people = [
        await make_person(service.sessions, email, FakeClock(service.clock()), is_admin=is_admin)
        for email, is_admin in (("user@example.com", False), ("admin@example.com", True))
    ]

    here = await browser.get("/metrics")
    assert here.status_code == 200
    assert here.headers["content-type"].startswith("text/plain")
    assert "torale_dispatcher_timestamp_seconds" in here.text
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert (await browser.get("/metrics", headers={name: "8.8.8.8"})).status_code == 401
    async with browse(app, "203.0.113.7") as foreign:
        assert (await foreign.get("/metrics")).status_code == 401
        user, _ = people
        assert (await foreign.get("/metrics", headers=user.headers)).status_code == 403


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc"])
async def test_pages_for_people_load_nothing_from_elsewhere(
    browser: httpx2.AsyncClient, path: str
) -> None:
    page = await browser.get(path)

    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert ASSET.findall(page.text) == []
    assets = re.findall(r"""(?:src|href)=["'](/(?:static|assets)/[^"'#]+)""", page.text)
    assert assets
    for asset in assets:
        assert (await browser.get(asset)).status_code == 200, asset


async def test_the_api_describes_itself(browser: httpx2.AsyncClient) -> None:
    document = (await browser.get("/openapi.json")).json()

    assert document["info"]["title"] == "Torale"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            if "security" in operation:
                assert {"401", "403", "503"} <= set(answers), f"{method} {path}"
            if "{" in path:
                assert "404" in answers, f"{method} {path}"
            if "requestBody" in operation:
                # A webhook that is not rightly signed is told 400, whatever is wrong with it.
                wrong = "400" if path.startswith("/webhooks/") else "422"
                assert {"413", wrong} <= set(answers), f"{method} {path}"


async def test_every_answer_is_named_and_hardened(browser: httpx2.AsyncClient) -> None:
    for path in ("/healthz", "/", "/nowhere", "/api/v1/tasks"):
        response = await browser.get(path)
        assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("given", ["caller-chosen.id_1", "a" * 64])
async def test_a_sound_request_id_is_kept(browser: httpx2.AsyncClient, given: str) -> None:
    response = await browser.get("/healthz", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["short", "a" * 65, "two words!", "<script>alert(1)</script>"])
async def test_an_odd_request_id_is_replaced(browser: httpx2.AsyncClient, given: str) -> None:
    response = await browser.get("/healthz", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] != given


@pytest.mark.parametrize(
    "path, route",
    [
        ("/reset/0123456789abcdef", "/reset/{token}"),
        ("/setup/0123456789abcdef/", "/setup/{token}"),
        ("/api/v1/unsubscribe/0123456789abcdef", "/api/v1/unsubscribe/{token}"),
        ("/api/v1/tasks/0123456789abcdef", "/api/v1/tasks/{task_id}"),
        ("/nothing/0123456789abcdef", "none"),
        ("/static/api.css", "/static/…"),
    ],
)
async def test_the_log_names_routes_and_holds_no_token(
    browser: httpx2.AsyncClient, path: str, route: str
) -> None:
    with capture_logs() as lines:
        await browser.get(path)

    assert [line["route"] for line in lines if line["event"] == "request"] == [route]
    assert "0123456789abcdef" not in str(lines)


async def test_a_trailing_slash_is_answered_not_redirected(browser: httpx2.AsyncClient) -> None:
    assert (await browser.get("/healthz/")).json() == {"status": "ok"}
    assert (await browser.get("/api/v1/tasks/")).status_code == 401


async def test_a_body_over_256_kb_is_refused(app: FastAPI, browser: httpx2.AsyncClient) -> None:
    service = parts_of(app)[SERVICE]
    person = await make_person(service.sessions, "a@example.com", FakeClock(service.clock()))

    async def chunks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * 1024

    said = await browser.post("/api/v1/tasks", content=b"x" * (256 * 1024 + 1))
    stranger = await browser.post("/api/v1/tasks", content=chunks(257))
    browser.headers.update(person.headers)
    dripped = await browser.post("/api/v1/tasks", content=chunks(257))
    allowed = await browser.post("/api/v1/tasks", content=chunks(256))

    assert stranger.status_code == 401, "whose body is not even read"
    for response in (said, dripped):
        assert response.status_code == 413
        assert "256 KB" in response.json()["detail"]
        assert response.headers["X-Request-ID"]
    assert allowed.status_code == 422


async def test_unknown_paths_and_methods_are_told_in_json(browser: httpx2.AsyncClient) -> None:
    missing = await browser.get("/api/v1/nothing")
    wrong = await browser.patch("/api/v1/tasks")

    assert missing.status_code == 404
    assert missing.json() == {"detail": "Not Found"}
    assert wrong.status_code == 405
    assert wrong.json() == {"detail": "Method Not Allowed"}
    assert wrong.headers["Allow"]


async def test_bugs_and_outages_are_told_in_json(app: FastAPI, browser: httpx2.AsyncClient) -> None:
    async def bug() -> None:
        raise RuntimeError("secret inside")

    async def outage() -> None:
        raise OperationalError("SELECT 1", {}, Exception("disk full"))

    app.add_api_route("/bug", bug)
    app.add_api_route("/outage", outage)

    broken = await browser.get("/bug")
    assert broken.status_code == 500
    assert broken.json() == {"detail": "Internal server error"}
    assert broken.headers["X-Request-ID"]
    assert broken.headers["X-Content-Type-Options"] == "nosniff"
    gone = await browser.get("/outage")
    assert gone.status_code == 503
    assert "database" in gone.json()["detail"]
    assert gone.headers["Retry-After"]


async def test_without_authentication_only_this_machine_is_served(
    database_templates: Templates, tmp_path: Path
) -> None:
    with database_templates.copy("sqlite", tmp_path, noauth="1") as settings:
        async with running(settings) as app, browse(app) as browser:
            assert (await browser.get("/api/v1/tasks")).status_code == 200
            rebound = await browser.get("/api/v1/tasks", headers={"Host": "evil.example"})
            assert rebound.status_code == 403
