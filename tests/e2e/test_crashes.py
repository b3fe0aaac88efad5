"""Processes and databases that die in the middle of their work: nothing is lost or told twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.e2e.servers import (
    Server,
    Shop,
    assert_told_once,
    create,
    executions,
    set_due,
    until,
)
from tests.support.postgres import PostgresServer, find_programs


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    programs = find_programs()
    if programs is None:
        pytest.skip("needs the programs of PostgreSQL")
    with PostgresServer(programs) as server:
        yield server


def test_a_killed_server_loses_nothing(tmp_path: Path, database_url: str, shop: Shop) -> None:
    *told, checked_1, checked_2, checked_3 = shop.lamps(5)
    hook = f"{shop.url}/hook"
    with Server(tmp_path, database_url=database_url) as server:
        with server.client() as client:
            shop.block_hook()
            tasks = [create(client, lamp, hook) for lamp in told]
            until(lambda: len(shop.ids) == len(told), "deliveries are in flight")
            shop.block_pages()
            tasks += [create(client, lamp, hook) for lamp in (checked_1, checked_2, checked_3)]
            until(lambda: len(shop.requested) == len(tasks), "executions are in flight")
        unanswered = set(shop.ids)

        server.kill()
        shop.release()
        server.start()

        with server.client() as client:
            assert_told_once(client, shop, tasks)
        assert {one for one in shop.ids if shop.ids.count(one) == 2} == unanswered, (
            "what got no answer is sent again under the same id, and nothing else is"
        )


def test_a_worker_takes_over_from_a_killed_one(
    tmp_path: Path, postgres_url: str, shop: Shop
) -> None:
    lamps = shop.lamps(6)
    hook = f"{shop.url}/hook"
    secret = {"TORALE_SECRET_KEY": "the-same-in-every-process-0123456789"}
    (tmp_path / "front").mkdir()
    front = Server(tmp_path / "front", "serve", "--no-worker", database_url=postgres_url, **secret)
    workers = [
        Server(tmp_path / name, "worker", database_url=postgres_url, **secret)
        for name in ("one", "two")
    ]
    for worker in workers:
        worker.folder.mkdir()
    first, second = workers
    try:
        front.start()
        with front.client() as client:
            assert client.get("/readyz").status_code == 503, "nobody looks for due tasks"
            first.start()
            until(lambda: client.get("/readyz").status_code == 200, "a worker counts", every=0.5)
            shop.block_pages()
            tasks = [create(client, lamp, hook) for lamp in lamps[:4]]
            until(lambda: len(shop.requested) == 4, "the first worker is at it")
            second.start()
            first.kill()
            tasks += [create(client, lamp, hook) for lamp in lamps[4:]]
            shop.release()

            assert_told_once(client, shop, tasks)
        assert second.stop()[0] == 0
        assert front.stop()[0] == 0
    finally:
        for process in (front, first, second):
            process.kill()


def test_a_database_that_goes_away_is_waited_for(
    tmp_path: Path, own_postgres: PostgresServer, shop: Shop
) -> None:
    lamps = shop.lamps(6)
    hook = f"{shop.url}/hook"
    with (
        psycopg.connect(f"{own_postgres.url}/postgres", autocommit=True) as admin,
    ):
        admin.execute("CREATE DATABASE torale")
    server = Server(tmp_path, database_url=f"{own_postgres.url}/torale")
    with server, server.client() as client:
        tasks = []
        for end, mine in ((own_postgres.stop, lamps[:3]), (own_postgres.kill, lamps[3:])):
            shop.block_pages()
            seen = len(shop.requested)
            tasks += [create(client, lamp, hook) for lamp in mine]
            until(lambda: len(shop.requested) == seen + 3, "executions are in flight")  # noqa: B023

            end()
            shop.release()  # the executions end while there is nowhere to write it
            gone = client.get("/readyz")
            assert gone.status_code == 503
            assert gone.json()["database"] == "unreachable"
            assert client.get("/healthz").status_code == 200
            refused = client.get("/api/v1/tasks")
            assert refused.status_code == 503
            assert "database" in refused.json()["detail"]
            assert refused.headers["Retry-After"]
            own_postgres.start()

            until(lambda: client.get("/readyz").status_code == 200, "it is ready", every=0.5)
        assert_told_once(client, shop, tasks)
        code, seconds = server.stop()
        assert code == 0
        assert seconds < 10


def test_told_to_stop_it_stops_in_time_and_goes_on_later(
    tmp_path: Path, database_url: str, shop: Shop
) -> None:
    blocked, overdue = shop.lamps(2)
    hook = f"{shop.url}/hook"
    with Server(tmp_path, database_url=database_url) as server:
        with server.client() as client:
            shop.block_pages()
            tasks = [
                create(client, blocked, hook),
                create(client, overdue, hook, schedule="0 * * * *", run_immediately=False),
            ]
            until(lambda: shop.requested, "an execution is in flight")

        code, seconds = server.stop()
        assert code == 0, server.log
        assert seconds < 10
        assert "Traceback" not in server.log
        now = datetime.now(UTC)
        set_due(server, tasks[1]["id"], now.replace(minute=0) - timedelta(hours=5))
        shop.release()
        server.start()

        with server.client() as client:
            until(lambda: "/lamp-1" in shop.requested, "the missed tick is caught up", seconds=20)
            assert_told_once(client, shop, tasks)
            (execution,) = executions(client, tasks[1]["id"])
            assert execution["trigger"] == "schedule"


def test_ticks_missed_while_down_collapse_into_one(tmp_path: Path, shop: Shop) -> None:
    (lamp,) = shop.lamps(1, "399.00 USD")
    with Server(tmp_path) as server:
        with server.client() as client:
            fields = {"schedule": "*/5 * * * *", "run_immediately": False}
            task = create(client, lamp, f"{shop.url}/hook", **fields)
        server.stop()
        set_due(server, task["id"], datetime.now(UTC) - timedelta(hours=3))
        server.start()

        with server.client() as client:
            path = f"/api/v1/tasks/{task['id']}"

            def ended() -> bool:
                last = client.get(path).json()["last_execution"]
                return last is not None and last["status"] == "success"

            until(ended, "the missed ticks are caught up", seconds=20, every=0.5)
            looked = _dispatcher_rounds(client.get("/metrics").text)
            until(
                lambda: _dispatcher_rounds(client.get("/metrics").text) >= looked + 2,
                "the dispatcher looks again",
                every=0.5,
            )
            assert len(executions(client, task["id"])) == 1
            following = datetime.fromisoformat(client.get(path).json()["next_run"])
            assert following > datetime.now(UTC) - timedelta(minutes=1)
    assert shop.ids == [], "399 is not below 350"


def _dispatcher_rounds(metrics: str) -> float:
    """Return when the dispatcher last looked, in seconds; it looks every second."""
    prefix = "torale_dispatcher_timestamp_seconds "
    (found,) = [line for line in metrics.splitlines() if line.startswith(prefix)]
    return float(found.split()[1])


def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        second = Server(tmp_path)
        with pytest.raises(AssertionError, match="ended with 1"):
            second.start()
        said = second.log.strip().splitlines()
        second.kill()
        assert len(said) == 1, said
        assert "TORALE_DATA_DIR" in said[0]
        with server.client() as client:
            assert client.get("/readyz").status_code == 200
