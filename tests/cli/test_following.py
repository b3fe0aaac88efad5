"""`torale task logs --follow` asks as often as it may."""

import httpx2
import pytest

from torale.cli.console.commands import Options, Run
from torale.cli.executions import follow_executions

TASK = "3f1c6a52-7b0e-4a5e-9a43-1f2f6d1a7b10"


class EnoughError(Exception):
    """The test has seen it."""


def test_it_goes_on_after_being_told_to_ask_less() -> None:
    nothing = {"executions": [], "total": 0, "page": 1, "limit": 20}
    answers = [
        httpx2.Response(429, json={"detail": "Rate limit exceeded"}, headers={"Retry-After": "6"}),
        httpx2.Response(200, json=nothing),
    ]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if not answers:
            raise EnoughError

    transport = httpx2.MockTransport(lambda _: answers.pop(0))
    with httpx2.Client(transport=transport) as http:
        run = Run(Options(api_key="sk_x", api_url="http://localhost", http_client=http))
        with pytest.raises(EnoughError):
            follow_executions(run, TASK, None, 20, sleep)

    assert slept == [6, 5], "as long as it was told, then as usual"
