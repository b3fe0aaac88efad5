"""Retries: attempts, waits, and the exception of every failure."""

import logging
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sdk.answers import ID, ME, execution
from tests.sdk.clients import KEY, Pausing, Script, answer
from torale.exceptions import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ToraleAPIError,
    ToraleError,
    ValidationError,
    WaitTimeoutError,
)
from torale.sdk.transport import retries

SPEC = {
    "search_query": "Price of the Aurora lamp",
    "condition_description": "The price is below 350 USD",
    "schedule": "0 9 * * *",
}

Open = Callable[..., Any]


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_what_passes_is_tried_again(scripted: Open, status: int) -> None:
    script, pausing = Script([answer(status), answer(status), answer(200, ME)]), Pausing()

    me = await scripted(script, pausing=pausing).auth.me()

    assert me.email == "alice@example.com"
    assert len(script.seen) == 3
    first, second = pausing.pauses
    assert 0.25 <= first <= 0.5 <= second <= 1.0


@pytest.mark.parametrize(
    "error",
    [
        httpx2.ConnectError("refused"),
        httpx2.ReadError("reset"),
        httpx2.RemoteProtocolError("gone"),
        httpx2.ReadTimeout("slow"),
        httpx2.ConnectTimeout("slow"),
        httpx2.PoolTimeout("slow"),
    ],
    ids=lambda one: type(one).__name__,
)
async def test_a_broken_connection_is_tried_again(scripted: Open, error: Exception) -> None:
    script = Script([error, answer(200, ME)])
    assert (await scripted(script).auth.me()).email == "alice@example.com"

    script = Script([error])
    with pytest.raises(APIConnectionError) as caught:
        await scripted(script).auth.me()
    assert len(script.seen) == 3
    assert isinstance(caught.value, APITimeoutError) == isinstance(error, httpx2.TimeoutException)
    assert isinstance(caught.value.__cause__, type(error))


async def test_no_retries_when_none_are_wanted(scripted: Open) -> None:
    script = Script([answer(503, {"detail": "The database is unavailable"})])
    with pytest.raises(ServerError, match="The database is unavailable"):
        await scripted(script, max_retries=0).auth.me()

    assert len(script.seen) == 1


