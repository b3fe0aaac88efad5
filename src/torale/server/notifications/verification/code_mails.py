"""Mails with the code that proves whose the address of a channel is."""

from dataclasses import dataclass
from uuid import uuid4

import structlog
from sqlalchemy import update

from torale.contract.channels import ChannelState
from torale.server.clock import Clock
from torale.server.database import Sessions
from torale.server.notifications.mails.letters import code_letter
from torale.server.notifications.mails.mailer import Mailer
from torale.server.notifications.models import Channel, cut_error
from torale.server.notifications.outbox.delivery_jobs import CodeMail
from torale.server.notifications.verification.codes import VerificationCodes

log = structlog.stdlib.get_logger()


@dataclass(frozen=True, slots=True)
class CodeMailJob:
    """The handler of `CodeMail` jobs."""

    sessions: Sessions
    codes: VerificationCodes
    mailer: Mailer
    clock: Clock

    async def run(self, job: CodeMail) -> None:
        """Send the mail, if the channel still waits for its code."""
        async with self.sessions.begin() as session:
            channel = await session.get(Channel, job.channel_id)
            if (
                channel is None
                or channel.deleted_at is not None
                or channel.code_digest is None
                or channel.state is not ChannelState.UNVERIFIED
            ):
                return
            code = self.codes.code_of(channel)
            recipient = self.codes.vault.unseal(channel.target_sealed)
        letter = code_letter(code, self.mailer.public_url)
        outcome = await self.mailer.mail(letter, recipient, mail_id=uuid4(), now=self.clock())
        if outcome.ok:
            return
        log.warning("mail not sent", error=outcome.error)
        async with self.sessions.begin() as session:
            change = update(Channel).where(Channel.id == job.channel_id)
            await session.execute(change.values(last_error=cut_error(outcome.error)))
