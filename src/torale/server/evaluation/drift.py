"""Drift: past verdicts that another judge would change. Nothing is stored, nobody is told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from torale.contract.executions import ExecutionStatus
from torale.server.database import Sessions, connect, make_sessions
from torale.server.evidence.base import Gathered
from torale.server.executions.checker import Checker
from torale.server.executions.models import Execution
from torale.server.judge.base import Judge, JudgeError, Usage, Verdict
from torale.server.judging import open_judge
from torale.server.review import recorded_checks
from torale.server.review.recorded_checks import RecordedCheck
from torale.server.settings import data_folder
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task
from torale.server.worker import migrate


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One execution of the past and what the judge says of the same evidence now.

    Attributes:
        before: None when it failed then.
        after: None when the judge failed now, or the evidence is gone; `why` says which.
    """

    execution_id: UUID
    task: str
    before: Verdict | None
    after: Verdict | None
    why: str = ""
    usage: Usage = Usage()  # noqa: RUF009  (frozen)

    @property
    def is_changed(self) -> bool:
        return self.after is not None and self.after is not self.before

    def as_json(self) -> dict[str, object]:
        return {
            "execution_id": str(self.execution_id),
            "task": self.task,
            "before": self.before,
            "after": self.after,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """The executions that were judged again, newest first."""

    judge: str
    executions: tuple[Rejudged, ...]

    @property
    def judged(self) -> int:
        return sum(execution.after is not None for execution in self.executions)

    @property
    def changed(self) -> tuple[Rejudged, ...]:
        return tuple(execution for execution in self.executions if execution.is_changed)

    @property
    def left_out(self) -> tuple[Rejudged, ...]:
        return tuple(execution for execution in self.executions if execution.after is None)

    @property
    def cost(self) -> Decimal | None:
        """US dollars; None when a price is not known, and when no model was asked."""
        return sum((execution.usage for execution in self.executions), start=Usage()).cost

    def as_json(self) -> dict[str, object]:
        return {
            "judge": self.judge,
            "executions": len(self.executions),
            "judged": self.judged,
            "cost": None if self.cost is None else str(self.cost),
            "changed": [execution.as_json() for execution in self.changed],
            "left_out": [execution.as_json() for execution in self.left_out],
        }


async def drift(settings: Settings, model: str, *, newest: int, at_once: int) -> Drift:
    """Judge the newest executions of all tasks again.

    Args:
        settings: Of the operator; their database is brought to the newest schema, and read.
        model: One model alone; empty for the judge that the settings name.
        newest: How many executions.
        at_once: How many at a time.

    Raises:
        SettingsError: The judge cannot be built, or the database cannot be used.
    """
    await asyncio.to_thread(_open_database, settings)
    database = connect(settings)
    try:
        async with open_judge(settings, model) as judge:
            return await rejudge(make_sessions(database), judge, newest=newest, at_once=at_once)
    finally:
        await database.dispose()


def _open_database(settings: Settings) -> None:
    data_folder.open_data_dir(settings)
    migrate(settings)


async def rejudge(sessions: Sessions, judge: Judge, *, newest: int, at_once: int) -> Drift:
    """Judge the newest executions again, each on the evidence and at the time of then."""
    turns = asyncio.Semaphore(at_once)

    async def rejudged(execution_id: UUID, task: str) -> Rejudged | None:
        async with turns:
            async with sessions() as session:
                found = await recorded_checks.load(session, execution_id)
            return None if found is None else await _rejudge(found, task, judge)

    found = await asyncio.gather(*(rejudged(*row) for row in await _newest(sessions, newest)))
    return Drift(judge.name, tuple(execution for execution in found if execution is not None))


async def _newest(sessions: Sessions, count: int) -> Sequence[tuple[UUID, str]]:
    query = (
        select(Execution.id, Task.name)
        .join(Task, Task.id == Execution.task_id)
        .where(Execution.status.in_([ExecutionStatus.SUCCESS, ExecutionStatus.FAILED]))
        .order_by(Execution.created_at.desc(), Execution.id)
        .limit(count)
    )
    async with sessions() as session:
        return [(id_, name) for id_, name in await session.execute(query)]


async def _rejudge(found: RecordedCheck, task: str, judge: Judge) -> Rejudged:
    if found.asked is None or found.gathered is None:
        return Rejudged(found.execution_id, task, found.verdict, None, found.lost or "")
    checker = Checker(_NothingNew(), judge)
    try:
        judgement = await checker.judge(found.asked.subject, found.gathered, now=found.asked.at)
    except JudgeError as error:
        usage = error.trace.usage if error.trace else Usage()
        return Rejudged(found.execution_id, task, found.verdict, None, error.detail, usage)
    usage = judgement.trace.usage if judgement.trace else Usage()
    return Rejudged(found.execution_id, task, found.verdict, judgement.verdict, usage=usage)


class _NothingNew:
    """A gatherer that finds nothing: the evidence of then is all there is."""

    async def gather(self, *_: object, **__: object) -> Gathered:
        return Gathered((), ())
