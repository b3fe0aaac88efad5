"""Cost of authentication: `GET /auth/me` with an API key, limits and headers too.

Beside it, under the same load, runs a bare FastAPI application with one indexed look-up of the
same hash: over SQLAlchemy in one transaction, and over the driver alone.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from joserfc.jwk import RSAKey
from sqlalchemy import Engine, insert
from tests.support.clerk import APP, ClerkStandIn, public_pem
from tests.support.postgres import PostgresServer

from bench.load import Load
from bench.seeding import open_database
from bench.serving import torale
from torale.server.auth import rules
from torale.server.auth.clerk import tokens
from torale.server.auth.models import ApiKey, KeyState, Role, User, UserState
from torale.server.clock import utc_now
from torale.server.limits import Limits

KEYS = 1_500  # 100 requests a minute each: 2,500 a second before one of them is refused
ROUNDS, ROUND_SECONDS, WARM_UP_SECONDS = 5, 2.5, 3.0
DECISIONS, SUBJECTS = 50_000, 500
VERIFICATIONS = 2_000


def _make_keys(engine: Engine) -> list[str]:
    now = utc_now()
    plain = [rules.make_key() for _ in range(KEYS)]
    user = {
        "id": rules.local_user_id("bench@example.com"),
        "email": "bench@example.com",
        "email_verified": True,
        "role": Role.USER,
        "state": UserState.ACTIVE,
        "created_at": now,
        "updated_at": now,
    }
    row = {"user_id": user["id"], "name": "bench", "state": KeyState.ACTIVE, "created_at": now}
    keys = [
        {
            **row,
            "key_hash": rules.hash_key(key),
            "key_prefix": rules.prefix_of(key),
            "scopes": ["read"],
        }
        for key in plain
    ]
    with engine.begin() as connection:
        connection.execute(insert(User), user)
        connection.execute(insert(ApiKey), keys)
    return plain


@contextmanager
def _bare(folder: Path, kind: str, url: str) -> Generator[str]:
    log = folder / f"bare-{kind}.txt"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.bare_app", kind, url], stdout=out, stderr=out
        )
    try:
        yield _address(log)
    finally:
        process.terminate()
        process.wait()


def _address(log: Path) -> str:
    for _ in range(300):
        _, found, rest = log.read_text().partition("running at ")
        if found:
            return rest.split()[0]
        time.sleep(0.1)
    raise SystemExit(f"it did not start:\n{log.read_text()}")


def _measure(name: str, folder: Path, database_url: str = "") -> None:
    engine = open_database(folder, database_url)
    keys = _make_keys(engine)
    engine.dispose()
    url = engine.url.render_as_string(hide_password=False)
    url = url.replace("sqlite:///", "sqlite+aiosqlite:///")
    with ExitStack() as stack:
        stack.enter_context(torale(folder, "serve", "--port", "0", database_url=database_url))
        bare = stack.enter_context(_bare(folder, "sqlalchemy", url))
        driver = stack.enter_context(_bare(folder, "driver", url))
        loads = [Load(address, keys) for address in (_address(folder / "log-0.txt"), bare, driver)]
        for load in loads:
            load.run(WARM_UP_SECONDS)
        # In turns, so that what else the machine does meets all of them.
        rounds = [[load.run(ROUND_SECONDS) for load in loads] for _ in range(ROUNDS)]
    ours, sqlalchemy, raw = (median(column) for column in zip(*rounds, strict=True))
    over_bare = median(ours / bare for ours, bare, _ in rounds)
    over_raw = median(ours / driver for ours, _, driver in rounds)
    print(f"GET /auth/me, {name}: {ours:.0f}/s")
    print(f"    {over_bare:.2f} of a bare look-up over SQLAlchemy ({sqlalchemy:.0f}/s; goal 0.7)")
    print(f"    {over_raw:.2f} of a bare look-up over the driver ({raw:.0f}/s)")


def _decisions() -> None:
    async def decide() -> float:
        limits, now = Limits(), utc_now()
        started = time.perf_counter()
        for number in range(DECISIONS):
            await limits.take(limits.policies.callers, f"key:{number % SUBJECTS}", now)
        return (time.perf_counter() - started) / DECISIONS

    print(f"A limit check over three windows: {asyncio.run(decide()) * 1e6:.1f} µs (goal 25)")


def _verifications() -> None:
    now = utc_now()
    with ClerkStandIn() as clerk:
        policy = tokens.TokenPolicy(clerk.url, frozenset({APP}))
        raw = [clerk.token("user_bench", now=now) for _ in range(VERIFICATIONS)]
        key = RSAKey.import_key(public_pem(clerk.key))
    started = time.perf_counter()
    for text in raw:
        tokens.verify(tokens.read(text), key, policy, now)
    took = (time.perf_counter() - started) / VERIFICATIONS
    print(f"A session token of Clerk, verified offline: {took * 1e6:.0f} µs (goal 100)")


def auth() -> None:
    """What it costs to know who is calling."""
    _decisions()
    _verifications()
    with tempfile.TemporaryDirectory() as name:
        _measure("SQLite", Path(name))
    with tempfile.TemporaryDirectory() as name, PostgresServer() as server:
        _measure("PostgreSQL", Path(name), f"{server.url}/postgres")
