"""Commands of `torale template`: tasks with blanks to fill in."""

from typing import Annotated

import typer

from torale.cli.console.commands import Run, command, new_group
from torale.cli.console.output import Columns
from torale.contract.templates import TemplateCategory

app = new_group("Tasks with blanks to fill in.")

_ROW: Columns = {
    "slug": "slug",
    "category": "category",
    "query": "search_query",
    "condition": "condition_description",
    "schedule": "schedule",
}


@command(app, "list")
def list_templates(
    run: Run,
    category: Annotated[TemplateCategory | None, typer.Option(help="Only of this kind.")] = None,
) -> None:
    """List templates, all at once."""
    found = run.client.templates.list(category=category)
    run.show(list(found), _ROW, empty="No templates.")
