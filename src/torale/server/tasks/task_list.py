"""A user's tasks as a person looks them through: by what they need, by words, by the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SmallInteger,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from torale.server.tasks.models import ATTENTION, Task

MANY = 1_000
"""Tasks are counted up to here: what a page costs must not grow with them."""
_MAX_WORDS = 100


class TaskTab(StrEnum):
    """Which tasks are looked at."""

    ALL = "all"
    MET = "met"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    FAILING = "failing"
    PAUSED = "paused"


class Sort(StrEnum):
    NEEDED = "needed"
    NEXT = "next"
    NEWEST = "newest"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class TaskListFilter:
    """What to look at.

    Attributes:
        words: All of it must stand in the name, the question or the condition, in any case.
    """

    show: TaskTab = TaskTab.ALL
    words: str = ""
    sort: Sort = Sort.NEEDED
    page: int = 1
    limit: int = 25


# What `ATTENTION` comes to for those that each view shows.
_SHOWN: Mapping[TaskTab, tuple[int, int]] = {
    TaskTab.FAILING: (0, 1),
    TaskTab.UNKNOWN: (2, 3),
    TaskTab.MET: (4, 5),
    TaskTab.WAITING: (6, 7),
    TaskTab.PAUSED: (9, 9),
}
_DUE = (0, 2, 4, 6)  # what it comes to for active tasks
_LISTED = (
    Task.name,
    Task.condition_description,
    Task.state,
    Task.next_run_at,
    Task.last_known_state,
    Task.last_execution,
    Task.trouble_streak,
)
_attention = literal_column(ATTENTION, SmallInteger)


def _wanted(user_id: UUID, which: TaskListFilter) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Task.user_id == user_id, Task.deleted_at.is_(None)]
    if which.words:
        sought = which.words[:_MAX_WORDS].lower()
        texts = (Task.name, Task.search_query, Task.condition_description)
        found = (func.lower(text).contains(sought, autoescape=True) for text in texts)
        wanted.append(or_(*found))
    if which.show in _SHOWN:
        wanted.append(_is_shown(which.show))
    return wanted


def _is_shown(show: TaskTab) -> ColumnElement[bool]:
    return _attention.between(*_SHOWN[show])


def _order(sort: Sort) -> Sequence[ColumnElement[Any]]:
    orders: Mapping[Sort, tuple[ColumnElement[Any], ...]] = {
        # As the index has it, so that a page is read and nothing sorted.
        Sort.NEEDED: (_attention, Task.next_run_at.asc()),
        Sort.NEXT: (Task.next_run_at.is_(None), Task.next_run_at.asc()),
        Sort.NEWEST: (Task.created_at.desc(),),
        Sort.NAME: (func.lower(Task.name),),
    }
    return (*orders[sort], Task.id.asc())


async def page_of_list(
    session: AsyncSession, user_id: UUID, which: TaskListFilter
) -> Sequence[Task]:
    """Return one page of the user's tasks, with no more of each than a list shows."""
    query = select(Task).where(*_wanted(user_id, which)).order_by(*_order(which.sort))
    query = query.options(load_only(*_LISTED, raiseload=True))
    page = query.limit(which.limit).offset((which.page - 1) * which.limit)
    return (await session.scalars(page)).all()


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A user's tasks in few numbers.

    Attributes:
        counts: How many tasks each `Show` holds; `MANY + 1` stands for more than `MANY`.
        next_due: When the next one is due.
    """

    counts: Mapping[TaskTab, int]
    next_due: datetime | None


def _at_most_many(*wanted: ColumnElement[bool]) -> Select[int]:
    found = select(Task.id).where(*wanted).limit(MANY + 1).subquery()
    return select(func.count()).select_from(found)


def _glance() -> Select[*tuple[Any, ...]]:
    mine = (Task.user_id == bindparam("user_id"), Task.deleted_at.is_(None))
    tallies = [_at_most_many(*mine, _is_shown(show)) for show in _SHOWN]
    # The first of each part of the index, instead of all that are active.
    soonest = [
        select(func.min(Task.next_run_at)).where(*mine, _attention == level) for level in _DUE
    ]
    return select(*(query.scalar_subquery() for query in (*tallies, *soonest)))


_GLANCE = _glance()  # made once: it is part of every page of the list


async def summary(session: AsyncSession, user_id: UUID) -> TaskSummary:
    """Count a user's tasks, and tell when the next one is due, whatever their number."""
    row = (await session.execute(_GLANCE, {"user_id": user_id})).one()
    tallies = dict(zip(_SHOWN, row[: len(_SHOWN)], strict=True))
    due = [moment for moment in row[len(_SHOWN) :] if moment is not None]
    everything = min(sum(tallies.values()), MANY + 1)
    return TaskSummary({TaskTab.ALL: everything, **tallies}, min(due, default=None))


async def count(session: AsyncSession, user_id: UUID, which: TaskListFilter) -> int:
    """Return how many tasks the filter finds on all pages; `MANY + 1` stands for more."""
    return await session.scalar(_at_most_many(*_wanted(user_id, which))) or 0


async def find(
    session: AsyncSession, user_id: UUID, ids: Sequence[UUID] | TaskListFilter, *, limit: int
) -> Sequence[Task]:
    """Return and lock the tasks that something is done to at once.

    Args:
        ids: Theirs, or the filter that finds them.
        limit: At most so many.
    """
    if isinstance(ids, TaskListFilter):
        wanted = _wanted(user_id, ids)
    else:
        wanted = [Task.user_id == user_id, Task.deleted_at.is_(None), Task.id.in_(ids)]
    query = select(Task).where(*wanted).order_by(Task.id).limit(limit).with_for_update()
    return (await session.scalars(query)).all()


async def changed_at(
    session: AsyncSession, user_id: UUID, moment: datetime, *, limit: int
) -> Sequence[Task]:
    """Return and lock the tasks that one request deleted, or whose state it changed."""
    wanted = (Task.user_id == user_id, or_(*_touched(moment)))
    query = select(Task).where(*wanted).order_by(Task.id).limit(limit).with_for_update()
    return (await session.scalars(query)).all()


def _touched(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    is_there = Task.deleted_at.is_(None)
    return Task.deleted_at == moment, and_(is_there, Task.state_changed_at == moment)


async def some(session: AsyncSession, user_id: UUID, ids: Sequence[UUID]) -> Sequence[Task]:
    """Return those of some tasks that are the user's; the others might as well not be."""
    mine = (Task.user_id == user_id, Task.deleted_at.is_(None), Task.id.in_(ids))
    return (await session.scalars(select(Task).where(*mine))).all()
