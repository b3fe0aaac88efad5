"""Which of the amounts on a page is the price that a condition asks about."""

import re
from collections.abc import Sequence

from torale.server.judge.base import Quote, SourceDocument
from torale.server.judge.builtin.conditions.predicates import Number, Topic
from torale.server.judge.builtin.conditions.topics import is_about, title_names
from torale.server.judge.builtin.readings.price_lines import LABELLED, PLAIN, Price, prices
from torale.server.judge.builtin.source_readings import SourceReading
from torale.server.judge.numbers import CROWNS, format_amount
from torale.server.judge.text import quote_line, word_set

_SPEAKS_OF_PRICE = re.compile(
    r"\b(?:price\w*|costs?|now|sale|buy|only|offer\w*|deal|preis\w*|kostet|prix|precio|prezzo|sells?|"
    r"selling|available|trad(?:es|ing)|at)\b",
    re.IGNORECASE,
)


def price_in(source: SourceDocument, predicate: Number) -> SourceReading | None:
    """What the source says on a price condition; None when it does not speak of it."""
    asked = asked_prices(source, predicate.subject, predicate.currency, used_too=predicate.used_too)
    if isinstance(asked, SourceReading):
        return asked
    if not asked:
        return None
    kept = [(predicate.operator.holds(one.amount.value, predicate.value), one) for one in asked]
    if len({holds for holds, _ in kept}) > 1:
        return _several(source, asked, "not all on one side of the limit")
    shown = kept[0][1]
    return SourceReading(source, kept[0][0], "; ".join(spelled(asked)), _quote(source, shown))


def price_now(source: SourceDocument, subject: Topic) -> SourceReading | None:
    """The one price that a source shows, whatever it is."""
    asked = asked_prices(source, subject, None, used_too=False)
    if isinstance(asked, SourceReading):
        return asked
    if not asked:
        return None
    values = spelled(asked)
    if len(values) > 1:
        return _several(source, asked)
    return SourceReading(source, holds=True, value=values[0], quote=_quote(source, asked[0]))


def asked_prices(
    source: SourceDocument, subject: Topic, currency: str | None, *, used_too: bool
) -> list[Price] | SourceReading:
    """The prices of the subject in the wanted currency; a doubtful finding if unclear."""
    if not is_about(source, subject):
        return []
    read = [
        one
        for one in prices(source, used_too=used_too)
        if _fits(one.amount.unit, currency) and _is_trusted(source, subject, one)
    ]
    best = min((one.tier for one in read), default=LABELLED)
    found = [one for one in read if one.tier == best]
    lines = {one.line for one in found}
    naming = {line for line in lines if word_set(line).issuperset(subject.words)}
    near = [one for one in found if one.line in naming]
    if subject.words and near:
        found = near
    elif len(spelled(found)) > 1 and not title_names(source, subject.words):
        return _several(source, found)
    found += _spoken_against(found, read)
    if currency is None and len({one.amount.unit for one in found}) > 1:
        return SourceReading(
            source, None, doubt="shows prices in several currencies, and the condition names none"
        )
    return found


def _spoken_against(found: Sequence[Price], read: Sequence[Price]) -> list[Price]:
    """The first price that stands alone on its line, when none of the chosen says the same.

    A label and a name are a few words that anybody may have written somewhere on the page.
    """
    alone = [one for one in read if one.tier == PLAIN and one.stands_alone]
    values = {one.amount.value for one in alone}
    return [] if any(one.amount.value in values for one in found) else alone[:1]


def spelled(found: Sequence[Price]) -> list[str]:
    return sorted({format_amount(one.amount.value, one.amount.unit) for one in found})


def _several(source: SourceDocument, found: Sequence[Price], more: str = "") -> SourceReading:
    values = spelled(found)
    listed = ", ".join(values[:4]) + (", …" if len(values) > 4 else "")
    return SourceReading(
        source, None, doubt=f"shows several prices ({listed})" + (more and f", {more}")
    )


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
