"""The wire shape of templates: tasks with blanks to fill in."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from torale.contract.base import Output
from torale.contract.tasks import NotifyBehavior


# The subjects of templates.
class TemplateCategory(StrEnum):
    RELEASES = "releases"
    PRICES = "prices"
    STOCK = "stock"
    TICKETS = "tickets"
    NEWS = "news"


class Placeholder(Output):
    """A blank: `{name}` in the template's texts."""

    name: str
    label: str
    example: str


# A task with blanks to fill in.
class TemplateOut(Output):
    slug: Annotated[str, Field(description="Its stable name.")]
    category: TemplateCategory
    title: str
    description: str
    placeholders: Sequence[Placeholder]
    search_query: Annotated[str, Field(description="With blanks such as `{product}`.")]
    condition_description: str
    schedule: str
    notify_behavior: NotifyBehavior
    sample_answer: Annotated[str, Field(description="What such a task may answer one day.")]
    needs_model: Annotated[
        bool, Field(description="The builtin judge alone cannot decide its condition.")
    ]


# All templates.
class TemplatesOut(Output):
    templates: Sequence[TemplateOut]
