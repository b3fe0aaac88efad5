"""REST endpoints for executions, what met its condition, and previews."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.executions import (
    ExecutionOut,
    ExecutionPage,
    ExecutionStatus,
    GroundingSource,
    NotificationOut,
    NotificationPage,
    PreviewOut,
)
from torale.contract.tasks import PreviewIn
from torale.server.auth.dependencies import Caller, Reader, Writer
from torale.server.auth.idempotent_endpoints import ONCE_APART
from torale.server.auth.route import CallerRoute
from torale.server.budgets.ledger import BudgetOwner
from torale.server.clock import Now
from torale.server.database import Session
from torale.server.errors import known_id
from torale.server.errors.handlers import responses
from torale.server.executions import service
from torale.server.executions.checker import CHECKER, CheckRequest, CheckResult
from torale.server.executions.models import Execution
from torale.server.executions.outcome import grounding_sources
from torale.server.judge.authoring import lint
from torale.server.judge.base import Judgement, Verdict
from torale.server.tasks import rules as tasks_rules
from torale.server.tasks import service as tasks_service
from torale.server.tasks.dependencies import has_model
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task

router = APIRouter(prefix="/api/v1", tags=["executions"], route_class=CallerRoute)

Page = Annotated[int, Query(ge=1, le=100_000)]
# No UUID to FastAPI, which would answer 422: an id that cannot be is one that is not there.
TaskId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
ExecutionId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
Limit = Annotated[int, Query(ge=1, le=100)]
_ONE = responses(404)
_LIST = responses(404, 422)


async def _task(session: AsyncSession, caller: Caller, task_id: str) -> Task:
    return await tasks_service.get(session, caller.user_id, known_id(task_id, TASK_MISSING))


async def _execution(session: AsyncSession, task: Task, execution_id: str) -> Execution:
    return await service.get(session, task.id, known_id(execution_id, service.EXECUTION_MISSING))


@router.post(
    "/tasks/preview",
    tags=["tasks"],
    responses=responses(409, 413, 422),
    dependencies=[ONCE_APART],
)
async def preview(spec: PreviewIn, request: Request, caller: Writer, now: Now) -> PreviewOut:
    """Check once, now: nothing is stored, nobody is told."""
    sources = tasks_rules.check_sources(spec.sources)
    payer = BudgetOwner(caller.user_id)
    check = CheckRequest(spec.search_query, spec.condition_description, sources, None, payer=payer)
    result = await CHECKER.of(request).check(check, now=now)
    judgement = result.judgement or _unknown(result)
    return PreviewOut(
        condition_met=judgement.verdict is Verdict.MET,
        verdict=judgement.verdict,
        confidence=judgement.confidence,
        answer=judgement.answer,
        reasoning=judgement.reasoning,
        understood=judgement.understood,
        warnings=lint.warnings(
            spec.condition_description, spec.search_query, has_model=has_model(request)
        ),
        grounding_sources=[
            GroundingSource.model_validate(source)
            for source in grounding_sources(result, judgement)
        ],
    )


def _unknown(result: CheckResult) -> Judgement:
    assert result.failure is not None
    return Judgement(Verdict.UNKNOWN, "Could not tell.", result.failure.message, 0.0)


@router.get("/tasks/{task_id}/executions", responses=_LIST)
async def list_executions(
    task_id: TaskId,
    caller: Reader,
    session: Session,
    status: ExecutionStatus | None = None,
    page: Page = 1,
    limit: Limit = 20,
) -> ExecutionPage:
    """List a task's executions, newest first."""
    task = await _task(session, caller, task_id)
    found, total = await service.page_of(session, task.id, status=status, page=page, limit=limit)
    executions = [ExecutionOut.model_validate(execution) for execution in found]
    return ExecutionPage(executions=executions, total=total, page=page, limit=limit)


@router.get("/tasks/{task_id}/executions/{execution_id}", responses=_ONE)
async def get_execution(
    task_id: TaskId, execution_id: ExecutionId, caller: Reader, session: Session
) -> ExecutionOut:
    """Show one execution with its verdict."""
    task = await _task(session, caller, task_id)
    return ExecutionOut.model_validate(await _execution(session, task, execution_id))


@router.get("/tasks/{task_id}/notifications", tags=["notifications"], responses=_LIST)
async def list_task_notifications(
    task_id: TaskId, caller: Reader, session: Session, page: Page = 1, limit: Limit = 20
) -> NotificationPage:
    """List the executions of a task that met its condition, newest first."""
    task = await _task(session, caller, task_id)
    found, total = await service.met_page(session, caller.user_id, task.id, page=page, limit=limit)
    shown = [_notification(execution, name) for execution, name in found]
    return NotificationPage(notifications=shown, total=total, page=page, limit=limit)


@router.get("/notifications", tags=["notifications"], responses=responses(422))
async def list_notifications(
    caller: Reader, session: Session, page: Page = 1, limit: Limit = 20
) -> NotificationPage:
    """List the executions of all tasks that met their condition, newest first."""
    found, total = await service.met_page(session, caller.user_id, None, page=page, limit=limit)
    shown = [_notification(execution, name) for execution, name in found]
    return NotificationPage(notifications=shown, total=total, page=page, limit=limit)


def _notification(execution: Execution, task_name: str) -> NotificationOut:
    result = execution.result or {}
    return NotificationOut.model_validate(
        {
            "id": execution.id,
            "task_id": execution.task_id,
            "task_name": task_name,
            "status": execution.status,
            "condition_met": True,
            "answer": result.get("answer", ""),
            "reasoning": result.get("reasoning", ""),
            "grounding_sources": execution.grounding_sources,
            "created_at": execution.created_at,
        }
    )
