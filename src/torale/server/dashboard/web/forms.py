"""Forms: input checked by the wire's own types; mistakes are shown beside their field."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from torale.server.errors import InvalidFieldError


class Problems(dict[str, str]):
    """What is wrong with which field; under `""` what belongs to none. Empty for all others."""

    def __missing__(self, key: str) -> str:
        return ""


Model = TypeVar("Model", bound=BaseModel)

_SENTENCES = {
    "missing": "This is needed.",
    "string_too_short": "Write at least {min_length} characters.",
    "string_too_long": "Write at most {max_length} characters.",
    "too_long": "At most {max_length} are allowed.",
    "too_short": "Give at least {min_length}.",
}
# What a validator of our own follows is measured as a value, not as a string.
_OF_TEXTS = {"too_short": "string_too_short", "too_long": "string_too_long"}


def read_form(model: type[Model], values: Mapping[str, object]) -> tuple[Model | None, Problems]:
    """Return what a form says, or what is wrong with it."""
    try:
        return model.model_validate(values), Problems()
    except ValidationError as error:
        return None, _problems(error)


def problems_of(error: InvalidFieldError) -> Problems:
    """Return the problem that a service found, as `read_form` does."""
    return Problems({str(error.loc[0]) if error.loc else "": _sentence(error.detail)})


def _problems(error: ValidationError) -> Problems:
    found = Problems()
    for mistake in error.errors():
        field = str(mistake["loc"][0]) if mistake["loc"] else ""
        found.setdefault(field, _words(mistake["type"], mistake["msg"], mistake.get("ctx", {})))
    return found


def _words(kind: str, message: str, context: Mapping[str, object]) -> str:
    if kind == "string_too_short" and context.get("min_length") == 1:
        return _SENTENCES["missing"]
    if kind in _OF_TEXTS and context.get("field_type") == "Value":
        kind = _OF_TEXTS[kind]
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(**context)
    return _sentence(message.removeprefix("Value error, "))


def _sentence(text: str) -> str:
    text = text.strip()
    if text.startswith(("must ", "is ")):
        text = f"It {text}"
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
