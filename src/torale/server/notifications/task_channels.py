"""Channels of tasks: the `ChannelBook` of the tasks room."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelOut, ChannelType
from torale.contract.tasks import ChannelTarget, EmailTarget, Target, TargetOut
from torale.server.errors import InvalidFieldError
from torale.server.notifications.errors import ChannelNotFoundError
from torale.server.notifications.models import Channel, TaskChannel
from torale.server.notifications.service import Channels
from torale.server.tasks.models import Task


@dataclass(frozen=True, slots=True)
class TaskChannels:
    channels: Channels

    async def assign(
        self, session: AsyncSession, task: Task, targets: Sequence[Target], *, now: datetime
    ) -> None:
        """Make `targets` the task's channels: finds the user's channel of a target or makes it.

        Raises:
            InvalidFieldError: A target is malformed, or a channel id is not the user's.
        """
        await session.flush()
        ids: dict[UUID, None] = {}
        for position, target in enumerate(targets):
            ids[await self._channel_id(session, task.user_id, target, position, now=now)] = None
        await session.execute(delete(TaskChannel).where(TaskChannel.task_id == task.id))
        session.add_all(
            TaskChannel(task_id=task.id, channel_id=channel_id, position=position)
            for position, channel_id in enumerate(ids)
        )
        await session.flush()

    async def of_tasks(
        self, session: AsyncSession, task_ids: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[TargetOut]]:
        """Return the channels of each task, in the order in which the user named them."""
        query = (
            select(TaskChannel.task_id, Channel)
            .join(Channel, Channel.id == TaskChannel.channel_id)
            .where(TaskChannel.task_id.in_(task_ids), Channel.deleted_at.is_(None))
            .order_by(TaskChannel.task_id, TaskChannel.position)
        )
        found: defaultdict[UUID, list[TargetOut]] = defaultdict(list)
        for task_id, channel in await session.execute(query):
            found[task_id].append(self._show(channel))
        return {task_id: found[task_id] for task_id in task_ids}

    async def of_user(self, session: AsyncSession, user_id: UUID) -> Sequence[ChannelOut]:
        """Return the newest 100 channels that the user has, whatever their state."""
        found, _ = await self.channels.page(session, user_id, page=1, limit=100)
        return [self.channels.show(channel) for channel in found]

    async def _channel_id(
        self,
        session: AsyncSession,
        user_id: UUID,
        target: Target,
        position: int,
        *,
        now: datetime,
    ) -> UUID:
        if isinstance(target, ChannelTarget):
            return await self._own_id(session, user_id, target.id, position)
        if isinstance(target, EmailTarget):
            field, written = "address", target.address
        else:
            field, written = "url", target.url
        kind = ChannelType(target.type)
        normal = self.channels.normalise(kind, written, "notifications", position, field)
        channel, _ = await self.channels.find_or_make(session, user_id, kind, normal, now=now)
        return channel.id

    async def _own_id(
        self, session: AsyncSession, user_id: UUID, channel_id: UUID, position: int
    ) -> UUID:
        try:
            return (await self.channels.get(session, user_id, channel_id)).id
        except ChannelNotFoundError as error:
            raise InvalidFieldError("notifications", position, "id", message=error.detail) from None

    def _show(self, channel: Channel) -> TargetOut:
        field = self.channels.senders.of(channel.type).task_field
        if field is None:
            return TargetOut(type="channel", channel_id=channel.id, id=channel.id)
        shown = {field: self.channels.shown_target(channel)}
        return TargetOut.model_validate({"type": channel.type, "channel_id": channel.id, **shown})
