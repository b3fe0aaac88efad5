"""The statements that every execution runs.

Built once and on tables: to build them anew, or to load objects, costs more than to run them.
"""

from typing import cast

from sqlalchemy import Table, bindparam, case, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from torale.contract.executions import ExecutionStatus
from torale.server.database import UtcDateTime
from torale.server.monitoring.models import EvidenceDocument, EvidenceText, Execution
from torale.server.tasks.models import Task

_tasks = cast(Table, Task.__table__)
_executions = cast(Table, Execution.__table__)
_texts = cast(Table, EvidenceText.__table__)
_documents = cast(Table, EvidenceDocument.__table__)

_THIS = _executions.c.id == bindparam("execution_id")
_IN_FLIGHT = or_(
    _executions.c.status == ExecutionStatus.PENDING,
    _executions.c.status == ExecutionStatus.RUNNING,
)

# Parameters: execution_id, shown.
SHOW_RUNNING = (
    update(_tasks)
    .where(_tasks.c.id == select(_executions.c.task_id).where(_THIS, _IN_FLIGHT).scalar_subquery())
    .values(last_execution=bindparam("shown"))
    .returning(
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
)

# Parameters: execution_id, now. One that is found running was left behind by a dead process.
BEGIN = (
    update(_executions)
    .where(_THIS, _IN_FLIGHT)
    .values(
        status=ExecutionStatus.RUNNING,
        started_at=func.coalesce(_executions.c.started_at, bindparam("now", type_=UtcDateTime())),
        takeovers=_executions.c.takeovers
        + case((_executions.c.status == ExecutionStatus.RUNNING, 1), else_=0),
    )
    .returning(_executions.c.takeovers, _executions.c.trigger)
)

# Parameters: execution_id.
LOCK = (
    select(
        _executions.c.task_id,
        _executions.c.status,
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
    .join(_tasks, _tasks.c.id == _executions.c.task_id)
    .where(_THIS)
    .with_for_update()
)

# Parameters: execution_id or of_task, and the columns that change.
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
