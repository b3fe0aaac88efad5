"""Budget ledger: what models may cost in a day, in the database so that all workers share it.

Room for a call is taken before the call, in a transaction of its own that one conditional
statement per budget decides; afterwards what was taken is replaced by what was spent. Room that a
dead process took is given back once its time is over, to whoever needs it first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import cast
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, Table, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.server.budgets.models import Spending, SpendingReservation
from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.judge.base import JudgeError
from torale.server.judge.budget import Budget, Reservation
from torale.server.settings.base import Settings

EXCEEDED = "budget_exceeded"
# Longer than any call: a judge gives one up after a minute.
HELD = timedelta(minutes=5)
KEPT = timedelta(days=90)
_BILLION = 10**9
_spending = cast(Table, Spending.__table__)
_reservations = cast(Table, SpendingReservation.__table__)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BudgetOwner:
    """Who pays for a judgement: a user, and one of the user's tasks unless it is a preview."""

    user_id: UUID
    task_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ModelCost:
    """Cost of calls to models: tokens, and billionths of a US dollar."""

    tokens: int = 0
    cost: int = 0

    @classmethod
    def of(cls, tokens: int, cost: Decimal | None) -> "ModelCost":
        """Round up: what is not counted is given away."""
        billionths = (cost or Decimal(0)) * _BILLION
        return cls(tokens, int(billionths.to_integral_value(ROUND_CEILING)))

    def __sub__(self, other: "ModelCost") -> "ModelCost":
        return ModelCost(self.tokens - other.tokens, self.cost - other.cost)


@dataclass(frozen=True, slots=True)
class DailyLimits:
    """Limits of a day; 0 for none."""

    task: ModelCost = ModelCost()
    user: ModelCost = ModelCost()


def daily_limits_of(settings: Settings) -> DailyLimits:
    """Read the daily budgets that the operator set."""
    return DailyLimits(
        task=ModelCost.of(settings.task_daily_tokens, settings.task_daily_cost),
        user=ModelCost.of(settings.user_daily_tokens, settings.user_daily_cost),
    )


@dataclass(frozen=True, slots=True)
class _Account:
    """The account of one scope on one day."""

    scope: str
    id: UUID
    day: date
    limit: ModelCost

    @property
    def this(self) -> ColumnElement[bool]:
        columns = _spending.c
        return (
            (columns.scope == self.scope)
            & (columns.scope_id == self.id)
            & (columns.day == self.day)
        )


class _FullError(Exception):
    """An account has no room."""

    def __init__(self, account: _Account) -> None:
        super().__init__()
        self.account = account


class BudgetLedger:
    """Hands out budgets that all processes on one database share."""

    def __init__(self, sessions: Sessions, limits: DailyLimits, clock: Clock) -> None:
        self._sessions = sessions
        self._limits = limits
        self._clock = clock

    def budget(self, payer: BudgetOwner) -> "DailyBudget":
        """Return what may be spent on judgements for `payer`."""
        return DailyBudget(self._sessions, self._limits, self._clock, payer)


class DailyBudget(Budget):
    """The budgets of a user and of a task, both at once."""

    def __init__(
        self, sessions: Sessions, limits: DailyLimits, clock: Clock, payer: BudgetOwner
    ) -> None:
        self._sessions = sessions
        self._limits = limits
        self._clock = clock
        self._payer = payer

    async def reserve(self, *, tokens: int, cost: Decimal | None) -> "BudgetReservation":
        """See `judge.budget.Budget.reserve`. Days begin at midnight UTC."""
        now = self._clock()
        wanted = ModelCost.of(tokens, cost)
        try:
            held = await self._take(wanted, now)
        except _FullError:
            # The room may be that of calls whose process died.
            try:
                held = await self._take(wanted, now, release=True)
            except _FullError as full:
                raise await self._refusal(full.account, wanted) from None
        return BudgetReservation(self._sessions, held, self._accounts(now), wanted)

    async def _take(self, wanted: ModelCost, now: datetime, *, release: bool = False) -> UUID:
        async with self._sessions.begin() as session:
            if release:
                await _release(session, self._payer.user_id, now)
            for account in self._accounts(now):
                if not await _add_within(session, account, wanted):
                    raise _FullError(account)
            held = uuid4()
            row = {
                "id": held,
                "user_id": self._payer.user_id,
                "task_id": self._payer.task_id,
                "day": now.astimezone(UTC).date(),
                "tokens": wanted.tokens,
                "cost": wanted.cost,
                "expires_at": now + HELD,
            }
            await session.execute(insert(_reservations).values(row))
        return held

    def _accounts(self, now: datetime) -> list[_Account]:
        """The user's first, everywhere: one order of locks, no deadlock."""
        return _accounts(self._payer, now.astimezone(UTC).date(), self._limits)

    async def _refusal(self, account: _Account, wanted: ModelCost) -> JudgeError:
        async with self._sessions.begin() as session:
            row = await session.execute(
                select(_spending.c.tokens, _spending.c.cost).where(account.this)
            )
            spent = ModelCost(*(row.one_or_none() or (0, 0)))
        whose = "this task" if account.scope == "task" else "your account"
        tomorrow = account.day + timedelta(days=1)
        detail = (
            f"Today's model budget of {whose} is used up: {_usage_text(spent, account.limit)}; the"
            f" next call could take {wanted.tokens} tokens. There is room again on {tomorrow}"
            " at 00:00 UTC."
        )
        log.info("budget.exceeded", scope=account.scope, scope_id=str(account.id))
        return JudgeError(EXCEEDED, detail)


