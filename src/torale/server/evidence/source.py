"""Source: one address that a task reads."""

from pydantic import TypeAdapter, model_serializer, model_validator
from pydantic.dataclasses import dataclass

from torale.contract.tasks import SourceIn


@dataclass(frozen=True, slots=True)
class Source:
    """One address, and how it is read. Written as its address alone where that says it all."""

    url: str

    @model_validator(mode="before")
    @classmethod
    def _from_address(cls, given: object) -> object:
        return {"url": given} if isinstance(given, str) else given

    @model_serializer
    def _as_address(self) -> str:
        return self.url


SOURCES = TypeAdapter(tuple[Source, ...])
"""Sources as they are stored and shown."""


def source_of(given: SourceIn) -> Source:
    """Return the source that a request names."""
    return Source(given)
