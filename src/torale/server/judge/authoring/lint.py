"""Lint: warnings about a condition before it is watched for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from torale.server.judge.builtin.conditions.compiler import compile_condition
from torale.server.judge.builtin.conditions.predicates import (
    Contains,
    Number,
    Operator,
    Predicate,
    Step,
)
from torale.server.judge.text.amounts import Amount, amounts
from torale.server.judge.text.folding import visible

_OPINION = re.compile(
    r"\b(?:interesting|important|relevant|significant(?:ly)?|noteworthy|notable|exciting|cool|"
    r"worth\s+(?:knowing|reading|buying)|"
    r"good|great|nice|amazing|reasonabl[ey]|affordable|cheap|expensive|big|huge|major|"
    r"substantial(?:ly)?|unusual|suspicious|"
    r"interessant\w*|wichtig\w*|günstig|intéressant\w*|important\w*|interesante\w*|"
    r"interessante\w*)\b(?!\s+than)",
    re.IGNORECASE,
)
_ANYTHING = re.compile(
    r"\b(?:anything|something|whatever|any\s+news|any\s+updates?|news\s+about|updates?\s+(?:on|"
    r"about))\b",
    re.IGNORECASE,
)
_MOVES = re.compile(
    r"\b(?:price|cost|costs|rate|value|fare|stock|shares?|temperature|number|"
    r"level)\b.{0,60}?\b(?:drops?|falls?|rises?|goes\s+(?:up|down)|"
    r"increases?|decreases?|climbs?|improves?|is\s+(?:low|lower|high|higher))\b|\b(?:gets|"
    r"becomes)\s+(?:cheaper|lower|higher|better)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_LOWER = r"(?P<lower>above|over|more\s+than|greater\s+than|higher\s+than|at\s+least|exceeds|>=?|≥)"
_UPPER = r"(?P<upper>below|under|less\s+than|lower\s+than|cheaper\s+than|at\s+most|<=?|≤)"
_BOUND = re.compile(rf"(?:{_LOWER}|{_UPPER})\s*$", re.IGNORECASE)
_AND, _OR = re.compile(r"\band\b", re.IGNORECASE), re.compile(r"\bor\b", re.IGNORECASE)
_IN = re.compile(r"(?<!not )\b(?:in\s+stock|available)\b", re.IGNORECASE)
_OUT = re.compile(
    r"\b(?:sold\s+out|out\s+of\s+stock|unavailable|not\s+(?:in\s+stock|"
    r"available))\b",
    re.IGNORECASE,
)
_LEAST_PHRASE = 3
_OFTEN = re.compile(r"^\S+\s+\S*[*/,]")
_COLDEST = {"°C": Decimal("-273.15"), "°F": Decimal("-459.67")}
_NEVER_BELOW_ZERO = frozenset(
    {"km/h", "mph", "kWh", "kg", "km", "mm", "cm", "ppm", "GB", "TB", "MB", "Mbps", "hPa"}
)

NEEDS_A_MODEL = (
    "It takes a language model to judge this condition, and none is configured (TORALE_MODEL): "
    "without one every verdict will be unknown."
)


def warnings(
    condition: str, query: str, schedule: str | None = None, *, has_model: bool = False
) -> list[str]:
    """One sentence for each thing that is likely wrong; empty for a condition that is clear.

    Args:
        condition: In plain words.
        query: The search query of the task.
        schedule: Cron with 5 fields, where it is known.
        has_model: A language model is configured.
    """
    return list(_warnings(condition, query, schedule or "", has_model))


@lru_cache(maxsize=4096)
def _warnings(condition: str, query: str, schedule: str, has_model: bool) -> tuple[str, ...]:  # noqa: FBT001
    text = visible(condition)
    predicate = compile_condition(condition, query)
    found = [
        *_contradictions(text),
        *(_of_predicate(predicate, schedule) if predicate else _of_words(text)),
    ]
    if predicate is None and not has_model:
        found.append(NEEDS_A_MODEL)
    return tuple(dict.fromkeys(found))


def _of_words(text: str) -> Iterator[str]:
    """Warnings about words that do not compile."""
    if opinion := _OPINION.search(text) or _ANYTHING.search(text):
        yield (
            f"“{opinion[0]}” is a matter of opinion: say what would have to stand on a page, "
            "such as “the price is below 350 USD” or “the page mentions 'Berlin'”."
        )
    if _MOVES.search(text) and not _DIGIT.search(text):
        yield (
            "It names no limit: add a number with its unit, such as “below 350 USD” or “by at "
            "least 10 %”."
        )


def _of_predicate(predicate: Predicate, schedule: str) -> Iterator[str]:
    """Warnings about a condition that was understood."""
    if isinstance(predicate, Number):
        yield from _of_number(predicate)
    elif isinstance(predicate, Step):
        yield from _of_step(predicate, schedule)
    elif isinstance(predicate, Contains) and len(predicate.phrase) < _LEAST_PHRASE:
        word = "never" if predicate.negated else "always"
        yield f"It is almost {word} true: “{predicate.phrase}” stands on nearly every page."


def _of_number(predicate: Number) -> Iterator[str]:
    floor = _floor(predicate)
    if floor is not None and (word := _reach(predicate, floor)):
        what = "a price" if predicate.is_price else f"“{predicate.subject.text}”"
        yield f"It is {word} true: {what} is never {_side(predicate.operator, floor)}."
    if predicate.is_price and predicate.unit is None:
        yield (
            "It names no currency: where pages show prices in several, the verdict will be "
            "unknown. Add one, such as “USD”."
        )


def _floor(predicate: Number) -> Decimal | None:
    """The lowest possible value; None when there is none."""
    if predicate.is_price or predicate.unit in _NEVER_BELOW_ZERO:
        return Decimal(0)
    return _COLDEST.get(predicate.unit or "")


def _reach(predicate: Number, floor: Decimal) -> str:
    """`always`, `never`, or nothing when the limit can be crossed."""
    value = predicate.value
    # A price of nothing is not read as a price.
    is_below = value < floor or (value == floor and predicate.is_price)
    match predicate.operator:
        case Operator.LESS | Operator.AT_LEAST:
            is_out = value <= floor
        case Operator.AT_MOST | Operator.EQUAL | Operator.MORE:
            is_out = is_below
    if not is_out:
        return ""
    return "always" if predicate.operator in {Operator.MORE, Operator.AT_LEAST} else "never"


def _side(operator: Operator, floor: Decimal) -> str:
    below = operator in {Operator.LESS, Operator.AT_LEAST}
    return f"below {floor}" if below else f"{floor} or below"


def _of_step(predicate: Step, schedule: str) -> Iterator[str]:
    if predicate.unit == "%" and not predicate.rises and predicate.value > 100:
        yield "It is never true: nothing drops by more than 100 %."
    if _OFTEN.match(schedule):
        yield (
            "Each look compares with the one before: a move that takes several looks is not added "
            "up. Look less often, or name a price."
        )


@dataclass(frozen=True, slots=True)
class _Bound:
    amount: Amount
    is_lower: bool


def _contradictions(text: str) -> Iterator[str]:
    """Parts of a condition that exclude each other, or that leave nothing out."""
    both, either = _AND.search(text), _OR.search(text)
    if _IN.search(_OUT.sub(" ", text)) and _OUT.search(text):
        if both:
            yield "It is never true: nothing is available and sold out at once."
        elif either:
            yield "It is always true: everything is either available or sold out."
    lower, upper = _bounds(text)
    if lower is None or upper is None or (either is None) == (both is None):
        return
    if both and lower.value >= upper.value:
        yield f"It is never true: nothing is above {lower.value:f} and below {upper.value:f}."
    if either and lower.value <= upper.value:
        yield f"It is always true: everything is above {lower.value:f} or below {upper.value:f}."


def _bounds(text: str) -> tuple[Amount | None, Amount | None]:
    """The one lower and the one upper limit of a text, when they are of one unit."""
    found = [
        _Bound(amount, bound["lower"] is not None)
        for amount in amounts(text)
        if (bound := _BOUND.search(text[: amount.start]))
    ]
    lower = [bound.amount for bound in found if bound.is_lower]
    upper = [bound.amount for bound in found if not bound.is_lower]
    if len(lower) != 1 or len(upper) != 1:
        return None, None
    units = {amount.unit for amount in (*lower, *upper)} - {None}
    return (lower[0], upper[0]) if len(units) <= 1 else (None, None)
