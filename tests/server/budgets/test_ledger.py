"""Budgets hold, however many workers spend at once."""

import asyncio
from collections.abc import AsyncIterator, Container
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from tests.server.budgets.steps import spent
from tests.support.databases import Templates
from tests.support.fakes import FakeClock
from torale.server.budgets import ledger
from torale.server.budgets.ledger import (
    HELD,
    BudgetLedger,
    BudgetOwner,
    BudgetReservation,
    DailyLimits,
    ModelCost,
    daily_limits_of,
)
from torale.server.budgets.models import SpendingReservation
from torale.server.database import Sessions, connect, make_sessions
from torale.server.judge.base import JudgeError
from torale.server.settings.base import Settings

BILLION = 10**9
LIMITS = DailyLimits(task=ModelCost(1_000, BILLION), user=ModelCost(1_500, 3 * BILLION))
FREE = DailyLimits()
ALL = range(3)


@pytest.fixture
async def workers(settings: Settings) -> AsyncIterator[list[Sessions]]:
    """The connections of several processes on one database."""
    engines = [connect(settings) for _ in range(1 if settings.is_sqlite else 3)]
    yield [make_sessions(one) for one in engines]
    for engine in engines:
        await engine.dispose()


async def reserved(sessions: Sessions) -> int:
    async with sessions.begin() as session:
        return await session.scalar(select(func.count()).select_from(SpendingReservation)) or 0


