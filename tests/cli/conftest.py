"""The command in this process, against the real application."""

import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio.to_thread
import httpx2
import pytest
import structlog
from typer.testing import CliRunner, Result

from tests.sdk.clients import URL, Bridge
from tests.sdk.conftest import Running, bare_environment, policies, running
from torale.cli.console.commands import Options
from torale.cli.main import app

__all__ = ["bare_environment", "policies", "running"]

Torale = Callable[..., Awaitable[Result]]


@pytest.fixture
def kind() -> str:
    return "sync"


def as_typed(running: Running, key: str | None) -> Torale:
    """Return what runs `torale …` with a key, as if the server were where it looks."""

    async def torale(*arguments: str, input: str | None = None) -> Result:  # noqa: A002
        def run() -> Result:
            with httpx2.Client(transport=Bridge(running.app)) as http:
                options = Options(api_key=key, api_url=URL, http_client=http)
                return CliRunner().invoke(app, list(arguments), obj=options, input=input)

        return await anyio.to_thread.run_sync(run)

    return torale


@pytest.fixture(autouse=True)
def quiet_server() -> Iterator[None]:
    """The server runs in this process too: what it logs is not what the command prints."""
    only_critical = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=only_critical, cache_logger_on_first_use=False)
    yield
    structlog.reset_defaults()


@pytest.fixture
async def torale(running: Running) -> Torale:
    return as_typed(running, (await running.person()).key)


@pytest.fixture
async def as_admin(running: Running) -> Torale:
    return as_typed(running, (await running.person("root@example.com", is_admin=True)).key)


async def make_task(torale: Torale, *more: str, **named: Any) -> str:
    """Make a task that watches the lamp; returns its id."""
    made = await torale(
        *("task", "create", "-q", "Price of the Aurora lamp"),
        *("-c", "the price is below 350 USD", "-s", named.get("schedule", "every day at 09:00")),
        *("--source", "https://shop.example/lamp", "--json", *more),
    )
    assert made.exit_code == 0, made.output
    task_id: str = json.loads(made.stdout)["id"]
    return task_id
