"""Calls about templates: tasks with blanks to fill in."""

from typing import Literal

from torale.contract.templates import TemplateCategory, TemplateOut, TemplatesOut
from torale.sdk.pages import Slice
from torale.sdk.transport.calls import Call, PageCall, Resource, S, listing

Category = TemplateCategory | Literal["releases", "prices", "stock", "tickets", "news"]


def _read_templates(raw: bytes) -> Slice[TemplateOut]:
    found = TemplatesOut.model_validate_json(raw).templates
    return Slice(found, len(found), 1, max(len(found), 1))


class Templates(Resource[S]):
    """Tasks with blanks to fill in: `client.templates`."""

    @listing
    @staticmethod
    def list(*, category: Category | None = None) -> PageCall[TemplateOut]:
        """List templates, all at once.

        Args:
            category: Only templates of this kind.
        """

        def at(_: int) -> Call[Slice[TemplateOut]]:
            return Call(
                method="GET",
                path="/api/v1/templates",
                read=_read_templates,
                query={"category": category},
            )

        return PageCall(at=at, page=1)
