"""Verification codes: six digits that prove whose an e-mail address is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelState
from torale.server.crypto import Vault
from torale.server.engine.base import JobQueue
from torale.server.notifications.models import Channel
from torale.server.notifications.outbox.delivery_jobs import DELIVERY, CodeMail

CODE_LIVES = timedelta(minutes=15)
PAUSE = timedelta(minutes=1)
MAX_TRIES = 5


class VerificationCheck(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class VerificationCodes:
    """Issues codes and checks them. Kept is only a digest.

    A code is derived from the secret key, so the job that mails it needs no copy of it, and mails
    the same one when it runs twice.
    """

    vault: Vault
    jobs: JobQueue

    async def issue(self, session: AsyncSession, channel: Channel, *, now: datetime) -> None:
        """Mail a code for an unverified channel, at most one a minute to one address.

        A channel that was deleted and made again counts too.
        """
        query = select(func.max(Channel.code_expires_at)).where(
            Channel.user_id == channel.user_id, Channel.target_digest == channel.target_digest
        )
        latest = await session.scalar(query)
        if latest is not None and latest - CODE_LIVES + PAUSE > now:
            return
        channel.code_expires_at = now + CODE_LIVES
        channel.code_tries = 0
        channel.code_digest = self._digest(channel, self.code_of(channel))
        issued = int(now.timestamp())
        job_id = f"code-{channel.id}-{issued}"
        await self.jobs.enqueue(session, job_id, DELIVERY, CodeMail(channel.id))

    def code_of(self, channel: Channel) -> str:
        """Return the code that was last issued for `channel`."""
        assert channel.code_expires_at is not None
        issued = f"{channel.id}:{channel.code_expires_at.timestamp():.6f}"
        return f"{int(self.vault.digest('channel-code', issued), 16) % 1_000_000:06d}"

    def check(self, channel: Channel, code: str, *, now: datetime) -> VerificationCheck:
        """Count a try, and make the channel active if `code` is the one.

        The caller commits whatever the answer is: a wrong try that is undone is not counted.
        """
        if (
            channel.code_digest is None
            or channel.code_expires_at is None
            or channel.code_expires_at <= now
            or channel.code_tries >= MAX_TRIES
        ):
            return VerificationCheck.OVER
        channel.code_tries += 1
        if self._digest(channel, code) != channel.code_digest:
            return VerificationCheck.WRONG
        channel.state = ChannelState.ACTIVE
        channel.code_digest = None
        channel.last_error = None
        return VerificationCheck.RIGHT

    def _digest(self, channel: Channel, code: str) -> str:
        return self.vault.digest("channel-code-kept", f"{channel.id}:{code}")
