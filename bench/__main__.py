"""Benchmarks of Torale on this machine: `make bench`.

Figures are ratios where another system runs too.

python -m bench                 all cases
python -m bench sqlite idle     some of them
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, text
from tests.support.postgres import PostgresServer

from bench.auth_case import auth
from bench.dashboard_case import dashboard
from bench.judging_case import judging
from bench.seeding import lags, open_database, progress, seed
from bench.serving import Running, site, torale
from bench.starting import start
from torale.server.clock import utc_now

BURST = 1_500
DUE, TOTAL = 10_000, 1_000_000
IDLE_TASKS, IDLE_SECONDS = 100_000, 20


def _await_all(engine: Engine, count: int, *, patience: float) -> None:
    deadline = time.monotonic() + patience
    while (state := progress(engine)).ended < count:
        if time.monotonic() > deadline:
            raise SystemExit(f"only {state} of {count} ended within {patience} s")
        time.sleep(0.5)
    if state.failed or state.tasks != count or state.ended != count:
        raise SystemExit(f"not each exactly once, or some failed: {state}")


def _cpu(running: Sequence[Running]) -> float:
    return sum(process.cpu_seconds for process in running)


def _report(name: str, engine: Engine, count: int, due_at: datetime, cpu: float) -> None:
    started, last = lags(engine, due_at)
    rate = count / last
    p50, p99 = started[count // 2], started[int(count * 0.99)]
    print(f"{name}: {count} executions, each exactly once, {rate:.0f}/s")
    print(f"    start lag p50 {p50:.2f} s, p99 {p99:.2f} s; the last ended after {last:.1f} s")
    print(f"    CPU of Torale's processes: {cpu / count * 1000:.1f} ms for each")


def sqlite_burst() -> None:
    """1,500 tasks with different pages, due at once, one process on SQLite."""
    with tempfile.TemporaryDirectory() as name, site() as url:
        folder = Path(name)
        engine = open_database(folder)
        with torale(folder, "serve", "--port", "0") as running:
            due_at = (utc_now() + timedelta(seconds=3)).replace(microsecond=0)
            seed(engine, url, due=BURST, idle=0, due_at=due_at)
            before = _cpu(running)
            _await_all(engine, BURST, patience=120)
            cpu = _cpu(running) - before
        _report("SQLite, one process", engine, BURST, due_at, cpu)
        engine.dispose()


def postgres_burst() -> None:
    """10,000 due of 1,000,000 tasks, two workers on PostgreSQL."""
    with tempfile.TemporaryDirectory() as name, site() as url, PostgresServer() as server:
        folder, database = Path(name), f"{server.url}/postgres"
        engine = open_database(folder, database)
        due_at = utc_now() + timedelta(days=1)
        seed(engine, url, due=DUE, idle=TOTAL - DUE, due_at=due_at)
        with torale(folder, "worker", database_url=database, count=2) as running:
            moment = utc_now().replace(microsecond=0) + timedelta(seconds=3)
            with engine.begin() as connection:
                connection.execute(
                    text("UPDATE tasks SET next_run_at = :to WHERE next_run_at = :at"),
                    {"to": moment, "at": due_at},
                )
            before = _cpu(running)
            _await_all(engine, DUE, patience=300)
            cpu = _cpu(running) - before
        _report("PostgreSQL, two workers, of 1,000,000 tasks", engine, DUE, moment, cpu)
        engine.dispose()


def apscheduler_burst() -> None:
    """The 10,000-job case on APScheduler 3.11 with its defaults, jobs that do nothing."""
    command = [sys.executable, "-m", "bench.apscheduler_case", str(DUE), "30"]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    ran, span, late = int(out[-3]), float(out[-2]), float(out[-1])
    print(f"APScheduler 3.11, defaults: {ran} of {DUE} jobs ran (Torale: {DUE} of {DUE})")
    if ran:
        print(f"    the last after {span:.1f} s, scheduler resumed {late:.1f} s late")


def idle() -> None:
    """CPU and memory of one process on SQLite with 100,000 tasks of which none is due."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engine = open_database(folder)
        seed(engine, "http://127.0.0.1:9", due=0, idle=IDLE_TASKS, due_at=utc_now())
        with torale(folder, "serve", "--port", "0") as (process,):
            time.sleep(5)
            print(f"Memory after start: {process.megabytes:.0f} MB")
            before = process.cpu_seconds
            time.sleep(IDLE_SECONDS)
            share = (process.cpu_seconds - before) / IDLE_SECONDS
            print(f"Idle with {IDLE_TASKS} tasks: {share:.1%} of one core")
        engine.dispose()


CASES: dict[str, Callable[[], None]] = {
    "start": start,
    "judging": judging,
    "auth": auth,
    "dashboard": dashboard,
    "idle": idle,
    "sqlite": sqlite_burst,
    "postgres": postgres_burst,
    "apscheduler": apscheduler_burst,
}


def main(names: list[str]) -> None:
    unknown = set(names) - set(CASES)
    if unknown:
        raise SystemExit(f"unknown case {', '.join(unknown)}; there are {', '.join(CASES)}")
    print(f"{utc_now():%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}")
    for name in names or CASES:
        CASES[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
