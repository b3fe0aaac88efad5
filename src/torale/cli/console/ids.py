"""Ids as people type them: whole, or as much of the beginning as is unique."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import typer

from torale.cli.console.output import clean
from torale.exceptions import NotFoundError

if TYPE_CHECKING:
    from torale.cli.console.commands import Run

_WHOLE = 36
_SHOWN, _COMPLETED = 10, 100
_COMPLETION_SECONDS = 2.0


class Identified(Protocol):
    """Whatever has an id."""

    @property
    def id(self) -> UUID: ...


def whole_id(typed: str, find_all: Callable[[], Iterable[Identified]], what: str) -> str:
    """Return the one id that begins with what was typed. Whole ids are not looked up.

    Args:
        typed: An id or its beginning.
        find_all: Asks for everything that the id may belong to, when it is needed.
        what: What they are, for people.

    Raises:
        NotFoundError: None begins so.
        typer.BadParameter: Several do.
    """
    wanted = typed.strip().lower()
    if len(wanted) == _WHOLE:
        return wanted
    ids = [str(thing.id) for thing in find_all()] if wanted else []
    found = [whole for whole in ids if whole.startswith(wanted)]
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
    return whole_id(typed, lambda: run.client.tasks.list(limit=100), "task")


def channel_id(run: "Run", typed: str) -> str:
    return whole_id(typed, lambda: run.client.channels.list(limit=100), "channel")


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
    return [
        (str(task.id), clean(task.name)) for task in found if str(task.id).startswith(incomplete)
    ]
