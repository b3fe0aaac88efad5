"""Backtest page: another condition tried on the stored history."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Response

from torale.contract.evidence import BacktestIn, BacktestOut
from torale.contract.tasks import NotifyBehavior
from torale.server.budgets.ledger import BudgetOwner
from torale.server.dashboard.tasks.editor import BEHAVIORS
from torale.server.dashboard.tasks.task_list import PATH, row
from torale.server.dashboard.web.forms import Problems, read_form
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import InvalidFieldError, UnavailableError, known_id
from torale.server.review import recorded_checks
from torale.server.review.backtest import Plan, backtest
from torale.server.review.rejudging import Rejudger, Rejudging
from torale.server.tasks import service
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task

router = APIRouter()


@router.get(f"{PATH}/{{task_id}}/backtest")
async def show_backtest(task_id: str, page: ViewerPage, session: Session) -> Response:
    """Show the form, with the condition that the task has."""
    task = await service.get(session, page.viewer.user_id, known_id(task_id, TASK_MISSING))
    return _render(page, task, BacktestIn())


@router.post(f"{PATH}/{{task_id}}/backtest")
async def run_backtest(
    task_id: str,
    page: ViewerPage,
    rejudging: Rejudging,
    condition_description: Annotated[str, Form()] = "",
    notify_behavior: Annotated[str, Form()] = "",
) -> Response:
    """Judge the history again by the condition. Nothing is stored, nobody is told."""
    # Judging takes time, and must not hold a transaction.
    async with rejudging.sessions.begin() as session:
        task = await service.get(session, page.viewer.user_id, known_id(task_id, TASK_MISSING))
    typed = {
        "condition_description": condition_description,
        "notify_behavior": notify_behavior or None,
    }
    spec, problems = read_form(BacktestIn, typed)
    if spec is None:
        shown = BacktestIn.model_construct(condition_description=condition_description)
        return _render(page, task, shown, problems=problems)
    try:
        found = await _run(rejudging, task, spec)
    except (InvalidFieldError, UnavailableError) as error:
        return _render(page, task, spec, problems=Problems({"": error.detail}))
    return _render(page, task, spec, found=found)


async def _run(rejudger: Rejudger, task: Task, spec: BacktestIn) -> BacktestOut:
    checker = rejudger.named(spec.judge)
    async with rejudger.sessions.begin() as session:
        execution_ids = await recorded_checks.newest(session, task.id)
    plan = Plan(
        query=task.search_query,
        condition=spec.condition_description or task.condition_description,
        behavior=spec.notify_behavior or task.notify_behavior,
        payer=BudgetOwner(task.user_id, task.id),
    )
    return await backtest(rejudger, checker, plan, execution_ids)


def _render(
    page: SignedInPage,
    task: Task,
    spec: BacktestIn,
    *,
    problems: Problems | None = None,
    found: BacktestOut | None = None,
) -> Response:
    told = [one for one in found.executions if one.told_then or one.would_tell] if found else []
    behavior: NotifyBehavior = spec.notify_behavior or task.notify_behavior
    return page.render(
        "tasks/_backtest.html" if page.is_htmx else "tasks/backtest.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        nav="tasks",
        task=row(task, []),
        condition=spec.condition_description or task.condition_description,
        behavior=behavior,
        behaviors=BEHAVIORS,
        found=found,
        moments=told[::-1],
        problems=problems or Problems(),
    )
