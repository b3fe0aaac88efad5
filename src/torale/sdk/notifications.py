"""Calls about notifications, over all tasks."""

from torale.contract.channels import ChannelType, SendOut, SendPage
from torale.contract.executions import NotificationOut
from torale.sdk.pages import Slice
from torale.sdk.tasks import Id, read_notifications
from torale.sdk.transport.calls import Call, PageCall, Resource, S, listing, paged


class Notifications(Resource[S]):
    """What was told: `client.notifications`."""

    @listing
    @staticmethod
    def list(*, page: int = 1, limit: int = 20) -> PageCall[NotificationOut]:
        """List the executions of all tasks that met their condition, newest first."""
        return paged("/api/v1/notifications", read_notifications, page=page, limit=limit)

    @listing
    @staticmethod
    def sends(
        *,
        notification_type: ChannelType | str | None = None,
        task_id: Id | None = None,
        page: int = 1,
        limit: int = 20,
    ) -> PageCall[SendOut]:
        """List messages with what became of them, newest first.

        Args:
            notification_type: Only messages to this kind of channel.
            task_id: Only messages of this task.
            page: The first page to fetch; iterating goes on from there.
            limit: Messages on a page, 1 to 100.
        """

        def at(number: int) -> Call[Slice[SendOut]]:
            def read(raw: bytes) -> Slice[SendOut]:
                found = SendPage.model_validate_json(raw)
                return Slice(found.sends, found.total, number, limit)

            return Call(
                method="GET",
                path="/api/v1/notifications/sends",
                read=read,
                query={
                    "notification_type": notification_type,
                    "task_id": task_id,
                    "limit": limit,
                    "offset": (number - 1) * limit,
                },
            )

        return PageCall(at=at, page=page)
