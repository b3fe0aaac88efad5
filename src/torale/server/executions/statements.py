"""The statements that every execution runs.

Built once and on tables: to build them anew, or to load objects, costs more than to run them.
"""

from typing import cast

from sqlalchemy import Table, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from torale.contract.executions import ExecutionStatus
from torale.server.database import UtcDateTime
from torale.server.executions.models import EvidenceDocument, EvidenceText, Execution
from torale.server.tasks.models import Task

_tasks = cast(Table, Task.__table__)
_executions = cast(Table, Execution.__table__)
_texts = cast(Table, EvidenceText.__table__)
_documents = cast(Table, EvidenceDocument.__table__)

_THIS = _executions.c.id == bindparam("execution_id")
_THESE = _executions.c.id.in_(bindparam("ids", expanding=True))
_IN_FLIGHT = or_(
    _executions.c.status == ExecutionStatus.PENDING,
    _executions.c.status == ExecutionStatus.RUNNING,
)

# Parameters: ids. In one order, and the task first, as everywhere: no deadlock.
TO_BEGIN = (
    select(
        _executions.c.id.label("execution_id"),
        _executions.c.status,
        _executions.c.trigger,
        _executions.c.takeovers,
        _executions.c.started_at,
        _tasks.c.id,
        _tasks.c.user_id,
        _tasks.c.search_query,
        _tasks.c.condition_description,
        _tasks.c.sources,
        _tasks.c.schedule,
        _tasks.c.timezone,
        _tasks.c.last_known_state,
        _tasks.c.settled,
        _tasks.c.unconfirmed_since,
        _tasks.c.feedback,
        _tasks.c.created_at,
        _tasks.c.deleted_at,
    )
    .join_from(_tasks, _executions, _executions.c.task_id == _tasks.c.id)
    .where(_THESE, _IN_FLIGHT)
    .order_by(_tasks.c.id)
    .with_for_update()
)

# Parameters: ids.
TO_END = (
    select(
        _executions.c.id.label("execution_id"),
        _executions.c.task_id,
        _executions.c.due_at,
        _executions.c.started_at,
        _executions.c.trigger,
        _executions.c.takeovers,
        _executions.c.created_at,
        _tasks.c.notify_behavior,
        _tasks.c.state,
        _tasks.c.last_known_state,
        _tasks.c.trouble_streak,
        _tasks.c.trouble_told,
        _tasks.c.deleted_at,
        _tasks.c.chain_length,
        _tasks.c.chain_head,
    )
    .join_from(_tasks, _executions, _executions.c.task_id == _tasks.c.id)
    .where(_THESE, _IN_FLIGHT)
    .order_by(_tasks.c.id)
    .with_for_update()
)

# Parameters of each: execution_id or of_task, and the columns that change.
WRITE_EXECUTION = update(_executions).where(_THIS)
WRITE_TASK = update(_tasks).where(_tasks.c.id == bindparam("of_task"))

WRITE_DOCUMENTS = insert(_documents)

_postgresql, _sqlite = postgresql_insert(_texts), sqlite_insert(_texts)
_known = _texts.c.seen_at < bindparam("a_day_ago", type_=UtcDateTime())

# Parameters: sha256, compressed, seen_at, a_day_ago. The conflict locks the row, so that retention
# cannot delete a text that we rely on; it is rewritten once a day at most.
KEEP_TEXT = {
    "postgresql": _postgresql.on_conflict_do_update(
        index_elements=[_texts.c.sha256],
        set_={"seen_at": _postgresql.excluded.seen_at},
        where=_known,
    ),
    "sqlite": _sqlite.on_conflict_do_update(
        index_elements=[_texts.c.sha256],
        set_={"seen_at": _sqlite.excluded.seen_at},
        where=_known,
    ),
}