class BudgetReservation(Reservation):
    """Room that was taken for one call."""

    def __init__(
        self, sessions: Sessions, id_: UUID, accounts: Iterable[_Account], amount: ModelCost
    ) -> None:
        self._sessions = sessions
        self._id = id_
        self._accounts = accounts
        self._amount = amount

    async def settle(self, *, tokens: int, cost: Decimal | None) -> None:
        """See `judge.budget.Reservation.settle`.

        A verdict that was paid for is not lost to a database that is gone for a moment: the
        reservation stands in for what was spent until its time is over.
        """
        spent = ModelCost.of(tokens, cost)
        try:
            async with self._sessions.begin() as session:
                mine = delete(_reservations).where(_reservations.c.id == self._id)
                found = await session.execute(mine.returning(_reservations.c.id))
                # Its time was over: the room has been given back already.
                taken = ModelCost() if found.one_or_none() is None else self._amount
                for account in self._accounts:
                    await _add(session, account, spent - taken)
        except SQLAlchemyError:
            log.exception("budget.not_settled", reservation=str(self._id))


async def forget(session: AsyncSession, *, now: datetime) -> int:
    """Delete accounts of long ago; answers how many rows went."""
    day = (now - KEPT).date()
    gone = await session.execute(
        delete(_spending).where(_spending.c.day < day).returning(_spending.c.day)
    )
    left = delete(_reservations).where(_reservations.c.day < day)
    more = await session.execute(left.returning(_reservations.c.id))
    return len(gone.all()) + len(more.all())


async def _add_within(session: AsyncSession, account: _Account, amount: ModelCost) -> bool:
    """Add to an account unless that goes beyond its limit; one statement decides."""
    limit = account.limit
    if not _fits(amount.tokens, limit.tokens) or not _fits(amount.cost, limit.cost):
        return False
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    upsert = sqlite_insert(_spending) if is_sqlite else postgresql_insert(_spending)
    row = {"scope": account.scope, "scope_id": account.id, "day": account.day}
    upsert = upsert.values(**row, tokens=amount.tokens, cost=amount.cost)
    columns = _spending.c
    within = [
        column + extra <= most
        for column, extra, most in (
            (columns.tokens, amount.tokens, limit.tokens),
            (columns.cost, amount.cost, limit.cost),
        )
        if most
    ]
    added = upsert.on_conflict_do_update(
        index_elements=[columns.scope, columns.scope_id, columns.day],
        set_={
            "tokens": columns.tokens + upsert.excluded.tokens,
            "cost": columns.cost + upsert.excluded.cost,
        },
        where=_all(within),
    )
    found = await session.execute(added.returning(columns.day))
    return found.one_or_none() is not None


def _fits(amount: int, limit: int) -> bool:
    return not limit or amount <= limit


def _all(clauses: list[ColumnElement[bool]]) -> ColumnElement[bool] | None:
    if not clauses:
        return None
    first, *others = clauses
    for clause in others:
        first &= clause
    return first


async def _add(session: AsyncSession, account: _Account, amount: ModelCost) -> None:
    columns = _spending.c
    await session.execute(
        update(_spending)
        .where(account.this)
        .values(tokens=columns.tokens + amount.tokens, cost=columns.cost + amount.cost)
    )


async def _release(session: AsyncSession, user_id: UUID, now: datetime) -> None:
    """Give back what dead processes of this user's executions took."""
    columns = _reservations.c
    expired = (
        select(_reservations)
        .where(columns.user_id == user_id, columns.expires_at < now)
        # One that is being settled this moment is none of them.
        .with_for_update(skip_locked=True)
    )
    rows = (await session.execute(expired)).all()
    await session.execute(delete(_reservations).where(columns.id.in_([row.id for row in rows])))
    for row in sorted(rows, key=lambda row: str(row.task_id)):
        payer = BudgetOwner(row.user_id, row.task_id)
        for account in _accounts(payer, row.day, DailyLimits()):
            await _add(session, account, ModelCost() - ModelCost(row.tokens, row.cost))


def _accounts(payer: BudgetOwner, day: date, limits: DailyLimits) -> list[_Account]:
    mine = [_Account("user", payer.user_id, day, limits.user)]
    if payer.task_id is not None:
        mine.append(_Account("task", payer.task_id, day, limits.task))
    return mine


def _usage_text(spent: ModelCost, limit: ModelCost) -> str:
    parts = [f"{spent.tokens} of {limit.tokens} tokens"] if limit.tokens else []
    if limit.cost:
        dollars = [f"${Decimal(cost) / _BILLION:.2f}" for cost in (spent.cost, limit.cost)]
        parts.append(" of ".join(dollars))
    return f"{' and '.join(parts)} are spent or set aside"
