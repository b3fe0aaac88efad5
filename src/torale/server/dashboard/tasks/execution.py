"""Page of one execution: its evidence, its verdict, and the feedback of its user."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.evidence import FeedbackIn, ReplayOut
from torale.server.budgets.ledger import BudgetOwner
from torale.server.dashboard.tasks import differences, history
from torale.server.dashboard.tasks.task_list import PATH, row
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, read_form
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import (
    ConflictError,
    NotFoundError,
    UnavailableError,
    known_id,
)
from torale.server.executions import feedback
from torale.server.executions import service as executions
from torale.server.executions.evidence_trail import presentation
from torale.server.executions.models import Execution
from torale.server.review import recorded_checks
from torale.server.review.rejudging import Rejudging
from torale.server.review.replay import replay
from torale.server.tasks import service
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.models import Task

_SHOWN_CHARACTERS = 20_000
_BEFORE_QUOTE = 2_000
_HERE = f"{PATH}/{{task_id}}/executions/{{execution_id}}"

router = APIRouter()


async def _found(
    session: AsyncSession,
    owner: UUID,
    task_id: str,
    execution_id: str,
    *,
    for_update: bool = False,
) -> tuple[Task, Execution]:
    task = await service.get(session, owner, known_id(task_id, TASK_MISSING), for_update=for_update)
    known = known_id(execution_id, executions.EXECUTION_MISSING)
    return task, await executions.get(session, task.id, known)


@router.get(_HERE)
async def show_execution(
    task_id: str, execution_id: str, page: ViewerPage, session: Session
) -> Response:
    """Show one execution with everything that it read."""
    task, execution = await _found(session, page.viewer.user_id, task_id, execution_id)
    return await _render(page, session, task, execution)


@router.post(f"{_HERE}/feedback")
async def give_feedback(
    task_id: str,
    execution_id: str,
    page: ViewerPage,
    session: Session,
    correct: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    """Keep what the user says of the verdict; the latest word counts."""
    task, execution = await _found(
        session, page.viewer.user_id, task_id, execution_id, for_update=True
    )
    spec, problems = read_form(FeedbackIn, {"correct": correct, "note": note})
    if spec is None:
        return await _render(page, session, task, execution, problems=problems, note=note)
    try:
        await feedback.give(session, task, execution, spec, now=page.now)
    except ConflictError as error:
        return page.done(Toast(error.detail, kind="bad"), back_to=_path(task_id, execution_id))
    await session.refresh(task, ["feedback"])
    toast = Toast("Noted. Thank you." if spec.correct else "Noted. It is counted as wrong.")
    if page.is_htmx:
        trail = await presentation.show(session, execution.id)
        return page.render(
            "tasks/_feedback.html",
            toast=toast,
            task=row(task, []),
            execution=execution,
            said=trail.feedback,
            counts=task.feedback,
            problems=Problems(),
            note="",
        )
    return page.redirect(f"{_path(task_id, execution_id)}#feedback", toast=toast)


@router.post(f"{_HERE}/replay")
async def replay_execution(
    task_id: str, execution_id: str, page: ViewerPage, rejudging: Rejudging
) -> Response:
    """Judge the same evidence again, by the same judge. Nothing is stored."""
    owner = page.viewer.user_id
    # Judging takes time, and must not hold a transaction.
    async with rejudging.sessions.begin() as session:
        task, execution = await _found(session, owner, task_id, execution_id)
        stored = await recorded_checks.load(session, execution.id)
    if stored is None:
        raise NotFoundError(executions.EXECUTION_MISSING)
    again: ReplayOut | None = None
    problem = ""
    try:
        again = await replay(rejudging, stored, BudgetOwner(owner, task.id))
    except (ConflictError, UnavailableError) as error:
        problem = error.detail
    outcome: dict[str, Any] = {"again": again, "replay_problem": problem}
    if page.is_htmx:
        return page.render(
            "tasks/_replay.html", task=row(task, []), execution=execution, is_asked=True, **outcome
        )
    async with rejudging.sessions.begin() as session:
        task, execution = await _found(session, owner, task_id, execution_id)
        return await _render(page, session, task, execution, is_asked=True, **outcome)


def _path(task_id: str, execution_id: str) -> str:
    return f"{PATH}/{task_id}/executions/{execution_id}"


async def _render(
    page: SignedInPage,
    session: AsyncSession,
    task: Task,
    execution: Execution,
    *,
    problems: Problems | None = None,
    note: str | None = None,
    **more: Any,
) -> Response:
    trail = await presentation.show(session, execution.id)
    before = await executions.judged_before(session, execution)
    older = await presentation.show(session, before.id) if before else None
    event = history.event_of(execution, before) if execution.completed_at else None
    quotes = event.quotes if event else {}
    said = trail.feedback
    replayed: dict[str, Any] = {"is_asked": False, "again": None, "replay_problem": "", **more}
    return page.render(
        "tasks/execution.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        nav="tasks",
        task=row(task, []),
        event=event,
        execution=execution,
        before=before,
        trail=trail,
        documents=[
            (document, excerpt(document.text, quotes.get(document.uri, ())))
            for document in trail.evidence
        ],
        moved=differences.moved(older.evidence, trail.evidence) if older else (),
        said=said,
        counts=task.feedback,
        problems=problems or Problems(),
        note=note if note is not None else said.note if said else "",
        **replayed,
    )


def excerpt(text: str | None, quotes: Sequence[str]) -> str:
    """Return the part of a long text that holds its first quote."""
    places = [text.find(quote) for quote in quotes] if text else []
    first = min((place for place in places if place >= 0), default=0)
    start = 0 if first < _SHOWN_CHARACTERS - _BEFORE_QUOTE else first - _BEFORE_QUOTE
    return (text or "")[start : start + _SHOWN_CHARACTERS]
