"""Commands: options before or after them, one client, errors in one line."""

import inspect
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer

from torale.cli.console.output import Columns, clean, show
from torale.exceptions import (
    AuthenticationError,
    NotFoundError,
    RateLimitError,
    ToraleAPIError,
    ToraleError,
)

if TYPE_CHECKING:
    import httpx2

    from torale import ToraleClient

NOT_AUTHENTICATED, NOT_FOUND, RATE_LIMITED = 3, 4, 5

Limit = Annotated[int, typer.Option(min=1, max=100, help="At most so many.")]
PageNumber = Annotated[int, typer.Option("--page", min=1, help="Which page of so many.")]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of every command, before or after its name. None and False: not given."""

    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print YAML.")] = False
    api_key: Annotated[
        str | None, typer.Option(help="Key to use. [TORALE_API_KEY]", show_default=False)
    ] = None
    api_url: Annotated[
        str | None, typer.Option(help="Server to ask. [TORALE_API_URL]", show_default=False)
    ] = None
    timeout: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds to wait for an answer; 30 if absent.")
    ] = None
    debug: Annotated[bool, typer.Option("--debug", help="Tell what is asked, on stderr.")] = False
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours. [NO_COLOR]")] = False
    http_client: "httpx2.Client | None" = None  # of tests: no option

    def __repr__(self) -> str:
        return "Options(…)"  # the key is in it

    def over(self, outer: object) -> "Options":
        """Return these options, and those of the command around where these are not given."""
        if not isinstance(outer, Options):
            return self
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(outer, **{name: value for name, value in given.items() if value})


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    return [*inspect.signature(function).parameters.values()]


_SHARED = [option for option in _parameters(Options) if option.name != "http_client"]
SHARED_NAMES = frozenset(option.name for option in _SHARED)


class Run:
    """One run of a command: its options, its client, its output."""

    def __init__(self, options: Options) -> None:
        self.options = options

    @cached_property
    def client(self) -> "ToraleClient":
        """The client, opened when it is first needed.

        Raises:
            AuthenticationError: There is no key.
            ConfigurationError: An address or the configuration file cannot be used.
        """
        from torale.cli.console.config_file import warn_if_others_read
        from torale.sdk.client import ToraleClient

        warn_if_others_read()
        options = self.options
        return ToraleClient(
            options.api_key,
            api_url=options.api_url,
            timeout=options.timeout or 30.0,
            http_client=options.http_client,
        )

    @property
    def is_for_people(self) -> bool:
        return not (self.options.as_json or self.options.as_yaml)

    def show(self, value: object, columns: Columns | None = None, *, empty: str = "") -> None:
        """Print what was found: one thing or several, as a table, JSON or YAML.

        Args:
            value: A model, or a sequence of them.
            columns: Of a table; of one thing, its rows.
            empty: Printed on stderr when there is nothing.
        """
        form = "json" if self.options.as_json else "yaml" if self.options.as_yaml else "table"
        show(value, columns or {}, form=form, no_color=self.options.no_color)
        if empty and self.is_for_people and not value:
            note(empty)

    def close(self) -> None:
        if "client" in self.__dict__:
            self.client.close()


def note(message: str) -> None:
    """Print a note for people on stderr, beside the data."""
    typer.echo(clean(message), err=True)


def is_terminal() -> bool:
    """Tell whether somebody sits there who can answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def fail(message: str, code: int = 1) -> typer.Exit:
    """Print in one line what went wrong; raise what is returned."""
    note(f"error: {message}")
    return typer.Exit(code)


@contextmanager
def running(ctx: typer.Context, options: Options) -> Generator[Run]:
    """Do the work of a command; what goes wrong becomes one line and an exit code."""
    options = options.over(ctx.obj)
    if options.as_json and options.as_yaml:
        raise typer.BadParameter("is either of both", param_hint="--json, --yaml")
    if options.debug:
        _log_to_stderr()
    run = Run(options)
    try:
        yield run
    except ToraleError as error:
        raise fail(_sentence(error, options), _code(error)) from None
    finally:
        run.close()


def _sentence(error: ToraleError, options: Options) -> str:
    about = str(error) or type(error).__name__
    if isinstance(error, RateLimitError) and error.retry_after:
        about += f"; try again in {error.retry_after} s"
    if isinstance(error, ToraleAPIError) and error.request_id and options.debug:
        about += f" (request {error.request_id})"
    return about


def _code(error: ToraleError) -> int:
    if isinstance(error, AuthenticationError):
        return NOT_AUTHENTICATED
    if isinstance(error, NotFoundError):
        return NOT_FOUND
    return RATE_LIMITED if isinstance(error, RateLimitError) else 1


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("torale").setLevel(logging.DEBUG)


def new_group(help_text: str) -> typer.Typer:
    """Return a group of commands that takes the shared options, too."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
    take_options(app, help_text)
    return app


def take_options(app: typer.Typer, help_text: str) -> None:
    """Let a group take the shared options, for whichever of its commands follows."""

    def group(ctx: typer.Context, **given: Any) -> None:
        ctx.obj = Options(**given).over(ctx.obj)

    app.callback(help=help_text)(_with_shared(group, []))


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as a command. It gets the `Run`, then its own arguments.

    An argument that is a dataclass stands for an option for each of its fields.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        _, *own = _parameters(function)

        def carry_out(ctx: typer.Context, **given: Any) -> None:
            options = Options(**{name: given.pop(name) for name in SHARED_NAMES})
            with running(ctx, options) as run:
                function(run, **{argument.name: _value(argument, given) for argument in own})

        carry_out.__doc__ = function.__doc__
        app.command(name)(
            _with_shared(carry_out, [option for argument in own for option in _options(argument)])
        )
        return function

    return register


def _has_options(argument: inspect.Parameter) -> bool:
    return is_dataclass(argument.annotation)


def _options(argument: inspect.Parameter) -> list[inspect.Parameter]:
    return _parameters(argument.annotation) if _has_options(argument) else [argument]


def _value(argument: inspect.Parameter, given: Mapping[str, Any]) -> Any:
    if not _has_options(argument):
        return given[argument.name]
    return argument.annotation(**{option.name: given[option.name] for option in _options(argument)})


def _with_shared(
    function: Callable[..., None], own: Sequence[inspect.Parameter]
) -> Callable[..., None]:
    context = inspect.Parameter(
        "ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context
    )
    options = [option.replace(kind=inspect.Parameter.KEYWORD_ONLY) for option in [*own, *_SHARED]]
    function.__dict__["__signature__"] = inspect.Signature([context, *options])
    function.__annotations__ = {option.name: option.annotation for option in [context, *options]}
    return function


def given(**fields: object) -> dict[str, Any]:
    """Return the fields that were typed, as arguments of a call."""
    return {name: value for name, value in fields.items() if value is not None and value != []}
