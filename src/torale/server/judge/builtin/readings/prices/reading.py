"""Price reading: the price on a page that a condition asks about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from torale.server.judge.base import Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Number, Topic
from torale.server.judge.builtin.conditions.topics import is_about, title_names
from torale.server.judge.builtin.readings.prices.mentions import LABELLED, PLAIN, Price, prices
from torale.server.judge.builtin.source_readings import SourceReading, StateJudge, number_wording
from torale.server.judge.text.amounts import format_amount
from torale.server.judge.text.quotes import quote_line
from torale.server.judge.text.units import CROWNS
from torale.server.judge.text.words import word_set

FACT = "price"
_SPEAKS_OF_PRICE = re.compile(
    r"\b(?:price\w*|costs?|now|sale|buy|only|offer\w*|deal|preis\w*|kostet|prix|precio|prezzo|sells?|"
    r"selling|available|trad(?:es|ing)|at)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _AskedPrices:
    """The prices of a subject on a page, or why they are in doubt."""

    prices: Sequence[Price] = ()
    doubt: str = ""


def price_judge(predicate: Number) -> StateJudge:
    wording = number_wording(f"price{predicate.subject.of()}", predicate.unit, fact=FACT)
    return StateJudge(predicate, partial(_compared_price, predicate), wording)


def price_now(subject: Topic, source: SourceDocument) -> SourceReading | None:
    """The one price that a source shows, whatever it is."""
    asked = _asked_prices(source, subject)
    if asked.doubt:
        return SourceReading(source, doubt=asked.doubt)
    if not asked.prices:
        return None
    values = _values(asked.prices)
    if len(values) > 1:
        return SourceReading(source, doubt=_several(values))
    return SourceReading(source, values[0], _quote(source, asked.prices[0]))


def _compared_price(predicate: Number, source: SourceDocument, _: datetime) -> SourceReading | None:
    asked = _asked_prices(
        source, predicate.subject, predicate.currency, used_too=predicate.used_too
    )
    if asked.doubt:
        return SourceReading(source, doubt=asked.doubt)
    if not asked.prices:
        return None
    values = _values(asked.prices)
    sides = {
        predicate.operator.compare(price.amount.value, predicate.value) for price in asked.prices
    }
    if len(sides) > 1:
        return SourceReading(source, doubt=f"{_several(values)}, not all on one side of the limit")
    return SourceReading(
        source, "; ".join(values), _quote(source, asked.prices[0]), is_met=sides.pop()
    )


def _asked_prices(
    source: SourceDocument, subject: Topic, currency: str | None = None, *, used_too: bool = False
) -> _AskedPrices:
    if not is_about(source, subject):
        return _AskedPrices()
    trusted = [
        price
        for price in prices(source, used_too=used_too)
        if _fits(price.amount.unit, currency) and _is_trusted(source, subject, price)
    ]
    best = min((price.tier for price in trusted), default=LABELLED)
    surest = [price for price in trusted if price.tier == best]
    chosen = _of_subject(surest, subject)
    if not chosen and len(values := _values(surest)) > 1 and not title_names(source, subject.words):
        return _AskedPrices(doubt=_several(values))
    chosen = chosen or surest
    chosen += _spoken_against(chosen, trusted)
    if currency is None and len({price.amount.unit for price in chosen}) > 1:
        several = "shows prices in several currencies, and the condition names none"
        return _AskedPrices(doubt=several)
    return _AskedPrices(chosen)


def _of_subject(found: Sequence[Price], subject: Topic) -> list[Price]:
    """The prices whose line names the subject; none where the condition names no subject."""
    if not subject.words:
        return []
    lines = {price.line for price in found}
    naming = {line for line in lines if word_set(line).issuperset(subject.words)}
    return [price for price in found if price.line in naming]


def _spoken_against(chosen: Sequence[Price], trusted: Sequence[Price]) -> list[Price]:
    """The first price that stands alone on its line, when none of the chosen says the same.

    A label and a name are a few words that anybody may have written somewhere on the page.
    """
    alone = [price for price in trusted if price.tier == PLAIN and price.stands_alone]
    values = {price.amount.value for price in alone}
    return [] if any(price.amount.value in values for price in chosen) else alone[:1]


def _values(found: Sequence[Price]) -> list[str]:
    return sorted({format_amount(price.amount.value, price.amount.unit) for price in found})


def _several(values: Sequence[str]) -> str:
    return f"shows several prices ({', '.join(values[:4])}{', …' if len(values) > 4 else ''})"


def _quote(source: SourceDocument, price: Price) -> Quote | None:
    return quote_line(source, price.line, price.line[price.amount.start : price.amount.end])


def _fits(unit: str | None, wanted: str | None) -> bool:
    return wanted is None or unit == wanted or (wanted == "KR" and unit in CROWNS)


def _is_trusted(source: SourceDocument, subject: Topic, price: Price) -> bool:
    """A page that a search found must tie the price to the subject, by title or line."""
    if source.named:
        return True
    wanted = subject.words or subject.topic
    if word_set(price.line).issuperset(wanted):
        return True
    speaks = price.tier != PLAIN or _SPEAKS_OF_PRICE.search(price.line) is not None
    return speaks and title_names(source, wanted)
