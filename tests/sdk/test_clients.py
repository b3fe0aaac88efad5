"""Clients in use: types, help, threads, an end."""

import inspect
import pydoc
from concurrent.futures import ThreadPoolExecutor
from typing import assert_type
from uuid import UUID

import httpx2
import pytest

from tests.sdk.answers import ID, ME, execution
from tests.sdk.clients import KEY, URL, Script, answer
from torale import AsyncPage, AsyncToraleClient, ExecutionOut, Page, TaskOut, ToraleClient, UserOut
from torale.exceptions import NotFoundError

EMPTY = {"tasks": [], "total": 0, "page": 1, "limit": 20}


def sync_client(script: Script) -> ToraleClient:
    return ToraleClient(KEY, api_url=URL, http_client=httpx2.Client(transport=script.transport))


def async_client(script: Script) -> AsyncToraleClient:
    return AsyncToraleClient(
        KEY, api_url=URL, http_client=httpx2.AsyncClient(transport=script.transport)
    )


def test_type_checkers_know_what_a_sync_call_returns() -> None:
    client = sync_client(Script([answer(200, ME), answer(200, EMPTY)]))

    me = client.auth.me()
    assert_type(me, UserOut)
    page = client.tasks.list()
    assert_type(page, Page[TaskOut])
    for task in page:
        assert_type(task, TaskOut)

    assert isinstance(me, UserOut)
    assert isinstance(page, Page)


async def test_type_checkers_know_what_an_async_call_returns() -> None:
    client = async_client(
        Script([answer(200, ME), answer(200, EMPTY), answer(200, execution("failed"))])
    )

    me = await client.auth.me()
    assert_type(me, UserOut)
    page = await client.tasks.list()
    assert_type(page, AsyncPage[TaskOut])
    async for task in page:
        assert_type(task, TaskOut)
    ended = await client.tasks.wait(ID, ID)
    assert_type(ended, ExecutionOut)

    assert isinstance(page, AsyncPage)
    assert isinstance(ended, ExecutionOut)


@pytest.mark.parametrize("kind", [ToraleClient, AsyncToraleClient])
def test_help_shows_arguments_and_words(kind: type[ToraleClient] | type[AsyncToraleClient]) -> None:
    client = kind(KEY, api_url=URL)

    told = pydoc.plain(pydoc.render_doc(client.tasks.create))
    assert "search_query: str, condition_description: str, schedule: str" in told
    assert "TaskOut" in told
    assert "schedule: When to look: cron with 5 fields" in told
    assert "Call[" not in told
    wait = inspect.signature(client.tasks.wait)
    assert list(wait.parameters) == ["task_id", "execution_id", "timeout", "on_look"]
    listed = str(inspect.signature(client.tasks.list).return_annotation)
    assert ("AsyncPager" if kind is AsyncToraleClient else "pages.Page") in listed
    with pytest.raises(TypeError, match="nme"):
        getattr(client.tasks, "update")(ID, nme="x")  # noqa: B009  (checkers refuse it too)
    whole = pydoc.plain(pydoc.render_doc(client.tasks))
    assert "Start watching for a condition" in whole


def test_one_client_serves_many_threads() -> None:
    def echo(request: httpx2.Request) -> httpx2.Response:
        return answer(404, {"detail": request.url.path})

    script = Script([echo])
    client = sync_client(script)

    def ask(number: int) -> bool:
        with pytest.raises(NotFoundError) as caught:
            client.tasks.get(f"task-{number}")
        return str(caught.value) == f"/api/v1/tasks/task-{number}"

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(ask, range(200)))

    assert len(script.seen) == 200


def test_its_own_connections_are_closed_and_those_of_others_are_not() -> None:
    with ToraleClient(KEY, api_url=URL) as client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        client.auth.me()

    mine = httpx2.Client(transport=Script([answer(200, ME)]).transport)
    with ToraleClient(KEY, api_url=URL, http_client=mine) as client:
        client.auth.me()
    assert not mine.is_closed


async def test_the_same_for_async_ones() -> None:
    async with AsyncToraleClient(KEY, api_url=URL) as client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await client.auth.me()

    mine = httpx2.AsyncClient(transport=Script([answer(200, ME)]).transport)
    async with AsyncToraleClient(KEY, api_url=URL, http_client=mine) as client:
        await client.auth.me()
    assert not mine.is_closed


def test_a_base_path_is_kept() -> None:
    script = Script([answer(404, {"detail": "no"})])
    client = ToraleClient(
        KEY,
        api_url="https://example.com/torale/",
        http_client=httpx2.Client(transport=script.transport),
    )
    with pytest.raises(NotFoundError):
        client.tasks.get(UUID(ID))

    assert str(script.seen[0].url) == f"https://example.com/torale/api/v1/tasks/{ID}"


def test_what_is_not_said_is_not_asked() -> None:
    script = Script([answer(200, EMPTY)])
    client = sync_client(script)
    client.tasks.list()
    client.tasks.list(state="active", active=False, page=2, limit=5)

    assert dict(script.seen[0].url.params) == {"page": "1", "limit": "20"}
    assert dict(script.seen[1].url.params) == {
        "state": "active",
        "active": "false",
        "page": "2",
        "limit": "5",
    }
    assert script.seen[0].headers["user-agent"].startswith("torale-python/")
