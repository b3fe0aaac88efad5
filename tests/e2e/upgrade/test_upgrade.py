"""A database that an earlier release has filled: this one shows the same, and goes on with it."""

import gzip
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.servers import Server, Shop, command, executions, set_due, until
from tests.e2e.upgrade.make_database import SECRET

STORED = sorted(Path(__file__).parent.glob("*.json"))


@dataclass(frozen=True)
class Kept:
    """What the earlier release had in its database, and said of it."""

    key: str
    verified: str
    answers: dict[str, Any]

    def task(self, name: str) -> dict[str, Any]:
        (found,) = (task for task in self.answers["/api/v1/tasks"]["tasks"] if task["name"] == name)
        task: dict[str, Any] = found
        return task


@pytest.fixture(params=STORED, ids=lambda path: path.stem)
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """Lay the database down where a server in `tmp_path` looks for it."""
    path: Path = request.param
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "torale.db") as database:
        database.executescript(gzip.decompress(path.with_suffix(".sql.gz").read_bytes()).decode())
    database.close()
    return Kept(**json.loads(path.read_text()))


def serving(folder: Path, stored: Kept, *more: str) -> Server:
    server = Server(folder, "serve", *more, TORALE_SECRET_KEY=SECRET)
    server.key = stored.key
    return server


def is_shown(then: object, now: object) -> bool:
    """Tell whether an answer has everything that it had; new fields are welcome."""
    if isinstance(then, dict) and isinstance(now, dict):
        return all(name in now and is_shown(value, now[name]) for name, value in then.items())
    if isinstance(then, list) and isinstance(now, list):
        return len(then) == len(now) and all(map(is_shown, then, now))
    return then == now


def ended(client: httpx2.Client, task_id: str, *, count: int) -> bool:
    found = executions(client, task_id)
    return len(found) == count and found[0]["status"] == "success"


def test_everything_is_shown_as_it_was(stored: Kept, tmp_path: Path) -> None:
    # Without a worker: by the time this runs, the tasks of then are overdue.
    with serving(tmp_path, stored, "--no-worker") as server, server.client() as client:
        now = {path: client.get(path).json() for path in stored.answers}
        verified = command("server", "verify-evidence", env=server.env)

    for path, then in stored.answers.items():
        assert is_shown(then, now[path]), f"{path}: {then} is now {now[path]}"
    assert verified.stdout == stored.verified
    assert verified.returncode == 0


def test_a_due_task_is_executed_and_its_chain_goes_on(
    stored: Kept, tmp_path: Path, shop: Shop
) -> None:
    watched = stored.task("Watched")
    known = stored.answers[f"/api/v1/tasks/{watched['id']}/executions"]["executions"]
    (moved,) = shop.lamps(1, "399.00 USD")
    with serving(tmp_path, stored, "--no-worker") as server, server.client() as client:
        path = f"/api/v1/tasks/{watched['id']}"
        client.put(path, json={"sources": [moved]}).raise_for_status()
        set_due(server, watched["id"], datetime.now(UTC) - timedelta(minutes=1))

    with serving(tmp_path, stored) as server, server.client() as client:
        until(
            lambda: ended(client, watched["id"], count=len(known) + 1),
            "the due task is executed",
            every=0.3,
        )
        newest, *before = executions(client, watched["id"])
    verified = command("server", "verify-evidence", "--task", watched["id"], env=server.env)

    assert newest["trigger"] == "schedule"
    assert newest["condition_met"] is False, "399 is not below 350"
    assert is_shown(known, before)
    assert f"head  task {watched['id']} {len(known) + 1} " in verified.stdout
    assert verified.returncode == 0, verified.stdout
