"""Presentation of tasks: rows as the wire shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.tasks import KnownState, LastExecution, TargetOut, TaskFeedback, TaskOut
from torale.server.evidence.source import SOURCES
from torale.server.judge.authoring import lint
from torale.server.judge.base import visible_facts
from torale.server.judge.builtin.conditions import compiler
from torale.server.tasks.models import Task
from torale.server.tasks.ports import ChannelBook

_NO_FEEDBACK = TaskFeedback(right=0, wrong=0, precision=None)
# A field of the wire that is named like a column is shown as it is stored, if not told otherwise.
_COLUMNS = [field for field in TaskOut.model_fields if hasattr(Task, field)]


@dataclass(frozen=True, slots=True)
class Display:
    """Shows tasks as the wire does, with one query for all their channels.

    Attributes:
        has_model: A language model judges what the builtin judge cannot: no warnings of that.
    """

    session: AsyncSession
    channels: ChannelBook
    has_model: bool = True

    async def show(self, task: Task) -> TaskOut:
        return (await self.show_all([task]))[0]

    async def show_all(self, tasks: Sequence[Task]) -> list[TaskOut]:
        targets = await self.channels.of_tasks(self.session, [task.id for task in tasks])
        return [_show(task, targets.get(task.id, ()), has_model=self.has_model) for task in tasks]


def _show(task: Task, targets: Sequence[TargetOut], *, has_model: bool) -> TaskOut:
    query, condition = task.search_query, task.condition_description
    known, last = task.last_known_state, task.last_execution
    last_execution = LastExecution.model_validate(last) if last else None
    stored = {column: getattr(task, column) for column in _COLUMNS}
    computed = {
        "sources": SOURCES.dump_python(task.sources),
        "notifications": targets,
        "next_run": task.next_run_at,
        "last_known_state": _known(known) if known else None,
        "last_execution_id": last_execution.id if last_execution else None,
        "last_execution": last_execution,
        "understood": _understood(condition, query),
        "warnings": lint.warnings(condition, query, task.schedule, has_model=has_model),
        "feedback": task.feedback or _NO_FEEDBACK,
    }
    return TaskOut.model_validate(stored | computed)


def _known(state: Mapping[str, Any]) -> KnownState:
    return KnownState.model_validate({**state, "facts": visible_facts(state["facts"])})


@lru_cache(maxsize=4096)
def _understood(condition: str, query: str) -> str | None:
    predicate = compiler.compile_condition(condition, query)
    return predicate.describe() if predicate else None