async def test_what_was_set_aside_becomes_what_was_spent(
    workers: list[Sessions], clock: FakeClock
) -> None:
    payer = BudgetOwner(uuid4(), uuid4())
    budget = BudgetLedger(workers[0], LIMITS, clock).budget(payer)

    held = await budget.reserve(tokens=900, cost=Decimal("0.5"))
    assert await spent(workers[0], "task", payer.task_id or payer.user_id) == (900, BILLION // 2)

    await held.settle(tokens=120, cost=Decimal("0.0000000001"))
    assert await spent(workers[0], "user", payer.user_id) == (120, 1), "a part counts as a whole"
    assert await reserved(workers[0]) == 0


@pytest.mark.parametrize(
    "tokens, cost, whose",
    [(1_001, None, "this task"), (10, Decimal("1.01"), "this task"), (0, Decimal(4), "account")],
)
async def test_a_call_that_could_exceed_a_budget_is_not_made(
    workers: list[Sessions], clock: FakeClock, tokens: int, cost: Decimal | None, whose: str
) -> None:
    payer = BudgetOwner(uuid4(), uuid4())

    with pytest.raises(JudgeError) as caught:
        await (
            BudgetLedger(workers[0], LIMITS, clock).budget(payer).reserve(tokens=tokens, cost=cost)
        )

    assert caught.value.kind == "budget_exceeded"
    assert f"Today's model budget of {'your ' if whose == 'account' else ''}{whose} is used up" in (
        caught.value.detail
    )
    assert "2026-11-25 at 00:00 UTC" in caught.value.detail
    assert await reserved(workers[0]) == 0
    assert await spent(workers[0], "user", payer.user_id) == (0, 0), "nothing is left half taken"


async def test_parallel_workers_never_exceed_a_budget_by_a_single_call(
    workers: list[Sessions], clock: FakeClock
) -> None:
    user, tasks = uuid4(), [uuid4() for _ in range(3)]
    treasuries = [BudgetLedger(one, LIMITS, clock) for one in workers]

    async def call(number: int) -> BudgetReservation | None:
        payer = BudgetOwner(user, tasks[number % 3])
        try:
            held = (
                await treasuries[number % len(treasuries)]
                .budget(payer)
                .reserve(tokens=70, cost=Decimal("0.07"))
            )
        except JudgeError:
            return None
        if number % 2:
            await held.settle(tokens=70, cost=Decimal("0.07"))
        return held

    made = [one for one in await asyncio.gather(*(call(n) for n in range(60))) if one]

    assert len(made) == 1_500 // 70, "all that fits, and not one more"
    assert (await spent(workers[0], "user", user))[0] == 70 * len(made)
    for task in tasks:
        tokens, cost = await spent(workers[0], "task", task)
        assert tokens <= 1_000
        assert cost <= BILLION


async def test_parallel_settling_counts_every_call(
    workers: list[Sessions], clock: FakeClock
) -> None:
    payer = BudgetOwner(uuid4(), uuid4())
    treasuries = [BudgetLedger(one, FREE, clock) for one in workers]

    async def call(number: int) -> None:
        budget = treasuries[number % len(treasuries)].budget(payer)
        held = await budget.reserve(tokens=1_000, cost=None)
        await held.settle(tokens=number, cost=None)

    await asyncio.gather(*(call(number) for number in range(30)))

    assert await spent(workers[0], "user", payer.user_id) == (sum(range(30)), 0)
    assert await reserved(workers[0]) == 0


async def test_what_a_dead_process_took_is_released_by_time(
    workers: list[Sessions], clock: FakeClock
) -> None:
    user, task, other = uuid4(), uuid4(), uuid4()
    treasury = BudgetLedger(workers[0], LIMITS, clock)
    lost = await treasury.budget(BudgetOwner(user, task)).reserve(tokens=900, cost=None)
    await treasury.budget(BudgetOwner(user, other)).reserve(tokens=500, cost=None)
    budget = treasury.budget(BudgetOwner(user, task))

    clock.advance(HELD)
    with pytest.raises(JudgeError):
        await budget.reserve(tokens=900, cost=None)

    clock.advance(timedelta(seconds=1))
    await budget.reserve(tokens=900, cost=None)
    assert await spent(workers[0], "user", user) == (900, 0)
    assert await spent(workers[0], "task", other) == (0, 0)

    # It was slow, not dead: what it spent counts all the same.
    await lost.settle(tokens=50, cost=None)
    assert await spent(workers[0], "user", user) == (950, 0)


async def test_parallel_releases_give_back_once(workers: list[Sessions], clock: FakeClock) -> None:
    user = uuid4()
    treasuries = [BudgetLedger(one, LIMITS, clock) for one in workers]
    for _ in range(5):
        await treasuries[0].budget(BudgetOwner(user, uuid4())).reserve(tokens=300, cost=None)
    clock.advance(HELD + timedelta(seconds=1))

    async def call(number: int) -> bool:
        budget = treasuries[number % len(treasuries)].budget(BudgetOwner(user, uuid4()))
        try:
            await budget.reserve(tokens=100, cost=None)
        except JudgeError:
            return False
        return True

    made = await asyncio.gather(*(call(number) for number in range(20)))

    assert sum(made) == 15
    assert await spent(workers[0], "user", user) == (1_500, 0)


async def test_a_new_day_is_a_new_budget(workers: list[Sessions], clock: FakeClock) -> None:
    budget = BudgetLedger(workers[0], LIMITS, clock).budget(BudgetOwner(uuid4(), uuid4()))
    await budget.reserve(tokens=1_000, cost=None)

    clock.advance(timedelta(hours=15))  # past midnight UTC

    await budget.reserve(tokens=1_000, cost=None)


async def test_a_preview_is_paid_by_its_user_alone(
    workers: list[Sessions], clock: FakeClock
) -> None:
    user = uuid4()
    budget = BudgetLedger(workers[0], LIMITS, clock).budget(BudgetOwner(user))

    await budget.reserve(tokens=1_400, cost=None)

    with pytest.raises(JudgeError):
        await budget.reserve(tokens=101, cost=None)


async def test_without_limits_nothing_is_refused_and_all_is_counted(
    workers: list[Sessions], clock: FakeClock
) -> None:
    payer = BudgetOwner(uuid4(), uuid4())

    await (
        BudgetLedger(workers[0], FREE, clock).budget(payer).reserve(tokens=10**12, cost=Decimal(10))
    )

    assert await spent(workers[0], "user", payer.user_id) == (10**12, 10 * BILLION)


async def test_old_accounts_are_forgotten(workers: list[Sessions], clock: FakeClock) -> None:
    payer = BudgetOwner(uuid4(), uuid4())
    await BudgetLedger(workers[0], LIMITS, clock).budget(payer).reserve(tokens=1, cost=None)

    async def forget() -> int:
        async with workers[0].begin() as session:
            return await ledger.forget(session, now=clock())

    assert await forget() == 0
    clock.advance(timedelta(days=91))
    assert await forget() == 3
    assert await reserved(workers[0]) == 0


async def test_a_database_that_is_gone_loses_no_verdict(
    settings: Settings, clock: FakeClock
) -> None:
    engine = connect(settings)
    sessions = make_sessions(engine)
    held = (
        await BudgetLedger(sessions, LIMITS, clock)
        .budget(BudgetOwner(uuid4()))
        .reserve(tokens=1, cost=None)
    )
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE spending_reservations"))

    await held.settle(tokens=1, cost=None)

    await engine.dispose()


def test_limits_are_settings(settings: Settings) -> None:
    assert daily_limits_of(settings) == DailyLimits(
        task=ModelCost(1_000_000, BILLION), user=ModelCost(5_000_000, 5 * BILLION)
    )
    none = {"task_daily_tokens": 0, "task_daily_cost": Decimal(0)}
    assert daily_limits_of(settings.model_copy(update=none)).task == ModelCost()


@dataclass(frozen=True)
class Lent:
    held: BudgetReservation
    task: int
    tokens: int
    until: datetime


@dataclass
class Book:
    """What must be true, kept in the plainest way: one line a call, nothing summed up."""

    lent: dict[int, Lent] = field(default_factory=dict[int, Lent])
    used: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    late: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def total(self, tasks: Container[int], now: datetime) -> int:
        """Tokens that are spent, or set aside for calls that may still be running."""
        running = sum(
            loan.tokens for loan in self.lent.values() if loan.task in tasks and loan.until >= now
        )
        return running + sum(tokens for task, tokens in self.used if task in tasks)

    def fits(self, task: int, tokens: int, now: datetime) -> bool:
        return self.total([task], now) + tokens <= 1_000 and self.total(ALL, now) + tokens <= 1_500

    def check(self, now: datetime) -> None:
        for task in ALL:
            assert self.total([task], now) <= 1_000 + self.late_total([task])
        assert self.total(ALL, now) <= 1_500 + self.late_total(ALL)

    def late_total(self, tasks: Container[int]) -> int:
        """Tokens of calls that ended after their time was over: their room may be taken."""
        return sum(tokens for task, tokens in self.late if task in tasks)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("reserve"), st.integers(0, 2), st.integers(0, 700)),
        st.tuples(st.just("settle"), st.integers(0, 20), st.integers(0, 700)),
        st.tuples(st.just("wait"), st.integers(0, 4), st.just(0)),
    ),
    max_size=25,
)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=acts)
def test_no_order_of_acts_exceeds_a_budget(
    database_templates: Templates, tmp_path_factory: pytest.TempPathFactory,
    acts: list[tuple[str, int, int]],
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("spending")
    with database_templates.copy("sqlite", folder) as settings:
        asyncio.run(_play(settings, acts))


async def _play(settings: Settings, acts: list[tuple[str, int, int]]) -> None:
    engine, clock, book = connect(settings), FakeClock(), Book()
    treasury, user = BudgetLedger(make_sessions(engine), LIMITS, clock), uuid4()
    tasks = [uuid4() for _ in ALL]
    for number, (act, index, size) in enumerate(acts):
        if act == "wait":
            clock.advance(timedelta(minutes=index))
        elif act == "reserve":
            budget = treasury.budget(BudgetOwner(user, tasks[index]))
            fits = book.fits(index, size, clock())
            try:
                held = await budget.reserve(tokens=size, cost=None)
            except JudgeError:
                assert not fits, "there was room"
            else:
                book.lent[number] = Lent(held, index, size, clock() + HELD)
        elif index in book.lent:
            lent = book.lent.pop(index)
            used = min(size, lent.tokens)
            await lent.held.settle(tokens=used, cost=None)
            book.used.append((lent.task, used))
            if lent.until < clock():
                book.late.append((lent.task, used))
        book.check(clock())
    await engine.dispose()
