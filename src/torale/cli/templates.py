"""`torale template`: tasks with blanks to fill in."""

from enum import StrEnum
from typing import Annotated

import typer

from torale.cli.console.commands import Run, command, new_group
from torale.cli.console.output import Columns

app = new_group("Tasks with blanks to fill in.")

_ROW: Columns = {
    "slug": "slug",
    "category": "category",
    "query": "search_query",
    "condition": "condition_description",
    "schedule": "schedule",
}


class Category(StrEnum):
    releases = "releases"
    prices = "prices"
    stock = "stock"
    tickets = "tickets"
    news = "news"


@command(app, "list")
def list_templates(
    run: Run, category: Annotated[Category | None, typer.Option(help="Only of this kind.")] = None
) -> None:
    """List templates, all at once."""
    found = run.client.templates.list(category=category.value if category else None)
    run.show(list(found), _ROW, empty="No templates.")
