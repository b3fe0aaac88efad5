"""Calls of the API, each described once and made by either client.

A description does no I/O. `operation`, `listing` and `procedure` turn it into a method that a
sync client carries out and an async client awaits; both kinds of client know the same ones.
"""

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Final, Generic, ParamSpec, Protocol, TypeVar, get_args, overload
from urllib.parse import quote
from uuid import UUID

from torale.sdk.pages import AsyncPager, Page, Slice

P = ParamSpec("P")
T = TypeVar("T")
D = TypeVar("D")


class NotGiven(Enum):
    """The type of an argument that was left out, which is not the same as None."""

    NOT_GIVEN = "not given"

    def __repr__(self) -> str:
        return self.name


NOT_GIVEN: Final = NotGiven.NOT_GIVEN

Queryable = str | int | bool | UUID | None
Query = Mapping[str, Queryable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request, and how its answer is read.

    Attributes:
        query: What is None is left out.
        body: Sent as JSON.
        read: Reads the body of a good answer; raises ValueError for what it does not know.
        patience: Seconds that this answer may take, if the client's timeout is shorter.
        idempotency_key: Sent to the server in place of a random one for this call.
    """

    method: str
    path: str
    read: Callable[[bytes], T]
    query: Query = field(default_factory=dict[str, str])
    body: Mapping[str, object] | None = None
    patience: float = 0
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageCall(Generic[T]):
    """A request for one page of a list.

    Attributes:
        at: Describes the request for any page of the list, by its number.
        page: The number of the page to begin with.
    """

    at: Callable[[int], Call[Slice[T]]]
    page: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait so many seconds. Answered with the seconds of a clock that only goes forward."""

    seconds: float


Flow = Generator["Call[Any] | Pause", Any, T]
"""Several calls with decisions in between: yields what to do, receives what came of it."""


class SyncSender(ABC):
    answers: ClassVar[Any] = None

    @abstractmethod
    def send(self, call: Call[T]) -> T: ...

    @abstractmethod
    def run(self, flow: Flow[T]) -> T: ...


class AsyncSender(ABC):
    answers: ClassVar[Any] = Awaitable

    @abstractmethod
    async def send(self, call: Call[T]) -> T: ...

    @abstractmethod
    async def run(self, flow: Flow[T]) -> T: ...


S = TypeVar("S", SyncSender, AsyncSender)


class Resource(Generic[S]):
    """Calls about one kind of thing, bound to the client that makes them."""

    def __init__(self, client: S) -> None:
        self._client: S = client

    @property
    def client(self) -> S:
        return self._client


class _Described(Generic[P, D]):
    """A method that is described by a function."""

    def __init__(self, describe: Callable[P, D]) -> None:
        _spell_out(describe)
        self._describe = describe
        self._plain_signature = inspect.signature(describe)
        self._signatures: dict[Any, inspect.Signature] = {}
        self.__doc__ = describe.__doc__

    def _bound(self, carry_out: Callable[[D], T], shape: Any = None) -> Callable[P, T]:
        """Return the method, which shows the signature and the words of its description.

        Args:
            carry_out: Makes the call that was described.
            shape: The generic type in which the signature shows the result.
        """

        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            self._plain_signature.bind(*args, **kwargs)  # `**options` would let anything through
            return carry_out(self._describe(*args, **kwargs))

        functools.update_wrapper(method, self._describe)
        method.__dict__["__signature__"] = self._signature(shape)
        return method

    def _signature(self, shape: Any) -> inspect.Signature:
        if shape not in self._signatures:
            described = self._plain_signature
            result = get_args(described.return_annotation)[-1]
            result = None if result is type(None) else result  # as people write it
            shown = result if shape is None else shape[result]
            self._signatures[shape] = described.replace(return_annotation=shown)
        return self._signatures[shape]


def _spell_out(describe: Callable[..., object]) -> None:
    """Let `**options: Unpack[Options]` be seen as the arguments and the words of `Options`."""
    signature = inspect.signature(describe)
    shown: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.kind is not parameter.VAR_KEYWORD:
            shown.append(parameter)
            continue
        (options,) = get_args(parameter.annotation)
        describe.__doc__ = f"{inspect.getdoc(describe)}\n\n{inspect.getdoc(options)}"
        shown += (
            inspect.Parameter(name, parameter.KEYWORD_ONLY, default=NOT_GIVEN, annotation=kind)
            for name, kind in options.__annotations__.items()
        )
    describe.__dict__["__signature__"] = signature.replace(parameters=shown)


class operation(_Described[P, Call[T]]):  # noqa: N801  (read as a keyword, like `property`)
    """One call: answers `T` on a sync client, a coroutine of `T` on an async one."""

    @overload
    def __get__(self, of: None, owner: type) -> Callable[P, Call[T]]: ...
    @overload
    def __get__(self, of: Resource[SyncSender], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, of: Resource[AsyncSender], owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, of: Resource[Any] | None, owner: type) -> Callable[P, Any]:
        return self._describe if of is None else self._bound(of.client.send, of.client.answers)


class procedure(_Described[P, Flow[T]]):  # noqa: N801  (read as a keyword, like `property`)
    """Several calls: answers `T` on a sync client, a coroutine of `T` on an async one."""

    @overload
    def __get__(self, of: None, owner: type) -> Callable[P, Flow[T]]: ...
    @overload
    def __get__(self, of: Resource[SyncSender], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, of: Resource[AsyncSender], owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, of: Resource[Any] | None, owner: type) -> Callable[P, Any]:
        return self._describe if of is None else self._bound(of.client.run, of.client.answers)


class listing(_Described[P, PageCall[T]]):  # noqa: N801  (read as a keyword, like `property`)
    """A list: a `Page` on a sync client; on an async one what `await` and `async for` take."""

    @overload
    def __get__(self, of: None, owner: type) -> Callable[P, PageCall[T]]: ...
    @overload
    def __get__(self, of: Resource[SyncSender], owner: type) -> Callable[P, Page[T]]: ...
    @overload
    def __get__(self, of: Resource[AsyncSender], owner: type) -> Callable[P, AsyncPager[T]]: ...
    def __get__(self, of: Resource[Any] | None, owner: type) -> Callable[P, Any]:
        if of is None:
            return self._describe
        shape = Page if isinstance(of.client, SyncSender) else AsyncPager
        return self._bound(functools.partial(_open, of.client), shape)


def _open(client: SyncSender | AsyncSender, described: PageCall[T]) -> Page[T] | AsyncPager[T]:
    if isinstance(client, SyncSender):
        return Page.fetch(lambda number: client.send(described.at(number)), described.page)
    return AsyncPager(lambda number: client.send(described.at(number)), described.page)


class _Numbered(Protocol):
    @property
    def total(self) -> int: ...
    @property
    def page(self) -> int: ...
    @property
    def limit(self) -> int: ...


N = TypeVar("N", bound=_Numbered)


def sliced(
    read: Callable[[bytes], N], items: Callable[[N], Sequence[T]]
) -> Callable[[bytes], Slice[T]]:
    """Return what reads one page of a list.

    Args:
        items: Takes the things out of what `read` returns.
    """

    def read_slice(raw: bytes) -> Slice[T]:
        found = read(raw)
        return Slice(items(found), found.total, found.page, found.limit)

    return read_slice


def paged(
    path: str, read: Callable[[bytes], Slice[T]], *, page: int, limit: int, **query: Queryable
) -> PageCall[T]:
    """Describe a list that takes `page` and `limit`."""

    def at(number: int) -> Call[Slice[T]]:
        return Call(
            method="GET", path=path, read=read, query={**query, "page": number, "limit": limit}
        )

    return PageCall(at=at, page=page)


def nothing(_: bytes) -> None:
    """Read an answer that says nothing."""


def path(template: str, *ids: UUID | str) -> str:
    """Fill ids into a path, quoted, so that none of them leads elsewhere.

    Raises:
        ValueError: An id is empty or a relative path.
    """
    texts = [str(part) for part in ids]
    for text in texts:
        if text in {"", ".", ".."}:
            raise ValueError(f"{text!r} is no id")
    return template.format(*(quote(text, safe="") for text in texts))


def given(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Return the fields that were given; None is one of them."""
    return {name: value for name, value in fields.items() if value is not NOT_GIVEN}


def present(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Return the fields that are not None."""
    return {name: value for name, value in fields.items() if value is not None}
