"""The SDK and the OpenAPI document speak of the same calls and the same fields."""

import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel

from tests.sdk.descriptions import RESOURCES, descriptions
from tests.support.databases import Templates as Databases
from torale import AsyncToraleClient, ToraleClient
from torale.contract.auth import KeyCreate
from torale.contract.channels import ChannelCreate, ChannelUpdate, VerifyIn
from torale.contract.tasks import PreviewIn, SuggestIn, TaskCreate, TaskUpdate
from torale.sdk.auth import ApiKeys
from torale.sdk.channels import Channels
from torale.sdk.tasks import Tasks
from torale.sdk.transport.calls import Call, PageCall, Resource
from torale.server.app import create_app
from torale.server.worker import Service

NOT_FOR_PROGRAMS = {
    "GET /healthz": "for whoever runs the server",
    "GET /readyz": "for whoever runs the server",
    "GET /metrics": "for whoever runs the server",
    "POST /auth/sync-user": "takes session tokens of browsers alone",
    "POST /webhooks/clerk": "called by Clerk",
    "GET /api/v1/unsubscribe/{token}": "a link in a mail",
    "POST /api/v1/unsubscribe/{token}": "a link in a mail",
}


def described(describe: Callable[..., Any]) -> Call[Any]:
    """Describe a call with some value for everything that it needs."""
    needed = {
        name: str(uuid4())
        for name, argument in inspect.signature(describe).parameters.items()
        if argument.default is inspect.Parameter.empty
    }
    found = describe(**needed)
    if isinstance(found, PageCall):
        return found.at(1)
    if isinstance(found, Call):
        return found
    next(found)  # a procedure asks for the time; then it does what is described elsewhere too
    step = found.send(0.0)
    assert isinstance(step, Call)
    return step


@pytest.fixture
async def document(database_templates: Databases, tmp_path: Path) -> Mapping[str, Any]:
    with database_templates.copy("sqlite", tmp_path) as settings:
        service = Service(settings, kind="serve", executes=False)
        made = create_app(service).openapi()
        await service.stop()
    return made


def operations(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def operation_of(call: Call[Any], known: Mapping[str, Any]) -> str:
    """Return the operation that answers a call: the one whose path has the fewest blanks."""
    asked = f"{call.method} {call.path}"
    fitting = [
        name
        for name in known
        if re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(name)), asked)
    ]
    assert fitting, f"nobody answers {asked}"
    return min(fitting, key=lambda name: name.count("{"))


async def test_every_public_route_is_reached(document: Mapping[str, Any]) -> None:
    known = operations(document)
    reached = {operation_of(described(describe), known) for _, describe in descriptions()}

    assert reached.isdisjoint(NOT_FOR_PROGRAMS)
    assert set(known) - reached == set(NOT_FOR_PROGRAMS), "give it a method, or a reason"


async def test_every_filter_of_a_route_can_be_given(document: Mapping[str, Any]) -> None:
    known = operations(document)
    missing: dict[str, set[str]] = {}
    for name, describe in descriptions():
        call = described(describe)
        wanted = {
            parameter["name"]
            for parameter in known[operation_of(call, known)].get("parameters", ())
            if parameter["in"] == "query"
        }
        if unknown := wanted ^ set(call.query):
            missing[name] = unknown

    assert missing == {}


@pytest.mark.parametrize(
    "describe, model, beside",
    [
        (Tasks.create, TaskCreate, {"idempotency_key"}),
        (Tasks.update, TaskUpdate, {"task_id"}),
        (Tasks.preview, PreviewIn, set[str]()),
        (Tasks.suggest, SuggestIn, set[str]()),
        (ApiKeys.create, KeyCreate, set[str]()),
        (Channels.create, ChannelCreate, {"idempotency_key"}),
        (Channels.update, ChannelUpdate, {"channel_id"}),
        (Channels.verify, VerifyIn, {"channel_id"}),
    ],
)
def test_every_field_of_the_wire_is_an_argument(
    describe: Callable[..., Any], model: type[BaseModel], beside: set[str]
) -> None:
    parameters = inspect.signature(describe).parameters

    assert set(parameters) - beside == set(model.model_fields)
    for name, argument in parameters.items():
        if name in beside or argument.default is inspect.Parameter.empty:
            continue
        default = model.model_fields[name].get_default(call_default_factory=True)
        if argument.default is not None and "NOT_GIVEN" not in repr(argument.default):
            assert argument.default == (tuple(default) if isinstance(default, list) else default)


def test_both_clients_have_every_resource() -> None:
    for kind in (ToraleClient, AsyncToraleClient):
        client = kind("sk_x", api_url="http://localhost")
        held = {type(value) for value in vars(client).values() if isinstance(value, Resource)}
        assert held == set(RESOURCES)


def test_every_method_says_what_it_does() -> None:
    for name, describe in descriptions():
        assert (describe.__doc__ or "").split("\n")[0].endswith((".", ":")), name
