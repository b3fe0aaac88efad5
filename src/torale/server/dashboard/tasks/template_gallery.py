"""Gallery of task templates, by purpose."""

from fastapi import APIRouter, Response

from torale.contract.templates import TemplateCategory
from torale.server.dashboard.web.pages import ViewerPage
from torale.server.tasks.templates import TEMPLATES

_LABELS = (
    (TemplateCategory.PRICES, "Prices", "tag"),
    (TemplateCategory.STOCK, "Stock", "zap"),
    (TemplateCategory.RELEASES, "Product releases", "calendar-clock"),
    (TemplateCategory.TICKETS, "Tickets", "sparkles"),
    (TemplateCategory.NEWS, "Decisions and pages", "search"),
)

router = APIRouter()


@router.get("/templates")
async def show_templates(page: ViewerPage) -> Response:
    groups = [
        (label, icon, [template for template in TEMPLATES if template.category is category])
        for category, label, icon in _LABELS
    ]
    return page.render("tasks/template_gallery.html", nav="templates", groups=groups)
