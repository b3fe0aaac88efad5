"""Landing page: what runs here, and the way in."""

from fastapi import APIRouter, Response

from torale.server.dashboard.web.pages import OpenPage

router = APIRouter()


@router.get("/")
async def show_landing(page: OpenPage) -> Response:
    """Lead the signed-in to their tasks, and tell everybody else what this is."""
    if page.visitor is not None:
        return page.redirect("/tasks")
    return page.render("web/landing.html")
