"""The guide on evidence runs from top to bottom, and a flipped byte is found by the operator."""

import json
import re
import sqlite3
from pathlib import Path

from tests.e2e.servers import PATIENCE, Server, Shop, command, open_shop, until
from tests.support.guides import GUIDES, environment, program, run_python


def make_history(server: Server, shop: Shop) -> str:
    """Look at a lamp three times, while it gets cheaper; answers the task's id."""
    with server.client() as client:
        task = client.post(
            "/api/v1/tasks",
            json={
                "search_query": "Price of the Aurora lamp",
                "condition_description": "the price is below 350 USD",
                "schedule": "0 9 * * *",
                "notify_behavior": "always",
                "sources": [f"{shop.url}/lamp"],
            },
        ).json()
        path = f"/api/v1/tasks/{task['id']}"
        for price in (399, 329, 309):
            shop.pages["/lamp"] = f"Aurora lamp, price: {price}.00 USD. In stock."
            started = client.post(f"{path}/execute").json()
            execution = f"{path}/executions/{started['execution_id']}"
            until(
                lambda at=execution: client.get(at).json()["status"] == "success",  # type: ignore[misc]
                "the execution ends",
                seconds=PATIENCE,
                every=0.3,
            )
    return str(task["id"])


def test_the_guide_runs_and_an_altered_byte_is_named(tmp_path: Path) -> None:
    with open_shop() as shop, Server(tmp_path) as server:
        task_id = make_history(server, shop)
        config = tmp_path / "config.json"
        config.write_text(json.dumps({"api_url": server.url, "api_key": server.key}))
        known = environment(tmp_path, TORALE_CONFIG=str(config))
        ran = run_python(program(GUIDES / "evidence.md"), known)
        whole = command("server", "verify-evidence", env=server.env)
        nobody = command("server", "verify-evidence", "--task", "nonsense", env=server.env)

        with sqlite3.connect(tmp_path / "data" / "torale.db") as database:
            read = "SELECT rowid, compressed FROM evidence_texts ORDER BY seen_at LIMIT 1"
            rowid, compressed = database.execute(read).fetchone()
            flipped = bytes([*compressed[:-1], compressed[-1] ^ 1])
            change = "UPDATE evidence_texts SET compressed = ? WHERE rowid = ?"
            database.execute(change, (flipped, rowid))
        database.close()
        altered = command("server", "verify-evidence", env=server.env)

    assert ran.stderr == ""
    said = ran.stdout.splitlines()
    assert said[0].startswith(f"{shop.url}/lamp says “")
    assert said[1] == "met True"
    assert said[2] == "told 2 times, would tell 1 times"
    assert said[3:6] == [
        "not_met not_met False None",
        "met not_met False None",
        "met met True None",
    ]
    assert said[6] == "100% of the history could be judged"
    assert "right=0 wrong=1 precision=0.0" in said[7]
    assert said[8] == "met was False and is now met"

    assert whole.returncode == 0, whole.stdout + whole.stderr
    head, summary = whole.stdout.splitlines()
    assert re.fullmatch(rf"head  task {task_id} 3 [0-9a-f]{{64}}", head)
    assert summary.startswith("ok    3 executions, 3 documents, 3 texts")
    assert nobody.returncode == 1
    assert "--task" in nobody.stderr

    assert altered.returncode == 1
    (fault,) = [one for one in altered.stdout.splitlines() if f"document {shop.url}/lamp" in one]
    assert fault.startswith(f"FAIL  task {task_id} execution ")
    assert fault.endswith("its text is not the one that was read")
