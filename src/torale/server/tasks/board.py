"""A user's tasks as a person looks them through: by what they need, by words, by the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import TaskState
from torale.server.tasks.models import Task

_MAX_WORDS = 100


class Show(StrEnum):
    """Which tasks are looked at."""

    ALL = "all"
    MET = "met"
    WAITING = "waiting"
    FAILING = "failing"
    PAUSED = "paused"


class Sort(StrEnum):
    NEEDED = "needed"
    NEXT = "next"
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class BoardFilter:
    """What to look at.

    Attributes:
        words: All of it must stand in the name, the question or the condition, in any case.
    """

    show: Show = Show.ALL
    words: str = ""
    sort: Sort = Sort.NEEDED
    page: int = 1
    limit: int = 25


_met = Task.last_execution["condition_met"].as_boolean().is_(True)
_is_failing = and_(Task.trouble_streak > 0, Task.state != TaskState.PAUSED)
_is_met = and_(_met, Task.trouble_streak == 0, Task.state != TaskState.PAUSED)
_is_paused = Task.state == TaskState.PAUSED
_is_waiting = and_(~_is_paused, Task.trouble_streak == 0, func.coalesce(_met, False).is_(False))
_SHOWN: Mapping[Show, ColumnElement[bool]] = {
    Show.MET: _is_met,
    Show.WAITING: _is_waiting,
    Show.FAILING: _is_failing,
    Show.PAUSED: _is_paused,
}


def _wanted(user_id: UUID, which: BoardFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Task.user_id == user_id, Task.deleted_at.is_(None)]
    if which.words:
        sought = which.words[:_MAX_WORDS].lower()
        texts = (Task.name, Task.search_query, Task.condition_description)
        wanted.append(or_(*(func.lower(one).contains(sought, autoescape=True) for one in texts)))
    if which.show in _SHOWN:
        wanted.append(_SHOWN[which.show])
    return wanted


def _order(sort: Sort) -> Sequence[ColumnElement[Any]]:
    rank = case((_is_failing, 0), (_is_met, 1), (_is_waiting, 2), else_=3)
    soonest: tuple[ColumnElement[Any], ...] = (Task.next_run_at.is_(None), Task.next_run_at.asc())
    orders: Mapping[Sort, tuple[ColumnElement[Any], ...]] = {
        Sort.NEEDED: (rank, *soonest),
        Sort.NEXT: soonest,
        Sort.NEWEST: (Task.created_at.desc(),),
        Sort.NAME: (func.lower(Task.name),),
    }
    return (*orders[sort], Task.id.asc())


async def page_of_board(session: AsyncSession, user_id: UUID, which: BoardFilter) -> Sequence[Task]:
    """Return one page of the user's tasks."""
    query = select(Task).where(*_wanted(user_id, which)).order_by(*_order(which.sort))
    page = query.limit(which.limit).offset((which.page - 1) * which.limit)
    return (await session.scalars(page)).all()


async def counts(session: AsyncSession, user_id: UUID) -> dict[Show, int]:
    """Return how many tasks each `Show` holds."""
    tallies = (func.coalesce(func.sum(case((shown, 1), else_=0)), 0) for shown in _SHOWN.values())
    mine = (Task.user_id == user_id, Task.deleted_at.is_(None))
    row = (await session.execute(select(func.count(), *tallies).where(*mine))).one()
    return dict(zip((Show.ALL, *_SHOWN), map(int, row), strict=True))


async def count(session: AsyncSession, user_id: UUID, which: BoardFilter) -> int:
    """Return how many tasks the filter finds on all pages."""
    query = select(func.count()).select_from(Task).where(*_wanted(user_id, which))
    return await session.scalar(query) or 0


async def find(
    session: AsyncSession, user_id: UUID, ids: Sequence[UUID] | BoardFilter, *, limit: int
) -> Sequence[Task]:
    """Return and lock the tasks that something is done to at once.

    Args:
        ids: Theirs, or the filter that finds them.
        limit: At most so many.
    """
    if isinstance(ids, BoardFilter):
        wanted = _wanted(user_id, ids)
    else:
        wanted = [Task.user_id == user_id, Task.deleted_at.is_(None), Task.id.in_(ids)]
    query = select(Task).where(*wanted).order_by(Task.id).limit(limit).with_for_update()
    return (await session.scalars(query)).all()


async def next_due(session: AsyncSession, user_id: UUID) -> datetime | None:
    """Return when the next of the user's tasks is due."""
    mine = (Task.user_id == user_id, Task.state == TaskState.ACTIVE)
    return await session.scalar(select(func.min(Task.next_run_at)).where(*mine))
