"""Cost of a page of the task list: 25 rows of 25 tasks, and of 10,000.

Real requests with a real session, one after the other; what is counted is the CPU time of the
whole server process, its compression and its idle work included.
"""

import hashlib
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import Connection, Engine, insert, text
from tests.support.postgres import PostgresServer

from bench.seeding import open_database
from bench.serving import Running, torale
from torale.contract.executions import ExecutionStatus, Trigger
from torale.contract.tasks import NotifyBehavior, TaskState
from torale.server.auth.accounts.sessions import LONGEST
from torale.server.auth.models import Role, User, UserSession, UserState
from torale.server.clock import utc_now
from torale.server.executions.history.recent_outcomes import STRIP
from torale.server.executions.models import Execution
from torale.server.tasks.models import Task

FEW, MANY = 25, 10_000
ROUNDS, REQUESTS = 3, 30  # of each account together fewer than the 100 a minute of a user
ANSWER = "Two of four retailers list it at $329.00, the others still at $399.00 and $405.50."


@dataclass(frozen=True)
class _Account:
    """Somebody with so many tasks; `token` is their session's cookie."""

    size: int
    user_id: UUID
    token: str


def _make_account(connection: Connection, size: int) -> _Account:
    now, user_id, token = utc_now(), uuid4(), secrets.token_urlsafe(32)
    user = {
        "id": user_id,
        "email": f"bench-{size}@example.com",
        "email_verified": True,
        "role": Role.USER,
        "state": UserState.ACTIVE,
        "created_at": now,
        "updated_at": now,
    }
    session = {
        "user_id": user_id,
        "token_hash": hashlib.sha256(token.encode()).hexdigest(),
        "method": "password",
        "address": "127.0.0.1",
        "agent": "Chrome on Linux",
        "created_at": now,
        "last_seen_at": now,
        "ends_at": now + LONGEST,
    }
    connection.execute(insert(User), user)
    connection.execute(insert(UserSession), session)
    tasks = [_task(user_id, number) for number in range(size)]
    connection.execute(insert(Task), tasks)
    for start in range(0, size, 500):
        rows = [
            _execution(task, tick) for task in tasks[start : start + 500] for tick in range(STRIP)
        ]
        connection.execute(insert(Execution), rows)
    return _Account(size, user_id, token)


def _task(user_id: UUID, number: int) -> dict[str, Any]:
    """Return one task of a mixture: some failing, met and paused, most waiting."""
    now, task_id = utc_now(), uuid4()
    is_paused, is_failing, is_met = number % 10 == 0, number % 10 == 1, number % 10 in {2, 3}
    last = {
        "id": str(uuid4()),
        "condition_met": is_met,
        "status": "failed" if is_failing else "success",
        "started_at": now.isoformat(),
        "completed_at": now.isoformat(),
    }
    return {
        "id": task_id,
        "user_id": user_id,
        "name": f"Price of lamp number {number}",
        "search_query": f"What does lamp number {number} cost?",
        "condition_description": "The price is below 350 USD",
        "schedule": "0 9 * * *",
        "timezone": "Europe/Berlin",
        "notify_behavior": NotifyBehavior.ALWAYS,
        "state": TaskState.PAUSED if is_paused else TaskState.ACTIVE,
        "sources": [f"https://shop.example/lamp/{number}"],
        "next_run_at": None if is_paused else now + LONGEST,
        "trouble_streak": 3 if is_failing else 0,
        "last_execution": last,
        "last_known_state": {"answer": ANSWER, "facts": {}, "timestamp": now.isoformat()},
        "state_changed_at": now,
        "created_at": now,
        "updated_at": now,
    }


def _execution(task: dict[str, Any], tick: int) -> dict[str, Any]:
    at = utc_now()
    return {
        "task_id": task["id"],
        "trigger": Trigger.SCHEDULE,
        "job_id": str(uuid4()),
        "status": ExecutionStatus.FAILED if tick % 9 == 8 else ExecutionStatus.SUCCESS,
        "started_at": at,
        "completed_at": at,
        "condition_met": tick % 5 == 4,
        "grounding_sources": [],
        "created_at": at,
    }


def _cost(client: httpx2.Client, process: Running, account: _Account) -> float:
    """Return the milliseconds of CPU time that one page took, on average of some."""
    before = process.cpu_seconds
    for _ in range(REQUESTS):
        page = client.get("/tasks", headers={"Cookie": f"session={account.token}"})
        if page.status_code != 200 or page.text.count("data-row>") != FEW:
            raise SystemExit(f"not a page of {FEW} tasks: {page.status_code}")
    return (process.cpu_seconds - before) / REQUESTS * 1e3


def _address(folder: Path) -> str:
    return (folder / "log-0.txt").read_text().partition("running at ")[2].split()[0]


def _measure(name: str, folder: Path, database_url: str = "") -> None:
    engine = open_database(folder, database_url)
    accounts = _fill(engine)
    with (
        torale(folder, "serve", "--port", "0", database_url=database_url) as (process,),
        httpx2.Client(base_url=_address(folder)) as client,
    ):
        for _ in range(2):  # the first pages compile templates and statements
            client.get("/tasks", headers={"Cookie": f"session={accounts[0].token}"})
        rounds = [[_cost(client, process, account) for account in accounts] for _ in range(ROUNDS)]
    few, many = (median(column) for column in zip(*rounds, strict=True))
    ratio = median(big / small for small, big in rounds)
    print(f"A page of {FEW} tasks, {name}: {few:.1f} ms of CPU time (goal 12)")
    print(f"    the same page of {MANY} tasks: {many:.1f} ms, {ratio:.2f} times that (goal 1.5)")


def _fill(engine: Engine) -> Sequence[_Account]:
    with engine.begin() as connection:
        accounts = [_make_account(connection, size) for size in (FEW, MANY)]
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()
    return accounts


def dashboard() -> None:
    """What a page of the task list costs the server."""
    with tempfile.TemporaryDirectory() as name:
        _measure("SQLite", Path(name))
    with tempfile.TemporaryDirectory() as name, PostgresServer() as server:
        _measure("PostgreSQL", Path(name), f"{server.url}/postgres")
