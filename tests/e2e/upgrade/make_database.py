"""Maker of the stored database: SQLite as an operator of one release has it after some use.

    cd <checkout of that release, with this folder> && \
        .venv/bin/python -m tests.e2e.upgrade.make_database tests/e2e/upgrade/<revision>

writes `<revision>.sql.gz`, the database, and `<revision>.json`: its key, the output of
`verify-evidence`, and what the API answered.
"""

import gzip
import json
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from tests.e2e.servers import Server, Shop, all_ended, command, create, open_shop, sends, until

SECRET = "the-secret-of-the-stored-database-0123456789"
NOBODY = "http://127.0.0.1:9/lamp"


def execute(client: httpx2.Client, task: dict[str, Any]) -> str:
    """Execute a task by hand, to its end; answers the execution's id."""
    started = client.post(f"/api/v1/tasks/{task['id']}/execute")
    assert started.status_code == 202, started.text
    until(lambda: all_ended(client, [task]), "the execution ends", every=0.3)
    return str(started.json()["execution_id"])


def use(client: httpx2.Client, shop: Shop) -> list[dict[str, Any]]:
    """Make tasks in every state whose executions ended in every way."""
    hook = f"{shop.url}/hook"
    cheap, dear, silent = shop.lamps(3)
    shop.pages["/lamp-1"] = "Aurora lamp, price: 399.00 USD. In stock."
    shop.pages["/lamp-2"] = "Opening hours: every day from nine to five, Sundays excepted."
    completed = create(client, cheap, hook, name="Completed")
    watched = create(client, dear, hook, name="Watched", notify_behavior="track_state")
    unsure = create(client, silent, hook, name="Unsure")
    failing = create(client, NOBODY, hook, name="Failing")
    paused = create(client, dear, hook, name="Paused", notify_behavior="always")
    tasks = [completed, watched, unsure, failing, paused]
    until(lambda: all_ended(client, tasks), "every execution ends", every=0.3)

    shop.pages["/lamp-1"] = "Aurora lamp, price: 329.00 USD. In stock."
    execution = execute(client, watched)
    shop.pages["/lamp-1"] = "Aurora lamp, price: 309.00 USD. Two left."
    execute(client, watched)
    path = f"/api/v1/tasks/{watched['id']}/executions/{execution}/feedback"
    said = client.post(path, json={"correct": False, "note": "That was the refurbished one."})
    assert said.status_code == 200, said.text
    client.put(f"/api/v1/tasks/{paused['id']}", json={"state": "paused"}).raise_for_status()
    until(
        lambda: all(send["status"] == "delivered" for send in sends(client)),
        "every message is delivered",
        every=0.3,
    )
    return tasks


def answers(client: httpx2.Client, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the API shows of all that, by address."""
    paths = ["/api/v1/tasks", "/api/v1/channels", "/api/v1/notifications"]
    paths.append("/api/v1/notifications/sends")
    for task in tasks:
        path = f"/api/v1/tasks/{task['id']}"
        executions = client.get(f"{path}/executions").raise_for_status().json()["executions"]
        paths += [path, f"{path}/executions"]
        paths += [f"{path}/executions/{execution['id']}/evidence" for execution in executions]
    return {path: client.get(path).raise_for_status().json() for path in paths}


def main() -> None:
    target = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder, open_shop() as shop:
        server = Server(Path(folder), TORALE_SECRET_KEY=SECRET)
        with server, server.client() as client:
            shown = answers(client, use(client, shop))
            server.stop()
        verified = command("server", "verify-evidence", env=server.env)
        with sqlite3.connect(Path(folder) / "data" / "torale.db") as database:
            dump = "\n".join(database.iterdump())
        database.close()
    target.with_suffix(".sql.gz").write_bytes(gzip.compress(dump.encode(), 9, mtime=0))
    kept = {"key": server.key, "verified": verified.stdout, "answers": shown}
    target.with_suffix(".json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