@pytest.mark.parametrize(
    "status, kind",
    [
        (400, ValidationError),
        (401, AuthenticationError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (413, ToraleAPIError),
        (422, ValidationError),
        (429, RateLimitError),
        (418, ToraleAPIError),
    ],
)
async def test_what_stands_is_not_tried_again(
    scripted: Open, status: int, kind: type[ToraleAPIError]
) -> None:
    script = Script([answer(status, {"detail": "Nothing doing"}, {"X-Request-ID": "abc"})])
    with pytest.raises(ToraleAPIError) as caught:
        await scripted(script).auth.me()

    error = caught.value
    assert type(error) is kind
    assert (error.status_code, error.request_id, str(error)) == (status, "abc", "Nothing doing")
    assert error.response is not None
    assert len(script.seen) == 1


@pytest.mark.parametrize("status, kind", [(500, ServerError), (503, ServerError)])
async def test_a_server_that_stays_down(
    scripted: Open, status: int, kind: type[ToraleAPIError]
) -> None:
    script = Script([answer(status, {"detail": "Down"})])
    with pytest.raises(kind, match="Down"):
        await scripted(script).auth.me()

    assert len(script.seen) == 3


async def test_a_short_retry_after_is_waited_for(scripted: Open) -> None:
    script, pausing = Script([answer(429, {}, {"Retry-After": "5"}), answer(200, ME)]), Pausing()

    await scripted(script, pausing=pausing).auth.me()

    assert pausing.pauses == [5.0]


@pytest.mark.parametrize("headers", [{"Retry-After": "6"}, {"Retry-After": "soon"}, {}])
async def test_a_long_retry_after_is_told(scripted: Open, headers: dict[str, str]) -> None:
    limits = {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "1795510800",
    }
    script = Script([answer(429, {"detail": "Rate limit exceeded"}, {**headers, **limits})])
    with pytest.raises(RateLimitError) as caught:
        await scripted(script).auth.me()

    error = caught.value
    assert error.retry_after == (6 if headers.get("Retry-After") == "6" else None)
    assert (error.limit, error.remaining, error.reset) == (100, 0, 1795510800)
    assert len(script.seen) == 1


async def test_a_service_that_asks_for_minutes_is_not_asked_again(scripted: Open) -> None:
    script = Script([answer(503, {"detail": "Later"}, {"Retry-After": "120"})])
    with pytest.raises(ServerError):
        await scripted(script).auth.me()

    assert len(script.seen) == 1


async def test_every_attempt_of_a_post_has_the_same_idempotency_key(scripted: Open) -> None:
    script = Script([httpx2.ReadError("reset"), answer(500), answer(409, {"detail": "Busy"})])
    client = scripted(script)
    with pytest.raises(ConflictError):
        await client.tasks.execute(ID)
    keys = [one.headers["idempotency-key"] for one in script.seen]
    assert len(keys) == 3
    assert len(set(keys)) == 1

    with pytest.raises(ConflictError):
        await client.tasks.execute(ID)
    with pytest.raises(ConflictError):
        await client.tasks.execute(ID, idempotency_key="mine")
    assert script.seen[-2].headers["idempotency-key"] not in keys
    assert script.seen[-1].headers["idempotency-key"] == "mine"


@pytest.mark.parametrize("key", ["naïve", "two\nlines"])
async def test_an_idempotency_key_is_plain(scripted: Open, key: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII"):
        await scripted(Script([answer(202)])).tasks.execute(ID, idempotency_key=key)


async def test_only_posts_carry_an_idempotency_key(scripted: Open) -> None:
    script = Script([answer(404, {"detail": "Task not found"})])
    client = scripted(script)
    for call in (client.tasks.get(ID), client.tasks.update(ID, name="x"), client.tasks.delete(ID)):
        with pytest.raises(NotFoundError):
            await call

    assert ["idempotency-key" in one.headers for one in script.seen] == [False] * 3


async def test_what_an_earlier_attempt_has_deleted_is_deleted(scripted: Open) -> None:
    gone = answer(404, {"detail": "Task not found"})

    await scripted(Script([httpx2.ReadError("reset"), gone])).tasks.delete(ID)

    with pytest.raises(NotFoundError):
        await scripted(Script([gone])).tasks.delete(ID)


async def test_an_answer_that_is_not_ours_is_not_trusted(scripted: Open) -> None:
    page = httpx2.Response(200, text="<title>Welcome to the hotel</title>")
    with pytest.raises(ToraleAPIError, match="cannot read") as caught:
        await scripted(Script([page])).auth.me()
    assert caught.value.status_code == 200

    with pytest.raises(ToraleAPIError, match="cannot read"):
        await scripted(Script([answer(200, {**ME, "id": "sk_" + "z" * 32})])).auth.me()
    with pytest.raises(ServerError, match="HTTP 502 Bad Gateway"):
        await scripted(Script([httpx2.Response(502, text="<h1>sorry</h1>")])).auth.me()
    odd: list[object] = [[], {"detail": 5}, {"detail": [{"loc": 3}, 7]}, {"detail": []}]
    for body in odd:
        with pytest.raises(ValidationError):
            await scripted(Script([answer(422, body)])).auth.me()


async def test_unknown_fields_are_kept(scripted: Open) -> None:
    me = await scripted(Script([answer(200, {**ME, "nickname": "Al"})])).auth.me()

    assert me.model_dump()["nickname"] == "Al"


async def test_waiting_looks_less_and_less_often(scripted: Open) -> None:
    running = execution("running")
    script = Script([*[answer(200, running)] * 12, answer(200, execution("failed"))])
    pausing = Pausing()

    ended = await scripted(script, pausing=pausing).tasks.wait(ID, ID)

    assert ended.status == "failed"
    first, *pauses = pausing.pauses
    assert first == 0
    assert pauses[0] == 0.5
    assert pauses == sorted(pauses)
    assert pauses[-1] == 5.0
    assert len(script.seen) == 13


async def test_waiting_ends(scripted: Open) -> None:
    script, pausing = Script([answer(200, execution("pending"))]), Pausing()
    started = pausing.now
    with pytest.raises(WaitTimeoutError, match="did not end in 60 s") as caught:
        await scripted(script, pausing=pausing).tasks.wait(ID, ID, timeout=60)

    assert isinstance(caught.value, TimeoutError)
    assert pausing.now - started == pytest.approx(60)


async def test_waiting_bears_being_told_to_ask_less(scripted: Open) -> None:
    limited = answer(429, {"detail": "Rate limit exceeded"}, {"Retry-After": "30"})
    script = Script([answer(200, execution("running")), limited, answer(200, execution("success"))])
    pausing = Pausing()

    assert (await scripted(script, pausing=pausing).tasks.wait(ID, ID)).status == "success"
    assert pausing.pauses == [0, 0.5, 30]

    with pytest.raises(NotFoundError):
        await scripted(Script([answer(404, {"detail": "Task not found"})])).tasks.wait(ID, ID)


async def test_a_preview_may_take_longer_than_other_calls(scripted: Open) -> None:
    script = Script([answer(422, {"detail": "No"})])
    fields = {key: SPEC[key] for key in ("search_query", "condition_description")}
    for timeout in (10.0, 300.0, None):
        client = scripted(script, timeout=timeout)
        with pytest.raises(ValidationError):
            await client.tasks.preview(**fields)
        with pytest.raises(ValidationError):
            await client.auth.me()

    reads = [one.extensions["timeout"]["read"] for one in script.seen]
    assert reads == [120.0, 10.0, 300.0, 300.0, None, None]


async def test_an_error_of_the_program_is_the_programs(scripted: Open) -> None:
    def wrong(_: httpx2.Request) -> httpx2.Response:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await scripted(Script([wrong])).auth.me()
    with pytest.raises(TypeError, match="cannot be sent"):
        await scripted(Script([answer(200, ME)])).tasks.create(**{**SPEC, "name": object()})
    with pytest.raises(ValueError, match="JSON"):
        await scripted(Script([answer(200, ME)])).tasks.create(**{**SPEC, "name": float("nan")})


async def test_what_happens_is_logged_for_those_who_ask(
    scripted: Open, caplog: pytest.LogCaptureFixture
) -> None:
    script = Script([answer(503), answer(200, ME, {"X-Request-ID": "abc-123"})])
    with caplog.at_level(logging.DEBUG, "torale"):
        await scripted(script).auth.me()

    said = [one.getMessage() for one in caplog.records if one.name == "torale"]
    assert said[0] == "GET http://127.0.0.1:8000/auth/me: 503, request id none"
    assert said[1].startswith("attempt 2 of 3 in 0.")
    assert said[2] == "GET http://127.0.0.1:8000/auth/me: 200, request id abc-123"
    assert KEY not in caplog.text


def test_all_exceptions_are_ours() -> None:
    for kind in (APIConnectionError, ToraleAPIError, WaitTimeoutError):
        assert issubclass(kind, ToraleError)


@given(failures=st.integers(1, 50), luck=st.floats(0, 1))
def test_backoff_grows_and_is_bounded(failures: int, luck: float) -> None:
    wait = retries.backoff(failures, luck)

    assert 0.25 <= wait <= 8.0
    assert retries.backoff(failures + 1, 0) >= retries.backoff(failures, 0)


@given(status=st.integers(300, 599), asked=st.none() | st.floats(0, 1e6), wait=st.floats(0, 8))
def test_no_answer_is_waited_for_long(status: int, asked: float | None, wait: float) -> None:
    pause = retries.after_answer(status, asked, wait)

    if asked is not None and asked > 5:
        assert pause is None
    if pause is not None:
        assert status in {408, 429} or status >= 500
        assert pause >= (asked or 0)
        assert pause <= max(5, wait)
