"""Service of channels: makes, finds and changes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import (
    ChannelCreate,
    ChannelOut,
    ChannelState,
    ChannelType,
    ChannelUpdate,
)
from torale.server.auth.models import User
from torale.server.crypto import UnsealError, Vault
from torale.server.errors import ConflictError, InvalidFieldError
from torale.server.notifications.channels.registry import Senders
from torale.server.notifications.errors import (
    ChannelExistsError,
    ChannelNotFoundError,
    TooManyChannelsError,
)
from torale.server.notifications.models import Channel, TaskChannel
from torale.server.notifications.verification.codes import VerificationCheck, VerificationCodes

MAX_CHANNELS = 100
OLD_SECRET_LIVES = timedelta(hours=24)
_UNREADABLE = "(sealed with another TORALE_SECRET_KEY)"


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of users. Every method works in the caller's transaction."""

    vault: Vault
    senders: Senders
    codes: VerificationCodes

    async def create(
        self, session: AsyncSession, user_id: UUID, spec: ChannelCreate, *, now: datetime
    ) -> Channel:
        """Make a channel. For an address that awaits its code: send another one.

        Raises:
            InvalidFieldError: The target is none of its type.
            ChannelExistsError: The user has it already.
            TooManyChannelsError: The user has too many.
        """
        target = self.normalise(spec.type, spec.target, "target")
        channel, is_new = await self.find_or_make(session, user_id, spec.type, target, now=now)
        if is_new:
            channel.name = spec.name or channel.name
        elif channel.state is ChannelState.UNVERIFIED:
            await self.codes.issue(session, channel, now=now)
        else:
            raise ChannelExistsError(channel.name)
        await session.flush()
        return channel

    def normalise(self, kind: ChannelType, target: str, *loc: str | int) -> str:
        try:
            return self.senders.of(kind).normalise(target)
        except ValueError as error:
            raise InvalidFieldError(*loc, message=str(error)) from None

    async def find_or_make(
        self,
        session: AsyncSession,
        user_id: UUID,
        kind: ChannelType,
        target: str,
        *,
        now: datetime,
    ) -> tuple[Channel, bool]:
        """Return the user's channel of a normalised target, and whether it had to be made."""
        found = await self._of_target(session, user_id, kind, target)
        if found is not None:
            return found, False
        try:
            async with session.begin_nested():
                made = await self._make(session, user_id, kind, target, now=now)
        except IntegrityError:  # somebody made it in this moment
            found = await self._of_target(session, user_id, kind, target)
            if found is None:
                raise
            return found, False
        if made.state is ChannelState.UNVERIFIED:
            await self.codes.issue(session, made, now=now)
        return made, True

    async def get(self, session: AsyncSession, user_id: UUID, channel_id: UUID) -> Channel:
        """Return a channel of the user, locked against other changes.

        Raises:
            ChannelNotFoundError: The user has no such channel.
        """
        query = _alive(user_id).where(Channel.id == channel_id).with_for_update()
        channel = await session.scalar(query)
        if channel is None:
            raise ChannelNotFoundError
        return channel

    async def page(
        self, session: AsyncSession, user_id: UUID, *, page: int, limit: int
    ) -> tuple[Sequence[Channel], int]:
        """Return channels, newest first, and how many there are in all."""
        query = _alive(user_id).order_by(Channel.created_at.desc(), Channel.id)
        found = await session.scalars(query.limit(limit).offset((page - 1) * limit))
        return found.all(), await _count(session, user_id)

    async def update(
        self,
        session: AsyncSession,
        user_id: UUID,
        channel_id: UUID,
        change: ChannelUpdate,
        *,
        now: datetime,
    ) -> Channel:
        """Change what is given.

        Raises:
            ChannelNotFoundError: The user has no such channel.
            InvalidFieldError: The target is none of the channel's type.
            ConflictError: The user has the target already, or the address is not verified.
        """
        channel = await self.get(session, user_id, channel_id)
        if change.name is not None:
            channel.name = change.name
        if change.target is not None:
            await self._retarget(session, channel, change.target, now=now)
        if change.state is not None:
            _set_state(channel, change.state)
        await session.flush()
        return channel

    async def delete(
        self, session: AsyncSession, user_id: UUID, channel_id: UUID, *, now: datetime
    ) -> None:
        """Hide a channel for good and take it from every task. Its deliveries stay."""
        channel = await self.get(session, user_id, channel_id)
        channel.deleted_at = now
        await session.execute(delete(TaskChannel).where(TaskChannel.channel_id == channel.id))
        await session.flush()

    async def verify(
        self, session: AsyncSession, user_id: UUID, channel_id: UUID, code: str, *, now: datetime
    ) -> tuple[Channel, VerificationCheck]:
        """Try a code. The caller commits even when it is wrong."""
        channel = await self.get(session, user_id, channel_id)
        if channel.state is not ChannelState.UNVERIFIED:
            return channel, VerificationCheck.RIGHT
        checked = self.codes.check(channel, code, now=now)
        await session.flush()
        return channel, checked

    async def rotate_secret(
        self, session: AsyncSession, user_id: UUID, channel_id: UUID, *, now: datetime
    ) -> Channel:
        """Give a webhook a new secret; for a day messages are signed with the old one too."""
        channel = await self.get(session, user_id, channel_id)
        secret = self.senders.of(channel.type).new_secret()
        if secret is None:
            raise ConflictError("Only webhooks have a secret")
        channel.old_secret_sealed = channel.secret_sealed
        channel.old_secret_until = now + OLD_SECRET_LIVES
        channel.secret_sealed = self.vault.seal(secret)
        await session.flush()
        return channel

    def show(self, channel: Channel) -> ChannelOut:
        secret = channel.secret_sealed
        return ChannelOut(
            id=channel.id,
            type=channel.type,
            name=channel.name,
            target=self.shown_target(channel),
            secret=(self._unsealed(secret) or _UNREADABLE) if secret else None,
            state=channel.state,
            last_delivery_at=channel.last_delivery_at,
            last_error=channel.last_error,
            created_at=channel.created_at,
        )

    def shown_target(self, channel: Channel) -> str:
        target = self._unsealed(channel.target_sealed)
        return _UNREADABLE if target is None else self.senders.of(channel.type).show(target)

    def _unsealed(self, sealed: str) -> str | None:
        """Unseal for an answer: a list must not fail for one channel of an older key."""
        try:
            return self.vault.unseal(sealed)
        except UnsealError:
            return None

    def _digest(self, kind: ChannelType, target: str) -> str:
        return self.vault.digest(f"channel:{kind.value}", target)

    async def _of_target(
        self, session: AsyncSession, user_id: UUID, kind: ChannelType, target: str
    ) -> Channel | None:
        query = _alive(user_id).where(
            Channel.type == kind, Channel.target_digest == self._digest(kind, target)
        )
        found: Channel | None = await session.scalar(query)
        return found

    async def _make(
        self,
        session: AsyncSession,
        user_id: UUID,
        kind: ChannelType,
        target: str,
        *,
        now: datetime,
    ) -> Channel:
        if await _count(session, user_id) >= MAX_CHANNELS:
            raise TooManyChannelsError(MAX_CHANNELS)
        secret = self.senders.of(kind).new_secret()
        channel = Channel(
            id=uuid4(),
            user_id=user_id,
            type=kind,
            name=self.senders.of(kind).show(target)[:100],
            target_sealed=self.vault.seal(target),
            target_digest=self._digest(kind, target),
            secret_sealed=self.vault.seal(secret) if secret is not None else None,
            state=await self._first_state(session, user_id, kind, target),
            code_tries=0,
            created_at=now,
        )
        session.add(channel)
        await session.flush()
        return channel

    async def _retarget(
        self, session: AsyncSession, channel: Channel, written: str, *, now: datetime
    ) -> None:
        target = self.normalise(channel.type, written, "target")
        digest = self._digest(channel.type, target)
        if digest == channel.target_digest:
            return
        taken = await self._of_target(session, channel.user_id, channel.type, target)
        if taken is not None:
            raise ChannelExistsError(taken.name)
        channel.target_digest = digest
        channel.target_sealed = self.vault.seal(target)
        channel.code_digest = channel.code_expires_at = None
        if self.senders.of(channel.type).needs_proof:
            channel.state = await self._first_state(session, channel.user_id, channel.type, target)
            await session.flush()
            if channel.state is ChannelState.UNVERIFIED:
                await self.codes.issue(session, channel, now=now)

    async def _first_state(
        self, session: AsyncSession, user_id: UUID, kind: ChannelType, target: str
    ) -> ChannelState:
        """An address must be proven to be the user's; the one that they sign in with is."""
        if not self.senders.of(kind).needs_proof:
            return ChannelState.ACTIVE
        user = await session.get_one(User, user_id)
        if user.email_verified and user.email.lower() == target:
            return ChannelState.ACTIVE
        return ChannelState.UNVERIFIED


def _alive(user_id: UUID) -> Select[Channel]:
    return select(Channel).where(Channel.user_id == user_id, Channel.deleted_at.is_(None))


async def _count(session: AsyncSession, user_id: UUID) -> int:
    query = select(func.count()).select_from(_alive(user_id).subquery())
    return await session.scalar(query) or 0


def _set_state(channel: Channel, state: ChannelState) -> None:
    if state is ChannelState.UNVERIFIED:
        raise InvalidFieldError("state", message="must be active or disabled")
    if channel.state is ChannelState.UNVERIFIED:
        raise ConflictError("The address is not verified yet")
    if state is ChannelState.ACTIVE and channel.state is ChannelState.DISABLED:
        channel.last_error = None
    channel.state = state
