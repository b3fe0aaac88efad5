"""Settings, notification channels: their state, a form for another, the newest messages."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from torale.contract.channels import ChannelCreate, ChannelState, ChannelType
from torale.server.crypto import UnsealError
from torale.server.dashboard.web.flash import Toast
from torale.server.dashboard.web.forms import Problems, problems_of, read_form
from torale.server.dashboard.web.pages import SignedInPage, ViewerPage
from torale.server.database import Session
from torale.server.errors import ConflictError, InvalidFieldError, known_id
from torale.server.notifications.channels.fields import write_target
from torale.server.notifications.channels.registry import KINDS
from torale.server.notifications.dependencies import OwnSessions, TheChannels
from torale.server.notifications.errors import CHANNEL_MISSING
from torale.server.notifications.outbox.attempts import make_trial
from torale.server.notifications.outbox.deliveries import page_of_deliveries
from torale.server.notifications.verification.codes import VerificationCheck

PATH = "/settings/notifications"
_SHOWN = 100
_DELIVERIES = 5
_NEXT = {
    ChannelState.ACTIVE: "Added. Send a test message to see that it works.",
    ChannelState.UNVERIFIED: "Added. We sent a code to that address: write it below.",
    ChannelState.DISABLED: "You have that channel already; it is disabled.",
}

# Kinds with one field share a form; each of the others has its own.
_SIMPLE = {name: kind for name, kind in KINDS.items() if len(kind.fields) == 1}
*_FIRST, _LAST = (kind.fields[0].hint for kind in _SIMPLE.values())
_EXAMPLES = f"{', '.join(_FIRST)}, or {_LAST}"
_NOTHING: Mapping[str, str] = {}

router = APIRouter()


async def _typed(request: Request) -> dict[str, str]:
    form = await request.form(max_files=0, max_fields=20)
    return {name: value for name, value in form.items() if isinstance(value, str)}


Typed = Annotated[dict[str, str], Depends(_typed)]


@router.get(PATH)
async def show_channels(page: ViewerPage, session: Session, channels: TheChannels) -> Response:
    """List the channels, and the newest deliveries over all of them."""
    return await _list(page, session, channels)


@router.post(PATH)
async def add_channel(
    page: ViewerPage,
    sessions: OwnSessions,
    channels: TheChannels,
    typed: Typed,
) -> Response:
    """Add an address to tell; one that is not the viewer's own is sent a code first."""
    values = {"type": typed.get("type", ""), "target": _target(typed)}
    spec, problems = read_form(ChannelCreate, values)
    try:
        if spec is not None:
            async with sessions.begin() as session:
                made = await channels.create(session, page.viewer.user_id, spec, now=page.now)
            return page.redirect(PATH, toast=Toast(_NEXT[made.state]))
    except InvalidFieldError as error:
        problems = problems_of(error)
    except ConflictError as error:
        problems = Problems({"target": f"{error.detail}."})
    async with sessions.begin() as session:
        return await _list(page, session, channels, problems=problems, typed=typed)


@router.post(f"{PATH}/{{channel_id}}/verify")
async def verify(
    channel_id: str,
    page: ViewerPage,
    session: Session,
    channels: TheChannels,
    code: Annotated[str, Form()] = "",
) -> Response:
    found = known_id(channel_id, CHANNEL_MISSING)
    _, checked = await channels.verify(
        session, page.viewer.user_id, found, code.strip(), now=page.now
    )
    if checked is VerificationCheck.RIGHT:
        return page.redirect(PATH, toast=Toast("The address is verified."))
    toast = Toast("That code is not right, or it is too old: add the address again.", kind="bad")
    return page.redirect(PATH, toast=toast)


@router.post(f"{PATH}/{{channel_id}}/test")
async def send_test(
    channel_id: str, page: ViewerPage, sessions: OwnSessions, channels: TheChannels
) -> Response:
    """Send one signed test message, now."""
    found = known_id(channel_id, CHANNEL_MISSING)
    async with sessions.begin() as session:
        channel = await channels.get(session, page.viewer.user_id, found)
    if channel.state is ChannelState.UNVERIFIED:
        return page.done(Toast("Verify the address first.", kind="bad"), back_to=PATH)
    try:
        url = channels.senders.mailer.public_url
        message = make_trial(channel, channels.vault, url, now=page.now)
    except UnsealError as error:
        return page.done(Toast(str(error), kind="bad"), back_to=PATH)
    outcome = await channels.senders.send(channel.type, message)
    if outcome.ok:
        return page.done(Toast(f"A test message went to {channel.name}."), back_to=PATH)
    return page.done(Toast(f"It did not arrive: {outcome.error}", kind="bad"), back_to=PATH)


@router.post(f"{PATH}/{{channel_id}}/delete")
async def delete(
    channel_id: str, page: ViewerPage, session: Session, channels: TheChannels
) -> Response:
    found = known_id(channel_id, CHANNEL_MISSING)
    await channels.delete(session, page.viewer.user_id, found, now=page.now)
    return page.redirect(PATH, toast=Toast("The channel is gone. No task tells it any more."))


async def _list(
    page: SignedInPage,
    session: AsyncSession,
    channels: TheChannels,
    *,
    problems: Problems | None = None,
    typed: Mapping[str, str] = _NOTHING,
) -> Response:
    owner = page.viewer.user_id
    found, _ = await channels.page(session, owner, page=1, limit=_SHOWN)
    deliveries, _ = await page_of_deliveries(
        session, owner, channel_type=None, task_id=None, limit=_DELIVERIES, offset=0
    )
    return page.render(
        "notifications/channels.html",
        HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK,
        headers={"Cache-Control": "no-store"},
        nav="settings",
        channels=[channels.show(channel) for channel in found],
        deliveries=deliveries,
        problems=problems or Problems(),
        choices={name: kind.choice for name, kind in _SIMPLE.items()},
        examples=_EXAMPLES,
        compound={name: kind for name, kind in KINDS.items() if name not in _SIMPLE},
        chosen=_chosen(typed) or ChannelType.EMAIL,
        typed=typed,
    )


def _chosen(typed: Mapping[str, str]) -> ChannelType | None:
    name = typed.get("type", "")
    return ChannelType(name) if name in set(ChannelType) else None


def _target(typed: Mapping[str, str]) -> str:
    """Return what was typed as the target: in the one field for it, or in those of a kind."""
    chosen = _chosen(typed)
    fields = KINDS[chosen].fields if chosen else ()
    if len(fields) > 1:
        return write_target(fields, [typed.get(field.name, "") for field in fields])
    return typed.get("target", "").strip()
