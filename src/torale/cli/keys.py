"""Commands of `torale key`: API keys for programs."""

from datetime import UTC, datetime
from typing import Annotated, Literal, cast

import typer

from torale.cli.console.commands import Run, command, new_group, note
from torale.cli.console.ids import whole_id
from torale.cli.console.output import Columns

app = new_group("API keys for programs.")

_COLUMNS: Columns = {
    "id": "id",
    "name": "name",
    "key": "key_prefix",
    "state": "state",
    "scopes": lambda key: ",".join(key.scopes),
    "last used": "last_used_at",
    "created": "created_at",
}


@command(app, "create")
def create(
    run: Run,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="`read`, `write` or `admin`; read and write if absent.")
    ] = None,
    expires: Annotated[
        datetime | None, typer.Option(help="When it ends, in UTC; never if absent.")
    ] = None,
) -> None:
    """Make a key and print it, the only time it is shown."""
    made = run.client.api_keys.create(
        name,
        expires_at=expires.replace(tzinfo=UTC) if expires else None,
        scopes=cast("list[Literal['read', 'write', 'admin']] | None", scope),
    )
    if run.is_for_people:
        note(f"✓ Made the key {made.name} ({made.id}). It is shown this once:")
        typer.echo(made.key)
    else:
        run.show(made)


@command(app, "list")
def list_keys(run: Run) -> None:
    """List keys, newest first; revoked ones too."""
    run.show(list(run.client.api_keys.list()), _COLUMNS, empty="No keys.")


@command(app, "revoke")
def revoke(
    run: Run, key: Annotated[str, typer.Argument(metavar="ID", help="Its id or how that begins.")]
) -> None:
    """Revoke a key, at once and for good."""
    run.client.api_keys.revoke(whole_id(key, run.client.api_keys.list, "key"))
    note("✓ Revoked")
