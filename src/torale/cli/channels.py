"""Commands of `torale channel`."""

from enum import StrEnum
from typing import Annotated

import typer

from torale.cli.console.commands import (
    Limit,
    PageNumber,
    Run,
    command,
    fail,
    given,
    is_terminal,
    new_group,
    note,
)
from torale.cli.console.ids import channel_id
from torale.cli.console.output import Columns
from torale.contract.channels import ChannelType

app = new_group("Where to tell.")

ChannelId = Annotated[str, typer.Argument(metavar="ID", help="Its id or how that begins.")]

_ROW: Columns = {
    "id": "id",
    "type": "type",
    "name": "name",
    "target": "target",
    "state": "state",
    "last delivery": "last_delivery_at",
    "last error": "last_error",
}
_WITH_SECRET: Columns = {**_ROW, "secret": "secret"}
*_FIRST, _LAST = ChannelType
_TYPES = f"{', '.join(_FIRST)} or {_LAST}."


class NewState(StrEnum):
    active = "active"
    disabled = "disabled"


@command(app, "create")
def create(
    run: Run,
    kind: Annotated[ChannelType, typer.Argument(metavar="TYPE", help=_TYPES)],
    target: Annotated[str, typer.Argument(help="Address, URL or apprise URL.")],
    name: Annotated[str | None, typer.Option("--name", "-n", help="What to call it.")] = None,
) -> None:
    """Add an address to tell. Shows the secret that signs a webhook's messages."""
    made = run.client.channels.create(type=kind, target=target, name=name)
    run.show(made, _WITH_SECRET)
    if made.state == "unverified":
        note(f"A code was sent; run: torale channel verify {made.id} CODE")


@command(app, "list")
def list_channels(run: Run, limit: Limit = 20, page: PageNumber = 1) -> None:
    """List channels, newest first."""
    found = run.client.channels.list(page=page, limit=limit)
    run.show(list(found.items), _ROW, empty="No channels.")


@command(app, "get")
def get(run: Run, channel: ChannelId) -> None:
    """Show a channel, with the secret of a webhook."""
    run.show(run.client.channels.get(channel_id(run, channel)), _WITH_SECRET)


@command(app, "update")
def update(
    run: Run,
    channel: ChannelId,
    name: Annotated[str | None, typer.Option("--name", "-n", help="The new name.")] = None,
    target: Annotated[str | None, typer.Option(help="The new address.")] = None,
    state: Annotated[NewState | None, typer.Option(help="The new state.")] = None,
) -> None:
    """Change what is given of a channel."""
    changes = given(name=name, target=target, state=state)
    if not changes:
        raise typer.BadParameter("nothing to change is given; see `torale channel update --help`")
    run.show(run.client.channels.update(channel_id(run, channel), **changes), _ROW)


@command(app, "delete")
def delete(
    run: Run,
    channel: ChannelId,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a channel; tasks no longer tell it."""
    whole = channel_id(run, channel)
    if not yes:
        if not is_terminal():
            raise typer.BadParameter("nobody is there to ask; say --yes", param_hint="--yes")
        typer.confirm(f"Delete channel {whole}?", abort=True, err=True)
    run.client.channels.delete(whole)
    note(f"✓ Deleted {whole}")


@command(app, "verify")
def verify(
    run: Run,
    channel: ChannelId,
    code: Annotated[str, typer.Argument(help="The six digits from the mail.")],
) -> None:
    """Prove that an address is yours."""
    run.show(run.client.channels.verify(channel_id(run, channel), code), _ROW)


@command(app, "test")
def test(run: Run, channel: ChannelId) -> None:
    """Send one test message now. Exit code 1 when it did not arrive."""
    outcome = run.client.channels.test(channel_id(run, channel))
    if not run.is_for_people:
        run.show(outcome)
    elif outcome.delivered:
        note("✓ Delivered")
    if not outcome.delivered:
        raise fail(f"not delivered: {outcome.error or outcome.status_code}")


@command(app, "rotate-secret")
def rotate_secret(run: Run, channel: ChannelId) -> None:
    """Give a webhook a new secret. For 24 hours messages are signed with both."""
    run.show(run.client.channels.rotate_secret(channel_id(run, channel)), _WITH_SECRET)
