"""Channels and deliveries, over HTTP."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from torale.contract.channels import (
    ChannelCreate,
    ChannelOut,
    ChannelPage,
    ChannelState,
    ChannelType,
    ChannelUpdate,
    SendOut,
    SendPage,
    TestOut,
    VerifyIn,
)
from torale.server.auth.dependencies import Reader, Writer
from torale.server.auth.idempotent_endpoints import ONCE, ONCE_APART
from torale.server.auth.route import CallerRoute
from torale.server.clock import Now
from torale.server.crypto import UnsealError
from torale.server.database import Session
from torale.server.errors import ConflictError, InvalidFieldError, known_id
from torale.server.errors.handlers import responses
from torale.server.notifications.dependencies import (
    ChannelId,
    OwnSessions,
    TheChannels,
)
from torale.server.notifications.errors import CHANNEL_MISSING
from torale.server.notifications.outbox.attempts import make_trial
from torale.server.notifications.outbox.deliveries import page_of_deliveries
from torale.server.notifications.verification.codes import VerificationCheck

router = APIRouter(prefix="/api/v1", tags=["channels"], route_class=CallerRoute)

PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=100)]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]


@router.post(
    "/channels",
    status_code=HTTPStatus.CREATED,
    responses=responses(409, 413, 422),
    dependencies=[ONCE],
)
async def create_channel(
    spec: ChannelCreate, caller: Writer, session: Session, channels: TheChannels, now: Now
) -> ChannelOut:
    """Add an address to tell. An e-mail address that is not yours yet is sent a code."""
    return channels.show(await channels.create(session, caller.user_id, spec, now=now))


@router.get("/channels", responses=responses(422))
async def list_channels(
    caller: Reader,
    session: Session,
    channels: TheChannels,
    page: PageNumber = 1,
    limit: Limit = 20,
) -> ChannelPage:
    """List channels, newest first."""
    found, total = await channels.page(session, caller.user_id, page=page, limit=limit)
    shown = [channels.show(channel) for channel in found]
    return ChannelPage(channels=shown, total=total, page=page, limit=limit)


@router.get("/channels/{channel_id}", responses=responses(404))
async def show_channel(
    channel_id: ChannelId, caller: Reader, session: Session, channels: TheChannels
) -> ChannelOut:
    """Show a channel."""
    found = known_id(channel_id, CHANNEL_MISSING)
    return channels.show(await channels.get(session, caller.user_id, found))


@router.put("/channels/{channel_id}", responses=responses(404, 409, 413, 422))
async def update_channel(
    channel_id: ChannelId,
    change: ChannelUpdate,
    caller: Writer,
    session: Session,
    channels: TheChannels,
    now: Now,
) -> ChannelOut:
    """Change any subset of a channel's fields; `state: active` enables a disabled one again."""
    found = known_id(channel_id, CHANNEL_MISSING)
    return channels.show(await channels.update(session, caller.user_id, found, change, now=now))


@router.delete(
    "/channels/{channel_id}", status_code=HTTPStatus.NO_CONTENT, responses=responses(404)
)
async def delete_channel(
    channel_id: ChannelId, caller: Writer, session: Session, channels: TheChannels, now: Now
) -> None:
    """Delete a channel; tasks no longer tell it."""
    found = known_id(channel_id, CHANNEL_MISSING)
    await channels.delete(session, caller.user_id, found, now=now)


@router.post(
    "/channels/{channel_id}/verify",
    responses=responses(404, 409, 413, 422),
    dependencies=[ONCE_APART],
)
async def verify_channel(
    channel_id: ChannelId,
    given: VerifyIn,
    caller: Writer,
    sessions: OwnSessions,
    channels: TheChannels,
    now: Now,
) -> ChannelOut:
    """Prove with the code from the mail that an address is yours."""
    found = known_id(channel_id, CHANNEL_MISSING)
    async with sessions.begin() as session:
        channel, checked = await channels.verify(
            session, caller.user_id, found, given.code, now=now
        )
    # Raised after the commit: a wrong try counts.
    if checked is VerificationCheck.OVER:
        raise ConflictError("No code is valid any more; add the channel again to get a new one")
    if checked is VerificationCheck.WRONG:
        raise InvalidFieldError("code", message="This is not the code")
    return channels.show(channel)


@router.post(
    "/channels/{channel_id}/test",
    responses=responses(404, 409, 413, 422),
    dependencies=[ONCE_APART],
)
async def test_channel(
    channel_id: ChannelId, caller: Writer, sessions: OwnSessions, channels: TheChannels, now: Now
) -> TestOut:
    """Send one test message now. It is never tried again and counts nowhere."""
    found = known_id(channel_id, CHANNEL_MISSING)
    async with sessions.begin() as session:
        channel = await channels.get(session, caller.user_id, found)
    if channel.state is ChannelState.UNVERIFIED:
        raise ConflictError("The address is not verified yet")
    try:
        message = make_trial(channel, channels.vault, channels.senders.mailer.public_url, now=now)
    except UnsealError as error:
        return TestOut(delivered=False, status_code=None, error=str(error))
    outcome = await channels.senders.send(channel.type, message)
    return TestOut(delivered=outcome.ok, status_code=outcome.status_code, error=outcome.error)


@router.post(
    "/channels/{channel_id}/rotate-secret",
    responses=responses(404, 409, 413, 422),
    dependencies=[ONCE],
)
async def rotate_secret(
    channel_id: ChannelId, caller: Writer, session: Session, channels: TheChannels, now: Now
) -> ChannelOut:
    """Give a webhook a new secret. For 24 hours messages are signed with both."""
    found = known_id(channel_id, CHANNEL_MISSING)
    return channels.show(await channels.rotate_secret(session, caller.user_id, found, now=now))


@router.get("/notifications/sends", tags=["notifications"], responses=responses(422))
async def list_sends(  # noqa: PLR0913  (each is handed in by name)
    *,
    caller: Reader,
    session: Session,
    channels: TheChannels,
    notification_type: ChannelType | None = None,
    task_id: UUID | None = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> SendPage:
    """List messages with what became of them, newest first."""
    rows, total = await page_of_deliveries(
        session,
        caller.user_id,
        channel_type=notification_type,
        task_id=task_id,
        limit=limit,
        offset=offset,
    )
    sends = [
        SendOut(
            id=delivery.id,
            task_id=delivery.task_id,
            task_name=task_name,
            execution_id=delivery.execution_id,
            notification_type=channel.type.value,
            event=delivery.event,
            recipient=channels.shown_target(channel),
            status=delivery.status,
            attempts=delivery.attempts,
            error=delivery.last_error,
            created_at=delivery.created_at,
            delivered_at=delivery.delivered_at,
        )
        for delivery, channel, task_name in rows
    ]
    return SendPage(sends=sends, total=total)
