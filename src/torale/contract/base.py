"""Base classes and types of everything that crosses the wire."""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, model_validator

# A docstring of a model is part of the OpenAPI document, as its description. What is only for
# readers of the code is a comment above the class.


class Input(BaseModel):
    """A request body: unknown fields are a mistake, so they are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class Change(Input):
    """A request to change some fields: what is left out stays, and null is no value."""

    @model_validator(mode="after")
    def _null_is_no_value(self) -> Self:
        if any(getattr(self, field) is None for field in self.model_fields_set):
            raise ValueError("null is not a value: leave the field out to keep it")
        return self


class Output(BaseModel):
    """A response body: unknown fields come from a newer server, so they pass."""

    model_config = ConfigDict(extra="allow", from_attributes=True, frozen=True)


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _rfc3339(value: datetime) -> str:
    return value.isoformat().replace("+00:00", "Z")


Moment = Annotated[
    datetime, AfterValidator(_utc), PlainSerializer(_rfc3339, return_type=str, when_used="json")
]
"""A time in UTC, written as RFC 3339 with `Z`."""


def _printable(value: str) -> str:
    """Refuse what no database or mail keeps: control characters and lone surrogates."""
    if any((ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0 for c in value):
        raise ValueError("must not contain control characters")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise ValueError("must be valid Unicode")
    return value


Text = Annotated[str, AfterValidator(_printable)]
"""Plain text of a person."""


# An answer that is one sentence for people.
class Message(Output):
    message: str
