"""A check before there is a task: nothing is stored, nobody is told."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from torale.contract.tasks import PreviewIn
from torale.server.dashboard.forms import Problems, problems_of, read_form
from torale.server.dashboard.pages import ViewerPage
from torale.server.errors import InvalidFieldError
from torale.server.judge import lint
from torale.server.monitoring.check import Checker, Subject
from torale.server.monitoring.spending import Payer
from torale.server.tasks import rules
from torale.server.tasks.dependencies import has_model

router = APIRouter()


@router.post("/new/preview")
async def preview(
    page: ViewerPage,
    request: Request,
    search_query: Annotated[str, Form()] = "",
    condition_description: Annotated[str, Form()] = "",
    sources: Annotated[str, Form()] = "",
) -> Response:
    """Check once, now, and show the verdict with its sources."""
    typed = {
        "search_query": search_query,
        "condition_description": condition_description,
        "sources": sources.split(),
    }
    spec, problems = read_form(PreviewIn, typed)
    addresses: list[str] = []
    if spec is not None:
        try:
            addresses = rules.check_sources(spec.sources)
        except InvalidFieldError as error:
            spec, problems = None, problems_of(error)
    if spec is None:
        return page.render("_preview.html", finding=None, problems=problems)
    warnings = lint.warnings(
        spec.condition_description, spec.search_query, has_model=has_model(request)
    )
    checker: Checker = request.app.state.checker
    payer = Payer(page.viewer.user_id)
    subject = Subject(spec.search_query, spec.condition_description, addresses, None, payer=payer)
    finding = await checker.check(subject, now=page.now)
    return page.render("_preview.html", finding=finding, warnings=warnings, problems=Problems())
