"""Fields of a channel: what people fill in, and the one text that is stored of it. Pure.

The target of a kind with one field is what is written there. Of several fields it is a JSON
object: clients write it themselves, the dashboard's form puts it together.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from torale.contract.base import Text

_TEXTS = TypeAdapter(dict[str, Text])


@dataclass(frozen=True, slots=True)
class ChannelField:
    """One setting of a channel.

    Attributes:
        name: Its key in the JSON object of several.
        label: Its name for people.
        hint: An example, or where to find it.
        is_secret: A form does not show what was typed.
    """

    name: str
    label: str
    hint: str
    is_secret: bool = False


def write_target(fields: Sequence[ChannelField], values: Sequence[str]) -> str:
    """Return the target of a kind with several fields, from their values in the same order."""
    texts = {field.name: value for field, value in zip(fields, values, strict=True)}
    return json.dumps(texts, ensure_ascii=False)


def read_target(fields: Sequence[ChannelField], target: str) -> list[str]:
    """Return the values of a kind with several fields, in the order of `fields`.

    Raises:
        ValueError: A field is missing or unknown; the message is a sentence for the user.
    """
    names = [field.name for field in fields]
    try:
        texts = _TEXTS.validate_json(target)
    except ValidationError:
        raise ValueError(f"Write a JSON object of texts: {', '.join(names)}.") from None
    if unknown := texts.keys() - set(names):
        raise ValueError(f"There is no field {min(unknown)!r}, only: {', '.join(names)}.")
    values = [texts.get(name, "").strip() for name in names]
    if "" in values:
        raise ValueError(f"{fields[values.index('')].label} is missing.")
    return values
