"""`torale template`: tasks with blanks to fill in."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from torale.cli.console.commands import Run, command, new_group

if TYPE_CHECKING:
    from torale.cli.console.output import Column

app = new_group("Tasks with blanks to fill in.")

_ROW: "tuple[Column, ...]" = (
    ("slug", lambda one: one.slug),
    ("category", lambda one: one.category),
    ("query", lambda one: one.search_query),
    ("condition", lambda one: one.condition_description),
    ("schedule", lambda one: one.schedule),
)


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
    run.show(list(found), *_ROW, empty="No templates.")
