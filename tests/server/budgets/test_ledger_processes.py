"""Two real processes spend one budget at once."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.server.budgets.steps import spent
from tests.support.databases import Templates
from torale.server.database import connect, make_sessions
from torale.server.settings.base import Settings

CAP, CALL, TRIES = 1_000, 70, 20
SPENDER = f"""
import asyncio, sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from torale.server.settings.base import Settings
from torale.server.database import connect, make_sessions

from torale.server.judge.base import JudgeError
from torale.server.budgets.ledger import BudgetLedger, BudgetOwner, DailyLimits, ModelCost

async def main():
    engine = connect(Settings.model_validate_json(sys.argv[1]))
    limits = DailyLimits(task=ModelCost({CAP}, 0), user=ModelCost(0, 0))
    now = datetime(2026, 11, 24, 9, tzinfo=UTC)
    budget = BudgetLedger(make_sessions(engine), limits, lambda: now).budget(
        BudgetOwner(UUID(sys.argv[2]), UUID(sys.argv[3])))
    print("ready", flush=True)
    sys.stdin.readline()
    made = 0
    for _ in range({TRIES}):
        try:
            held = await budget.reserve(tokens={CALL}, cost=Decimal("0.01"))
        except JudgeError:
            continue
        await held.settle(tokens={CALL}, cost=Decimal("0.01"))
        made += 1
    print(made, flush=True)
    await engine.dispose()

asyncio.run(main())
"""


async def spend(settings: Settings, user: UUID, task: UUID) -> asyncio.subprocess.Process:
    """Start a process that tries to make calls once it is told to."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", SPENDER, settings.model_dump_json(), str(user), str(task)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )


async def test_two_processes_never_exceed_a_budget_by_a_single_call(
    database_templates: Templates, tmp_path: Path
) -> None:
    if database_templates.postgres is None:
        pytest.skip("needs PostgreSQL")
    user, task = uuid4(), uuid4()
    with database_templates.copy("postgresql", tmp_path) as settings:
        workers = [await spend(settings, user, task) for _ in range(2)]
        for worker in workers:
            assert worker.stdout is not None
            assert await worker.stdout.readline() == b"ready\n"
        said = await asyncio.gather(*(one.communicate(b"go\n") for one in workers))
        engine = connect(settings)
        total = await spent(make_sessions(engine), "task", task)
        await engine.dispose()

    assert sum(int(out.split()[-1]) for out, _ in said) == CAP // CALL, (
        "all that fits, and not one more"
    )
    assert total[0] == CAP // CALL * CALL
