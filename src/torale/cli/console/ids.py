"""Ids as people type them: whole, or as much of the beginning as is unique."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import typer

from torale.cli.console.output import clean
from torale.exceptions import NotFoundError

if TYPE_CHECKING:
    from torale.cli.console.commands import Run

_WHOLE = 36
_SHOWN, _COMPLETED = 10, 100
_COMPLETION_SECONDS = 2.0


def whole_id(typed: str, things: Iterable[Any], what: str) -> str:
    """Return the one id that begins with what was typed. Whole ids are not looked up.

    Args:
        typed: An id or its beginning.
        things: What has ids; read only when it is needed.
        what: What they are, for people.

    Raises:
        NotFoundError: None begins so.
        typer.BadParameter: Several do.
    """
    wanted = typed.strip().lower()
    if len(wanted) == _WHOLE:
        return wanted
    found = [str(one.id) for one in things if str(one.id).startswith(wanted)] if wanted else []
    if not found:
        raise NotFoundError(f"There is no {what} {clean(typed)}", status_code=404)
    if len(found) > 1:
        more = ", …" if len(found) > _SHOWN else ""
        raise typer.BadParameter(
            f"{clean(typed)} is the beginning of {len(found)} ids: "
            + ", ".join(found[:_SHOWN])
            + more
        )
    return found[0]


def task_id(run: "Run", typed: str) -> str:
    return typed if len(typed) == _WHOLE else whole_id(typed, _tasks(run), "task")


def _tasks(run: "Run") -> Iterable[Any]:
    yield from run.client.tasks.list(limit=100)


def channel_id(run: "Run", typed: str) -> str:
    return (
        typed
        if len(typed) == _WHOLE
        else whole_id(typed, run.client.channels.list(limit=100), "channel")
    )


def complete_task(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """Return the ids of tasks for the shell; nothing at all when that fails or takes long."""
    from torale.cli.console.commands import Options

    options = ctx.obj if isinstance(ctx.obj, Options) else Options()
    try:
        from torale.sdk.client import ToraleClient

        with ToraleClient(
            options.api_key,
            api_url=options.api_url,
            timeout=_COMPLETION_SECONDS,
            max_retries=0,
            http_client=options.http_client,
        ) as client:
            found = client.tasks.list(limit=_COMPLETED).items
    except Exception:  # noqa: BLE001  (whoever presses Tab wants no error)
        return []
    return [(str(one.id), clean(one.name)) for one in found if str(one.id).startswith(incomplete)]
