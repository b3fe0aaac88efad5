"""REST endpoints that let a verdict be checked: evidence, replay, backtest, feedback."""

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.evidence import (
    BacktestIn,
    BacktestOut,
    FeedbackIn,
    FeedbackOut,
    ReplayOut,
    TrailOut,
)
from torale.server.auth.dependencies import Caller, Reader, Writer
from torale.server.auth.idempotent_endpoints import ONCE, ONCE_APART
from torale.server.auth.route import CallerRoute
from torale.server.budgets.ledger import BudgetOwner
from torale.server.clock import Now
from torale.server.database import Session
from torale.server.errors import NotFoundError, known_id
from torale.server.errors.handlers import responses
from torale.server.executions import feedback, service
from torale.server.executions.evidence_trail import presentation
from torale.server.executions.models import Execution
from torale.server.review import recorded_checks
from torale.server.review.backtest import Plan, backtest
from torale.server.review.rejudging import Rejudging
from torale.server.review.replay import replay
from torale.server.tasks import service as tasks_service
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task

router = APIRouter(prefix="/api/v1", tags=["evidence"], route_class=CallerRoute)

# No UUID to FastAPI, which would answer 422: an id that cannot be is one that is not there.
TaskId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
ExecutionId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
_EXECUTION = "/tasks/{task_id}/executions/{execution_id}"


async def _task(
    session: AsyncSession, caller: Caller, task_id: str, *, for_update: bool = False
) -> Task:
    known = known_id(task_id, TASK_MISSING)
    return await tasks_service.get(session, caller.user_id, known, for_update=for_update)


async def _execution(session: AsyncSession, task: Task, execution_id: str) -> Execution:
    return await service.get(session, task.id, known_id(execution_id, service.EXECUTION_MISSING))


@router.get(f"{_EXECUTION}/evidence", responses=responses(404))
async def get_evidence(
    task_id: TaskId, execution_id: ExecutionId, caller: Reader, session: Session
) -> TrailOut:
    """Show what the execution read and how it was judged.

    Every document comes with its text, and its SHA-256 as id.
    """
    task = await _task(session, caller, task_id)
    execution = await _execution(session, task, execution_id)
    return await presentation.show(session, execution.id)


@router.post(
    f"{_EXECUTION}/replay", responses=responses(404, 409, 413, 422), dependencies=[ONCE_APART]
)
async def replay_execution(
    task_id: TaskId, execution_id: ExecutionId, caller: Writer, rejudging: Rejudging
) -> ReplayOut:
    """Judge the same evidence again, by the same judge. Nothing is stored, nobody is told.

    The builtin judge says the same; a model may not. A model is paid from the task's budget.
    """
    # Judging takes time, and must not hold a transaction: not that of the request either.
    async with rejudging.sessions.begin() as session:
        task = await _task(session, caller, task_id)
        execution = await _execution(session, task, execution_id)
        found = await recorded_checks.load(session, execution.id)
    if found is None:
        raise NotFoundError(service.EXECUTION_MISSING)
    return await replay(rejudging, found, BudgetOwner(caller.user_id, task.id))


@router.post(
    "/tasks/{task_id}/backtest",
    responses=responses(404, 409, 413, 422),
    dependencies=[ONCE_APART],
)
async def backtest_task(
    task_id: TaskId, spec: BacktestIn, caller: Writer, rejudging: Rejudging
) -> BacktestOut:
    """Judge the history again: when would the task have told, and when did it?

    The newest 400 executions, as far as 20 seconds reach. Nothing is stored, nobody is told.
    """
    async with rejudging.sessions.begin() as session:
        task = await _task(session, caller, task_id)
        checker = rejudging.named(spec.judge)
        execution_ids = await recorded_checks.newest(session, task.id)
    plan = Plan(
        query=task.search_query,
        condition=spec.condition_description or task.condition_description,
        behavior=spec.notify_behavior or task.notify_behavior,
        payer=BudgetOwner(caller.user_id, task.id),
    )
    return await backtest(rejudging, checker, plan, execution_ids)


@router.post(f"{_EXECUTION}/feedback", responses=responses(404, 409, 413, 422), dependencies=[ONCE])
async def give_feedback(
    task_id: TaskId,
    execution_id: ExecutionId,
    spec: FeedbackIn,
    caller: Writer,
    session: Session,
    now: Now,
) -> FeedbackOut:
    """Say whether a verdict is right. The latest word counts.

    Wrong verdicts are shown to models as examples when the task is judged again, and a changed
    condition is tried on all that you judged.
    """
    task = await _task(session, caller, task_id, for_update=True)
    execution = await _execution(session, task, execution_id)
    return FeedbackOut.model_validate(await feedback.give(session, task, execution, spec, now=now))
