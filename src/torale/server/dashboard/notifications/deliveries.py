"""Settings, messages: each with its result and its next attempt."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from torale.contract.channels import DeliveryStatus
from torale.server.dashboard.web.pages import ViewerPage
from torale.server.database import Session
from torale.server.notifications.outbox.deliveries import page_of_deliveries

PATH = "/settings/notifications/deliveries"
_LIMIT = 25

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Filter of the list of messages; `task_id`: those of that task alone."""

    status: DeliveryStatus | None
    task_id: UUID | None
    page: int

    def link(self, **other: object) -> str:
        """Return the address of the list as it is, with something else changed."""
        values = {"status": self.status or "", "task": self.task_id or "", **other}
        query = {name: value for name, value in values.items() if value}
        return f"{PATH}?{urlencode(query)}" if query else PATH

    @property
    def pages(self) -> str:
        """The address of a page of the list, but for the page's number."""
        return f"{self.link()}{'&' if self.status or self.task_id else '?'}page="


def _wanted(
    status: str = "", task: str = "", page: Annotated[int, Query(ge=1, le=100_000)] = 1
) -> DeliveryFilter:
    """Read an address that anybody may have typed: what makes no sense is left out."""
    known = DeliveryStatus(status) if status in set(DeliveryStatus) else None
    try:
        task_id = UUID(task)
    except ValueError:
        task_id = None
    return DeliveryFilter(known, task_id, page)


@router.get(PATH)
async def show_deliveries(
    page: ViewerPage, session: Session, wanted: Annotated[DeliveryFilter, Depends(_wanted)]
) -> Response:
    """List 25 messages, the newest first."""
    found, total = await page_of_deliveries(
        session,
        page.viewer.user_id,
        channel_type=None,
        task_id=wanted.task_id,
        status=wanted.status,
        limit=_LIMIT,
        offset=(wanted.page - 1) * _LIMIT,
    )
    return page.render(
        "notifications/deliveries.html",
        nav="settings",
        deliveries=found,
        total=total,
        wanted=wanted,
        statuses=("", *DeliveryStatus),
        last=max(1, -(-total // _LIMIT)),
    )
