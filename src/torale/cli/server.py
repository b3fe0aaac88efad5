"""Commands for those who host Torale. The only door to the server; it is opened lazily."""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from torale.server.settings.base import Settings

app = typer.Typer(no_args_is_help=True, help="Host Torale: database, keys, checks.")

Host = Annotated[str | None, typer.Option(help="Address to listen on. [TORALE_HOST]")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 picks one. [TORALE_PORT]")]


@contextmanager
def settings_or_exit(**overrides: object) -> Generator["Settings"]:
    """Read the settings; what is wrong with them ends the command with one line."""
    try:
        from torale.server import telemetry
        from torale.server.errors import SettingsError
        from torale.server.settings import loading
    except ModuleNotFoundError as error:
        typer.echo(
            f"error: the server is not installed ({error.name} is missing); "
            "run: pip install 'torale[server]'",
            err=True,
        )
        raise typer.Exit(1) from None
    try:
        settings = loading.load(
            **{name: value for name, value in overrides.items() if value is not None}
        )
        telemetry.configure_logging(settings.log_format)
        yield settings
    except SettingsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def serve(
    host: Host = None,
    port: Port = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Answer requests only; `torale worker` executes.")
    ] = False,
) -> None:
    """Run the whole service in this process: API, dispatcher, worker."""
    with settings_or_exit(TORALE_HOST=host, TORALE_PORT=port) as settings:
        from torale.server.app import serve as serve_app
        from torale.server.worker import prepare

        lock = prepare(settings)
        serve_app(settings, executes=not no_worker, on_ready=_welcome)
        if lock is not None:
            lock.release()


def _welcome(settings: "Settings", setup_url: str | None) -> None:
    typer.echo(f"\nTorale is running at {settings.url}\n")
    if settings.is_noauth:
        typer.echo("  TORALE_NOAUTH=1: everybody on this machine is an admin, no key is needed.")
    else:
        if setup_url is not None:
            typer.echo(f"  Set up the first admin, once, here:\n  {setup_url}\n")
        typer.echo("  Get a key:     torale server create-key --email you@example.com")
    typer.echo(f"  Try the API:   {settings.url}/docs")
    if settings.is_sqlite:
        typer.echo(f"  Everything is kept in {settings.data_dir}")
    typer.echo("  Stop with Ctrl-C.\n")


def worker() -> None:
    """Dispatch and execute only: any number of these beside `torale serve --no-worker`."""
    with settings_or_exit() as settings:
        from torale.server.errors import SettingsError
        from torale.server.worker import prepare, run

        if settings.is_sqlite:
            raise SettingsError(
                "DATABASE_URL: a separate worker needs PostgreSQL; on SQLite run `torale serve`"
            )
        prepare(settings)

        async def run_until_signal() -> None:
            stop = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
            await run(settings, stop)

        asyncio.run(run_until_signal())


@app.command()
def migrate() -> None:
    """Bring the database to the newest schema. `serve` and `worker` do this by themselves."""
    with settings_or_exit() as settings:
        from torale.server.settings import data_folder
        from torale.server.worker import migrate as upgrade

        data_folder.open_data_dir(settings)
        upgrade(settings)
    typer.echo("The database is up to date.", err=True)


@app.command("create-key")
def create_key(
    email: Annotated[str, typer.Option(help="Whose key; the user is made if new.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "CLI Key",
    admin: Annotated[bool, typer.Option("--admin", help="Make the user an admin.")] = False,
) -> None:
    """Print a new API key, the only time it is shown, as the only line on stdout."""
    with settings_or_exit() as settings:
        from torale.server.hosting import make_key

        plain = asyncio.run(make_key(settings, email=email, name=name, admin=admin))
    typer.echo(plain)


@app.command("verify-evidence")
def verify_evidence(
    task: Annotated[str | None, typer.Option(help="Id of the one task to verify.")] = None,
) -> None:
    """Find evidence that was altered after it was written. Exit code 1 if any was.

    Prints the head of each task's chain: noted elsewhere, it proves that nothing before it was
    rewritten, not even by somebody who can recompute the hashes.
    """
    with settings_or_exit() as settings:
        from torale.server.hosting import verify_evidence as verify

        report = asyncio.run(verify(settings, task))
    for head in report.heads:
        older = f", {head.unchained} older than the chain" if head.unchained else ""
        typer.echo(f"head  task {head.task_id} {head.length} {head.hash or '-'}{older}")
    for fault in report.faults:
        typer.echo(f"FAIL  {fault}")
    typer.echo(
        f"{'FAIL' if report.faults else 'ok  '}  {report.executions} executions, "
        f"{report.documents} documents, {report.texts} texts; "
        f"{report.forgotten} texts forgotten by retention; {len(report.faults)} altered"
    )
    if report.faults:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Try settings, database, mail and search; say what is wrong and how to mend it."""
    with settings_or_exit() as settings:
        from torale.server.hosting import check_all

        results = asyncio.run(check_all(settings))
    for result in results:
        mark = "ok  " if result.ok else "FAIL"
        typer.echo(f"{mark}  {result.name}: {result.detail}")
    if not all(result.ok for result in results):
        raise typer.Exit(1)
