"""REST endpoints for tasks and their templates."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from torale.contract.executions import ExecuteOut
from torale.contract.tasks import (
    SuggestIn,
    SuggestOut,
    TaskChanged,
    TaskCreate,
    TaskOut,
    TaskPage,
    TaskState,
    TaskUpdate,
)
from torale.contract.templates import TemplateCategory, TemplatesOut
from torale.server.auth.dependencies import Reader, Writer
from torale.server.auth.idempotent_endpoints import ONCE, ONCE_READING
from torale.server.auth.route import CallerRoute
from torale.server.clock import Now
from torale.server.database import Session
from torale.server.errors import known_id
from torale.server.errors.handlers import responses
from torale.server.judge.authoring.suggest import suggest
from torale.server.tasks import service
from torale.server.tasks.dependencies import Shown
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task
from torale.server.tasks.ports import Executions, RegressionChecks
from torale.server.tasks.service import TaskFilter
from torale.server.tasks.templates import TEMPLATES

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=CallerRoute)
templates_router = APIRouter(prefix="/api/v1/templates", tags=["templates"])

# No UUID to FastAPI, which would answer 422: an id that cannot be is one that is not there.
TaskId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Active = Annotated[bool | None, Query(description="`true`: active tasks, `false`: the others.")]


def _filter(
    state: TaskState | None = None, active: Active = None, page: Page = 1, limit: Limit = 20
) -> TaskFilter:
    return TaskFilter(state, active, page, limit)


@router.post(
    "", status_code=HTTPStatus.CREATED, responses=responses(409, 413, 422), dependencies=[ONCE]
)
async def create_task(
    spec: TaskCreate,
    caller: Writer,
    session: Session,
    executions: Executions,
    shown: Shown,
    now: Now,
) -> TaskOut:
    """Start watching for a condition."""
    task = await service.create(session, caller.user_id, spec, shown.channels, executions, now)
    return await shown.show(task)


@router.post("/suggest", responses=responses(409, 413, 422), dependencies=[ONCE_READING])
async def suggest_task(spec: SuggestIn, _: Reader) -> SuggestOut:
    """Draft a task from a wish in plain words. Nothing is stored."""
    draft = spec.current_task
    current = draft.model_dump(mode="json", exclude_none=True) if draft else None
    return SuggestOut.model_validate(suggest(spec.prompt, current))


@router.get("", responses=responses(422))
async def list_tasks(
    which: Annotated[TaskFilter, Depends(_filter)],
    caller: Reader,
    session: Session,
    shown: Shown,
) -> TaskPage:
    """List tasks, newest first."""
    tasks, total = await service.list_tasks(session, caller.user_id, which)
    listed = await shown.show_all(tasks)
    return TaskPage(tasks=listed, total=total, page=which.page, limit=which.limit)


@router.get("/{task_id}", responses=responses(404, 422))
async def show_task(task_id: TaskId, caller: Reader, session: Session, shown: Shown) -> TaskOut:
    """Show a task."""
    task = await service.get(session, caller.user_id, known_id(task_id, TASK_MISSING))
    return await shown.show(task)


async def _locked(task_id: TaskId, caller: Writer, session: Session) -> Task:
    known = known_id(task_id, TASK_MISSING)
    return await service.get(session, caller.user_id, known, for_update=True)


@router.put("/{task_id}", responses=responses(404, 409, 413, 422))
async def update_task(
    task: Annotated[Task, Depends(_locked)],
    spec: TaskUpdate,
    shown: Shown,
    checks: RegressionChecks,
    now: Now,
) -> TaskChanged | TaskOut:
    """Change some fields of a task; what is not given stays.

    A changed condition is tried on the verdicts that you gave feedback on. The answer has
    `regressions` if there are any that it would now contradict; they do not stop the change.
    """
    change = await service.change(shown, task, spec, checks, now=now)
    if not change.regressions:
        return change.task
    return TaskChanged(**change.task.model_dump(), regressions=change.regressions)


@router.delete("/{task_id}", status_code=HTTPStatus.NO_CONTENT, responses=responses(404, 422))
async def delete_task(task_id: TaskId, caller: Writer, session: Session, now: Now) -> None:
    """Delete a task, at once and for good."""
    known = known_id(task_id, TASK_MISSING)
    task = await service.get(session, caller.user_id, known, for_update=True)
    await service.delete(session, task, now=now)


@router.post(
    "/{task_id}/execute",
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(404, 409, 413, 422),
    dependencies=[ONCE],
)
async def execute_task(
    task_id: TaskId, caller: Writer, session: Session, executions: Executions, now: Now
) -> ExecuteOut:
    """Execute a task now, whatever its schedule and state."""
    known = known_id(task_id, TASK_MISSING)
    task = await service.get(session, caller.user_id, known, for_update=True)
    execution_id = await executions.launch(session, task, now=now)
    return ExecuteOut(message="Task execution initiated", execution_id=execution_id)


@templates_router.get("", responses=responses(422))
async def list_templates(_: Reader, category: TemplateCategory | None = None) -> TemplatesOut:
    """List tasks with blanks to fill in, by what they are for."""
    wanted = [template for template in TEMPLATES if category in (None, template.category)]
    return TemplatesOut(templates=wanted)
