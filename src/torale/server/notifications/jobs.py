"""Sends what is in the outbox, one attempt a job."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelState, ChannelType, DeliveryStatus
from torale.server.auth.models import User
from torale.server.clock import Clock
from torale.server.crypto import UnsealError, Vault
from torale.server.database import Sessions
from torale.server.engine.base import JobQueue
from torale.server.notifications.channels.base import Message
from torale.server.notifications.channels.registry import Senders
from torale.server.notifications.messages.mails import (
    Envelope,
    Letter,
    code_letter,
    disabled_letter,
)
from torale.server.notifications.models import Channel, Delivery, TaskChannel
from torale.server.notifications.outbox.attempts import make_message, refusal
from torale.server.notifications.outbox.deliveries import KIND, job_argument, job_id
from torale.server.notifications.rules import (
    Delivered,
    DisableChannel,
    Failed,
    Outcome,
    Retry,
    after_attempt,
)
from torale.server.notifications.verification_codes import VerificationCodes
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task
from torale.server.telemetry import Metrics

log = structlog.stdlib.get_logger()

_OPEN = (DeliveryStatus.PENDING, DeliveryStatus.RETRYING)
_MAX_ERROR_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail that tells an owner that we disabled their channel."""

    recipient: str
    letter: Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryJob:
    """The handler of jobs of kind `delivery`.

    An argument is `<delivery id>:<attempt>`, or `code:<channel id>` for a mail with a code.
    """

    sessions: Sessions
    jobs: JobQueue
    senders: Senders
    vault: Vault
    settings: Settings
    clock: Clock
    rng: Random = field(default_factory=Random)
    metrics: Metrics | None = None

    async def run(self, argument: str) -> None:
        """Make one attempt, or nothing if it was made already."""
        first, _, second = argument.partition(":")
        if first == "code":
            await self._send_code(UUID(second))
            return
        delivery_id, attempt = UUID(first), int(second)
        prepared = await self._prepare(delivery_id, attempt)
        if prepared is None:
            return
        kind, message = prepared
        # No transaction is open here: an attempt may take half a minute.
        outcome = await self.senders.send(kind, message)
        self._count(kind, outcome)
        notice = await self._record(delivery_id, attempt, outcome)
        if notice is not None:
            await self._mail(uuid4(), notice.recipient, notice.letter)

    async def _prepare(self, delivery_id: UUID, attempt: int) -> tuple[ChannelType, Message] | None:
        async with self.sessions.begin() as session:
            delivery = await session.get(Delivery, delivery_id)
            if delivery is None or delivery.status not in _OPEN or delivery.attempts != attempt - 1:
                return None
            channel = await session.get_one(Channel, delivery.channel_id)
            task = await session.get_one(Task, delivery.task_id)
            wanted = await session.get(TaskChannel, (task.id, channel.id))
            reason = refusal(task, channel, is_wanted=wanted is not None)
            if reason is None:
                try:
                    message = make_message(
                        delivery,
                        channel,
                        self.senders.of(channel.type),
                        self.vault,
                        public_url=self.settings.url,
                        now=self.clock(),
                    )
                except UnsealError as error:
                    reason = str(error)
                else:
                    return channel.type, message
            delivery.status = DeliveryStatus.FAILED
            delivery.last_error = reason
            delivery.next_attempt_at = None
        return None

    async def _record(self, delivery_id: UUID, attempt: int, outcome: Outcome) -> Notice | None:
        """Write down what became of an attempt and enqueue what follows.

        Returns:
            What to tell the owner, where the channel was disabled.
        """
        now = self.clock()
        async with self.sessions.begin() as session:
            # Whoever raises `attempts` first has made this attempt; the other one ends quietly.
            claim = (
                update(Delivery)
                .where(
                    Delivery.id == delivery_id,
                    Delivery.attempts == attempt - 1,
                    Delivery.status.in_(_OPEN),
                )
                .values(attempts=attempt)
                .returning(Delivery.id)
            )
            if await session.scalar(claim) is None:
                return None
            delivery = await session.get_one(Delivery, delivery_id)
            channel = await session.get_one(Channel, delivery.channel_id, with_for_update=True)
            delivery.status_code = outcome.status_code
            delivery.last_error = channel.last_error = _cut(outcome.error)
            delivery.next_attempt_at = None
            return await self._follow_up(session, delivery, channel, outcome, now=now)

    async def _follow_up(
        self,
        session: AsyncSession,
        delivery: Delivery,
        channel: Channel,
        outcome: Outcome,
        *,
        now: datetime,
    ) -> Notice | None:
        last = channel.last_delivery_at
        works = last is not None and last > delivery.created_at
        jitter = self.rng.uniform(-1, 1)
        step = after_attempt(delivery.attempts, outcome, jitter, channel_works=works)
        match step:
            case Delivered():
                delivery.status = DeliveryStatus.DELIVERED
                delivery.delivered_at = channel.last_delivery_at = now
            case Retry(delay):
                following = delivery.attempts + 1
                delivery.status = DeliveryStatus.RETRYING
                delivery.next_attempt_at = now + delay
                name, argument = (
                    job_id(delivery.id, following),
                    job_argument(delivery.id, following),
                )
                await self.jobs.enqueue(session, name, KIND, argument, delay=delay)
            case Failed():
                delivery.status = DeliveryStatus.FAILED
            case DisableChannel(reason):
                delivery.status = DeliveryStatus.FAILED
                return await self._disable(session, channel, reason)
        return None

    async def _disable(self, session: AsyncSession, channel: Channel, reason: str) -> Notice | None:
        if channel.state is not ChannelState.ACTIVE or channel.deleted_at is not None:
            return None
        channel.state = ChannelState.DISABLED
        channel.last_error = _cut(reason)
        log.info("channel disabled", channel_id=str(channel.id))
        owner = await session.get_one(User, channel.user_id)
        target = self.vault.unseal(channel.target_sealed)
        if target == owner.email.lower():
            return None  # that address is what does not work
        letter = disabled_letter(channel.name, reason, self.settings.url)
        return Notice(owner.email, letter)

    async def _send_code(self, channel_id: UUID) -> None:
        async with self.sessions.begin() as session:
            channel = await session.get(Channel, channel_id)
            if (
                channel is None
                or channel.deleted_at is not None
                or channel.code_digest is None
                or channel.state is not ChannelState.UNVERIFIED
            ):
                return
            code = VerificationCodes(self.vault, self.jobs).code_of(channel)
            recipient = self.vault.unseal(channel.target_sealed)
        outcome = await self._mail(uuid4(), recipient, code_letter(code, self.settings.url))
        if outcome.ok:
            return
        async with self.sessions.begin() as session:
            values: dict[str, Any] = {"last_error": _cut(outcome.error)}
            await session.execute(update(Channel).where(Channel.id == channel_id).values(values))

    async def _mail(self, mail_id: UUID, recipient: str, letter: Letter) -> Outcome:
        envelope = Envelope(
            id=mail_id,
            sender=self.senders.mailer.sender,
            recipient=recipient,
            public_url=self.settings.url,
            now=self.clock(),
        )
        outcome = await self.senders.mailer.mail(envelope, letter)
        if not outcome.ok:
            log.warning("mail not sent", error=outcome.error)
        return outcome

    def _count(self, kind: ChannelType, outcome: Outcome) -> None:
        if self.metrics is not None:
            result = "delivered" if outcome.ok else "failed"
            self.metrics.deliveries.labels(kind.value, result).inc()


def _cut(error: str | None) -> str | None:
    return error[:_MAX_ERROR_LENGTH] if error is not None else None
