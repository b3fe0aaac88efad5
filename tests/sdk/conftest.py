"""A real server in this process, and both clients of everybody who uses it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from tests.sdk.clients import Script, open_client
from tests.support.databases import Templates
from tests.support.fakes import FakeClock, FakeQueue
from tests.support.offline import build_offline
from tests.support.people import GENEROUS, Person, make_person
from torale.contract.auth import Scope
from torale.server.executions.checker import CHECKER
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.execution_job import ExecutionJob
from torale.server.limits import LimitPolicies
from torale.server.parts import parts_of
from torale.server.worker import Service


@dataclass
class Running:
    """The real application on a real database; only the web and the engine are not there."""

    app: FastAPI
    service: Service
    queue: FakeQueue
    kind: str

    async def person(self, email: str = "alice@example.com", *, is_admin: bool = False) -> Person:
        scopes = tuple(Scope) if is_admin else (Scope.READ, Scope.WRITE)
        return await make_person(
            self.service.sessions,
            email,
            FakeClock(self.service.clock()),
            scopes=scopes,
            is_admin=is_admin,
        )

    def client(self, person: Person, **options: Any) -> Any:
        return open_client(self.kind, self.app, api_key=person.key, **options)

    async def execute(self) -> None:
        """Do what was enqueued."""
        service = self.service
        job = ExecutionJob(
            service.sessions,
            self.queue,
            parts_of(self.app)[CHECKER],
            service.clock,
            service.metrics,
            service.settings.url,
        )
        for waiting in self.queue.waiting:
            if waiting.kind == EXECUTION.name:
                await job.run(EXECUTION.decode(waiting.argument))
                self.queue.done.add(waiting.id)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Take away what whoever runs the tests has set; returns an empty home."""
    for name in ("TORALE_API_KEY", "TORALE_API_URL", "TORALE_CONFIG", "TORALE_NOAUTH"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which client a test body is run with."""
    which: str = request.param
    return which


@pytest.fixture
def policies() -> LimitPolicies:
    return GENEROUS


@pytest.fixture
async def running(
    database_templates: Templates, tmp_path: Path, kind: str, policies: LimitPolicies
) -> AsyncIterator[Running]:
    # The clients are what is tested here: one database is enough.
    with database_templates.copy("sqlite", tmp_path) as settings:
        service = Service(settings, kind="serve", executes=False, policies=policies)
        app, queue = build_offline(service)
        yield Running(app, service, queue, kind)
        await service.stop()


@pytest.fixture
async def alice(running: Running) -> Any:
    return running.client(await running.person())


@pytest.fixture
def scripted(kind: str) -> Callable[..., Any]:
    """Open a client of this kind on a scripted transport."""

    def open_scripted(script: Script, **options: Any) -> Any:
        return open_client(kind, script.transport, **options)

    return open_scripted
