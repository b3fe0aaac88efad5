"""Preview: a check before there is a task. Nothing is stored, nobody is told."""

from typing import Any

from fastapi import APIRouter, Request, Response

from torale.contract.tasks import PreviewIn
from torale.server.budgets.ledger import BudgetOwner
from torale.server.dashboard.tasks.editor import Draft, Typed, draft_of, schedule_of, show_form
from torale.server.dashboard.web.forms import Problems, problems_of, read_form
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.errors import InvalidFieldError, known_id
from torale.server.evidence.source import Source
from torale.server.executions.checker import CHECKER, CheckRequest
from torale.server.judge.authoring import lint
from torale.server.notifications.dependencies import OwnSessions
from torale.server.tasks import rules, service
from torale.server.tasks.dependencies import has_model
from torale.server.tasks.errors import TASK_MISSING
from torale.server.tasks.ports import Channels

router = APIRouter()


@router.post("/new/preview")
async def preview(
    page: ViewerPage,
    request: Request,
    form: Typed,
    sessions: OwnSessions,
    channels: Channels,
    task: str = "",
) -> Response:
    """Check once, now, and show the verdict with its sources; without a script, in the form.

    Args:
        task: The id of the task that is edited.
    """
    draft = draft_of(form)
    found = await _look(page, request, draft)
    if page.is_htmx:
        return page.render("tasks/_preview.html", **found)
    # Only now: checking takes time, and must not hold a transaction.
    async with sessions() as session:
        if task:
            await service.get(session, page.viewer.user_id, known_id(task, TASK_MISSING))
        plan = schedule_of(page, form, draft)
        wrong = found.pop("problems") or None
        more = {"task_id": task or None, "is_previewed": wrong is None, **found}
        return await show_form(page, session, channels, draft, plan, wrong, **more)


async def _look(page: SignedInPage, request: Request, draft: Draft) -> dict[str, Any]:
    """Return the finding of a check, or what is wrong with what it would look for."""
    typed = {
        "search_query": draft.search_query,
        "condition_description": draft.condition_description,
        "sources": draft.named_sources,
    }
    spec, problems = read_form(PreviewIn, typed)
    sources: tuple[Source, ...] = ()
    if spec is not None:
        try:
            sources = rules.check_sources(spec.sources)
        except InvalidFieldError as error:
            spec, problems = None, problems_of(error)
    if spec is None:
        return {"finding": None, "warnings": (), "problems": problems}
    warnings = lint.warnings(
        spec.condition_description, spec.search_query, has_model=has_model(request)
    )
    payer = BudgetOwner(page.viewer.user_id)
    subject = CheckRequest(
        spec.search_query, spec.condition_description, sources, None, payer=payer
    )
    finding = await CHECKER.of(request).check(subject, now=page.now)
    return {"finding": finding, "warnings": warnings, "problems": Problems()}
