"""Every operation of the OpenAPI document, called with what the document allows and forbids."""

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
import schemathesis
import uvicorn
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import (
    ChecksConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)

from tests.support.databases import Templates
from tests.support.fakes import FakeClock, FakeQueue
from tests.support.offline import LAMP, build_offline
from tests.support.people import GENEROUS, make_person
from torale.contract.auth import Scope
from torale.server.clock import utc_now
from torale.server.database import SESSIONS, connect, make_sessions
from torale.server.executions.checker import CHECKER
from torale.server.executions.dispatching.job_names import EXECUTION
from torale.server.executions.execution_job import ExecutionJob
from torale.server.parts import parts_of
from torale.server.settings.base import Settings
from torale.server.worker import SERVICE, Service

EXAMPLES = 6
# Rules beyond JSON Schema (a key that was used for another request, a schedule that makes no
# sense) are answered 422, so that is no broken promise; nothing else is let pass.
SPOKEN_RULES = ["2xx", "3xx", "401", "403", "404", "409", "422", "429", "5xx"]


def build(settings: Settings) -> tuple[FastAPI, FakeQueue]:
    """Build the real application; only the web and the engine are not there."""
    service = Service(settings, kind="serve", executes=True, policies=GENEROUS)
    service.dispatcher.last_tick = utc_now()  # as if it ran: /readyz asks
    return build_offline(service)


@dataclass
class Running:
    app: FastAPI
    queue: FakeQueue
    url: str
    key: str


@pytest.fixture(scope="module")
def running(
    database_templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with database_templates.copy("sqlite", tmp_path_factory.mktemp("openapi")) as made:
        app, queue = build(made)
        service = parts_of(app)[SERVICE]

        async def prepare() -> str:
            clock = FakeClock(utc_now())
            person = await make_person(
                service.sessions, "root@example.com", clock, scopes=tuple(Scope), is_admin=True
            )
            await parts_of(app)[SESSIONS].kw["bind"].dispose()
            return person.key

        key = asyncio.run(prepare())
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)

        async def serve() -> None:
            await server.serve(sockets=[listener])
            await parts_of(app)[SESSIONS].kw["bind"].dispose()
            await service.keys.aclose()

        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        try:
            yield Running(app, queue, f"http://127.0.0.1:{listener.getsockname()[1]}", key)
        finally:
            server.should_exit = True
            thread.join(20)
            listener.close()


@pytest.fixture(scope="module")
def api(running: Running) -> Any:
    accepted = PositiveDataAcceptanceConfig(expected_statuses=SPOKEN_RULES)
    checks = ChecksConfig(positive_data_acceptance=accepted)
    project = ProjectConfig(base_url=running.url, checks=checks)
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_dict(running.app.openapi(), config=config)

    @schema.auth()
    class Key:
        """Known to be a right one: requests without it and with another are tried, too."""

        def get(self, _case: object, _context: object) -> str:
            return running.key

        def set(self, case: Any, key: str, _context: object) -> None:
            case.headers["Authorization"] = f"Bearer {key}"

    return schema


@pytest.fixture(scope="module")
def known(running: Running) -> Mapping[str, str]:
    """Things that are there: a task with a channel and an execution that met its condition."""
    spec = {
        "search_query": "Price of the Aurora lamp",
        "condition_description": "The price is below 350 USD",
        "schedule": "0 9 * * *",
        "sources": [LAMP],
        "notifications": [{"type": "webhook", "url": "https://hook.example/torale"}],
    }
    headers = {"Authorization": f"Bearer {running.key}"}
    with httpx2.Client(base_url=running.url, headers=headers, trust_env=False) as client:
        task = client.post("/api/v1/tasks", json=spec).raise_for_status().json()
        path = f"/api/v1/tasks/{task['id']}"
        started = client.post(f"{path}/execute").raise_for_status().json()
        asyncio.run(run_executions(running))
        execution = f"{path}/executions/{started['execution_id']}"
        assert client.get(execution).json()["condition_met"] is True
    return {
        "task_id": task["id"],
        "execution_id": started["execution_id"],
        "channel_id": task["notifications"][0]["channel_id"],
    }


async def run_executions(running: Running) -> None:
    """Do what was enqueued, on a loop and with connections of its own."""
    service = parts_of(running.app)[SERVICE]
    database = connect(service.settings)
    sessions, checker = make_sessions(database), parts_of(running.app)[CHECKER]
    job = ExecutionJob(
        sessions,
        running.queue,
        checker,
        service.clock,
        service.metrics,
        service.settings.url,
    )
    for waiting in running.queue.waiting:
        await job.run(EXECUTION.decode(waiting.argument))
    await database.dispose()


@pytest.mark.timeout(100)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_the_document_keeps_its_word(
    api: Any, known: Mapping[str, str], mode: GenerationMode
) -> None:
    broken: dict[str, str] = {}
    for found in api.get_all_operations():
        operation = found.ok()
        try:
            call(operation, mode, {})
            if operation.method != "delete" and mode is GenerationMode.POSITIVE:
                call(operation, mode, known)
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # nothing about it can be wrong
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  (all of them are shown)
            broken[operation.label] = f"{error}"

    assert broken == {}, "\n\n".join(f"{label}: {what}" for label, what in broken.items())


def call(operation: Any, mode: GenerationMode, known: Mapping[str, str]) -> None:
    """Call one operation with examples and validate each answer.

    Args:
        known: Ids of things that are there, by the name of the parameter.
    """
    ids = {name: one for name, one in known.items() if f"{{{name}}}" in operation.path}
    if known and not ids:
        return

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.filter_too_much,
            HealthCheck.data_too_large,
        ],
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=ids or None))
    def run(case: Any) -> None:
        case.call_and_validate()  # by all checks that there are by default

    run()
