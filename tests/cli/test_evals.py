"""Measures of a judge, as people ask for them."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.e2e.servers import command, environment
from tests.support.models import ModelServer, answer, refused, text

FALSELY_MET = answer(quotes=[{"source": 1, "text": "e"}], answer="Yes.", facts=[])


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with ModelServer() as made:
        yield made


async def evals(folder: Path, *arguments: str, **env: str) -> CompletedProcess[str]:
    """Run the command in a process of its own, while the model of the test answers here."""
    full = {**environment(folder), **env}
    return await asyncio.to_thread(command, "evals", *arguments, env=full)


async def test_the_builtin_judge_passes_and_says_how(tmp_path: Path) -> None:
    done = await evals(tmp_path, "run", "--judge", "builtin")

    assert done.returncode == 0, done.stderr
    assert "precision on met   1.000" in done.stdout
    assert "met, said not_met  0" in done.stdout
    assert "without a quote    0" in done.stdout
    assert done.stdout.splitlines()[-1] == "ok    precision on met, at least 0.99"


async def test_attacks_turn_no_verdict_of_the_builtin_judge(tmp_path: Path) -> None:
    done = await evals(tmp_path, "run", "--attacks", "--json", "--min-precision", "1")

    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["passed"] is True
    assert found["cases"] >= 60
    assert found["missed"] == 0


async def test_a_model_that_cannot_quote_does_not_pass(tmp_path: Path, server: ModelServer) -> None:
    server.script(text(FALSELY_MET))

    done = await evals(
        tmp_path,
        *("run", "--model", "openai:small", "--limit", "6", "--json"),
        OPENAI_BASE_URL=server.base_url,
    )

    found: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 1
    assert found["judge"] == "openai-chat:small"
    assert found["passed"] is False
    assert found["precision"] is None
    assert found["unknown"] == 1.0
    assert found["calls"] == 18
    assert found["cost"] is None


async def test_a_model_that_fails_is_counted_and_named(tmp_path: Path, server: ModelServer) -> None:
    server.script(refused(401))

    done = await evals(
        tmp_path,
        *("run", "--model", "openai:small", "--limit", "3"),
        OPENAI_BASE_URL=server.base_url,
    )

    assert done.returncode == 1
    assert done.stdout.count("failed (model_auth)") == 3
    assert "3, 3 failed" in done.stdout


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--model", "gpt-5"), "--model: 'gpt-5' is no model"),
        (("--tag", "nothing"), "--tag: no case has nothing"),
        (("--judge", "mine"), "must be builtin or served"),
    ],
)
async def test_what_is_wrong_is_said_without_a_traceback(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = await evals(tmp_path, "run", *arguments)

    assert done.returncode != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr


async def test_drift_needs_a_history(tmp_path: Path, server: ModelServer) -> None:
    server.script(text(FALSELY_MET))

    done = await evals(
        tmp_path, "drift", "--model", "openai:small", OPENAI_BASE_URL=server.base_url
    )
    listed = await evals(tmp_path, "drift", "--json")

    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "openai-chat:small: 0 of 0 verdicts would change; 0 could not be judged again\n"
    )
    assert json.loads(listed.stdout)["judge"] == "builtin"
    assert server.asked == []
