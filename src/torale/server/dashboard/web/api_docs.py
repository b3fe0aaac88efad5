"""API start page: the address, a first request, and links to the rest."""

from fastapi import APIRouter, Response

from torale.server.auth import service
from torale.server.auth.models import KeyState
from torale.server.dashboard.web.pages import ViewerPage
from torale.server.database import Session

PATH = "/api-docs"
_PYTHON = """\
from torale import ToraleClient

with ToraleClient() as client:
    for task in client.tasks.list():
        print(task.name, task.last_known_state and task.last_known_state.answer)"""

router = APIRouter()


@router.get(PATH)
async def show_api(page: ViewerPage, session: Session) -> Response:
    """Tell a programmer how to begin, with the newest of the viewer's own keys."""
    active = (
        key.key_prefix
        for key in await service.list_keys(session, page.viewer.user_id)
        if key.state is KeyState.ACTIVE and (key.expires_at is None or key.expires_at > page.now)
    )
    return page.render(
        "web/api_docs.html",
        nav="api",
        base_url=page.base_url,
        prefix=next(active, None),
        python=_PYTHON,
    )
