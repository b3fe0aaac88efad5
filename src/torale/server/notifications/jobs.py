"""Handler of delivery jobs: each makes one attempt to send a message of the outbox."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelState, ChannelType, DeliveryStatus
from torale.server.auth.models import User
from torale.server.clock import Clock
from torale.server.crypto import UnsealError, Vault
from torale.server.database import Sessions
from torale.server.engine.base import JobQueue
from torale.server.notifications.channels.base import Message
from torale.server.notifications.channels.registry import Senders
from torale.server.notifications.mails.letters import Letter, disabled_letter
from torale.server.notifications.models import Channel, Delivery, TaskChannel, cut_error
from torale.server.notifications.outbox.attempts import make_message, refusal
from torale.server.notifications.outbox.delivery_jobs import DELIVERY, CodeMail, DeliveryAttempt
from torale.server.notifications.rules import (
    Delivered,
    DisableChannel,
    Failed,
    Outcome,
    Retry,
    after_attempt,
)
from torale.server.notifications.verification.code_mails import CodeMailJob
from torale.server.notifications.verification.codes import VerificationCodes
from torale.server.settings.base import Settings
from torale.server.tasks.models import Task
from torale.server.telemetry import Metrics

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail that tells an owner that we disabled their channel."""

    recipient: str
    letter: Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryJob:
    """The handler of `DELIVERY` jobs."""

    sessions: Sessions
    jobs: JobQueue
    senders: Senders
    vault: Vault
    settings: Settings
    clock: Clock
    rng: Random = field(default_factory=Random)
    metrics: Metrics | None = None

    async def run(self, job: DeliveryAttempt | CodeMail) -> None:
        match job:
            case DeliveryAttempt():
                await self._attempt(job)
            case CodeMail():
                codes = VerificationCodes(self.vault, self.jobs)
                mails = CodeMailJob(self.sessions, codes, self.senders.mailer, self.clock)
                await mails.run(job)

    async def _attempt(self, attempt: DeliveryAttempt) -> None:
        """Make an attempt, or nothing if it was made already."""
        prepared = await self._prepare(attempt)
        if prepared is None:
            return
        channel_type, message = prepared
        # No transaction is open here: an attempt may take half a minute.
        outcome = await self.senders.send(channel_type, message)
        self._count(channel_type, outcome)
        notice = await self._record(attempt, outcome)
        if notice is not None:
            await self._send(notice)

    async def _prepare(self, attempt: DeliveryAttempt) -> tuple[ChannelType, Message] | None:
        async with self.sessions.begin() as session:
            delivery = await session.scalar(select(Delivery).where(*_is_due(attempt)))
            if delivery is None:
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

    async def _record(self, attempt: DeliveryAttempt, outcome: Outcome) -> Notice | None:
        """Record what became of an attempt and enqueue what follows.

        Returns:
            What to tell the owner, where the channel was disabled.
        """
        now = self.clock()
        async with self.sessions.begin() as session:
            # Whoever raises `attempts` first has made this attempt; the other one ends quietly.
            claim = (
                update(Delivery)
                .where(*_is_due(attempt))
                .values(attempts=attempt.number)
                .returning(Delivery.id)
            )
            if await session.scalar(claim) is None:
                return None
            delivery = await session.get_one(Delivery, attempt.delivery_id)
            channel = await session.get_one(Channel, delivery.channel_id, with_for_update=True)
            delivery.status_code = outcome.status_code
            delivery.last_error = channel.last_error = cut_error(outcome.error)
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
                following = DeliveryAttempt(delivery.id, delivery.attempts + 1)
                delivery.status = DeliveryStatus.RETRYING
                delivery.next_attempt_at = now + delay
                await self.jobs.enqueue(session, following.job_id, DELIVERY, following, delay=delay)
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
        channel.last_error = cut_error(reason)
        log.info("channel disabled", channel_id=str(channel.id))
        owner = await session.get_one(User, channel.user_id)
        target = self.vault.unseal(channel.target_sealed)
        if target == owner.email.lower():
            return None  # that address is what does not work
        letter = disabled_letter(channel.name, reason, self.settings.url)
        return Notice(owner.email, letter)

    async def _send(self, notice: Notice) -> None:
        outcome = await self.senders.mailer.mail(
            notice.letter, notice.recipient, mail_id=uuid4(), now=self.clock()
        )
        if not outcome.ok:
            log.warning("mail not sent", error=outcome.error)

    def _count(self, channel_type: ChannelType, outcome: Outcome) -> None:
        if self.metrics is not None:
            result = "delivered" if outcome.ok else "failed"
            self.metrics.deliveries.labels(channel_type.value, result).inc()


def _is_due(attempt: DeliveryAttempt) -> tuple[ColumnElement[bool], ...]:
    """An attempt is due once: where the ones before it were made and none more."""
    return (
        Delivery.id == attempt.delivery_id,
        Delivery.attempts == attempt.number - 1,
        Delivery.status.in_((DeliveryStatus.PENDING, DeliveryStatus.RETRYING)),
    )
