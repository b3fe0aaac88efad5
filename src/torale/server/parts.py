"""Parts: what an application is put together from, each under a typed key."""

from typing import ClassVar, Generic, TypeVar, cast

from fastapi import FastAPI, Request

T = TypeVar("T")


class Part(Generic[T]):
    """The key of one part of the application, declared beside the part's type.

    `VAULT = Part[Vault]("vault")` is enough: `VAULT.of(request)` is a `Vault` to the type
    checker, and an endpoint asks for it by `Annotated[Vault, Depends(VAULT)]`.
    """

    declared: ClassVar[set[str]] = set()

    def __init__(self, name: str) -> None:
        """Declare a part; its name is for messages, and used once."""
        assert name not in self.declared, f"two parts are named {name}"
        self.declared.add(name)
        self.name = name

    def of(self, request: Request) -> T:
        """Return this part of the application that answers `request`."""
        return parts_of(request.app)[self]

    async def __call__(self, request: Request) -> T:  # async: others are given a thread
        return self.of(request)


class MissingPartError(LookupError):
    """An application was built without a part that it needs: a mistake in its wiring."""


class Parts:
    """The parts of one application: `parts[VAULT] = vault`."""

    def __init__(self) -> None:
        self._by_name: dict[str, object] = {}

    def __setitem__(self, part: Part[T], value: T) -> None:
        self._by_name[part.name] = value

    def __getitem__(self, part: Part[T]) -> T:
        try:
            return cast("T", self._by_name[part.name])
        except KeyError:
            raise MissingPartError(f"the application was built without {part.name}") from None

    def require_all(self) -> None:
        """Refuse to go on without a part that some room declares.

        Raises:
            MissingPartError: It names what is missing.
        """
        if missing := Part.declared - self._by_name.keys():
            raise MissingPartError(f"the application was built without {sorted(missing)}")


def parts_of(app: FastAPI) -> Parts:
    """Return the parts of an application; a new one has none yet."""
    if not hasattr(app.state, "parts"):
        app.state.parts = Parts()
    parts: Parts = app.state.parts
    return parts
