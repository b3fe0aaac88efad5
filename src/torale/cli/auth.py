"""Commands of `torale auth`: the key that this machine uses."""

import re
import sys
from getpass import getpass
from typing import Annotated

import typer

from torale.cli.console.commands import Run, command, fail, is_terminal, new_group, note
from torale.cli.console.output import cell, clean
from torale.exceptions import ConfigurationError, ToraleError
from torale.sdk.settings import Access, Secret, config_path, resolve

app = new_group("The API key that this machine uses.")

_SHAPE = re.compile(r"sk_[A-Za-z0-9]{32}")
_TAIL = 5


@command(app, "set-api-key")
def set_api_key(
    run: Run,
    key: Annotated[
        str | None,
        typer.Option(
            help="The key; `-` reads it from stdin. Asked for if absent.", metavar="KEY|-"
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Ask the server whether it holds.")
    ] = True,
    keyring: Annotated[
        bool, typer.Option("--keyring", help="Keep it in the system's keyring.")
    ] = False,
) -> None:
    """Store an API key for a server, once the server says that it holds."""
    from torale.cli.console.config_file import save

    secret = Secret(_typed(key or run.options.api_key))
    if not _SHAPE.fullmatch(secret.reveal()):
        raise fail("this is no API key: one is sk_ and 32 letters and digits", 2)
    access = resolve(secret, run.options.api_url)
    if access.api_key is None:
        raise ConfigurationError("TORALE_NOAUTH=1 uses no key; unset it to store one")
    if verify:
        email = _email_of(run, secret, access.api_url)
        note(f"✓ Authenticated as {email}")
    path = save(access.api_url, secret, keyring=keyring)
    note(f"Stored {'in the keyring' if keyring else f'in {path}'} for {access.api_url}")


def _typed(given: str | None) -> str:
    if given is not None and given != "-":
        return given.strip()
    if given is None and is_terminal():
        # Not typer.prompt: it asks before it stops the echo, and a key pasted meanwhile is shown.
        return getpass("API key: ").strip()
    return sys.stdin.readline().strip()


def _email_of(run: Run, secret: Secret, api_url: str) -> str:
    from torale.sdk.client import ToraleClient

    with ToraleClient(
        secret.reveal(),
        api_url=api_url,
        timeout=run.options.timeout or 30.0,
        http_client=run.options.http_client,
    ) as client:
        return client.auth.me().email


@command(app, "status")
def status(run: Run) -> None:
    """Say who you are, with which key, at which server. Exit code 1 when nobody."""
    try:
        key = run.options.api_key
        access = resolve(Secret(key) if key else None, run.options.api_url)
        me = run.client.auth.me()
    except ToraleError as error:
        raise fail(f"Not authenticated: {error}", 1) from None
    left = run.client.rate_limit
    report = {
        "email": me.email,
        "key": _prefix(access),
        "key_source": access.key_source,
        "api_url": access.api_url,
        "limit": left.limit if left else None,
        "remaining": left.remaining if left else None,
    }
    if not run.is_for_people:
        run.show(report)
        return
    typer.echo(f"✓ Authenticated as {clean(me.email)}")
    typer.echo(f"key     {report['key']} from {clean(access.key_source)}")
    typer.echo(f"server  {access.api_url}")
    if left:
        typer.echo(f"limit   {left.remaining} of {left.limit} requests left")


def _prefix(access: Access) -> str:
    return f"sk_...{access.api_key.reveal()[-_TAIL:]}" if access.api_key else "none"


@command(app, "whoami")
def whoami(run: Run) -> None:
    """Print the user whose key this is, as JSON."""
    from torale.cli.console.output import as_json

    me = run.client.auth.me()
    if run.options.as_yaml:
        run.show(me)
    else:
        typer.echo(as_json(me))


@command(app, "logout")
def logout(run: Run) -> None:  # noqa: ARG001  (every command has the shared options)
    """Remove what is stored. The key itself still holds: revoke it with `torale key revoke`."""
    from torale.cli.console.config_file import forget

    path = forget()
    note(f"Removed {path}" if path else f"Nothing is stored in {cell(str(config_path()))}")
