"""Stock reading: the state of a thing in a shop, as one page shows it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from torale.server.judge.base import SourceDocument
from torale.server.judge.builtin.conditions.predicates import Availability, Topic
from torale.server.judge.builtin.conditions.topics import is_about, title_names
from torale.server.judge.builtin.judgements import listed
from torale.server.judge.builtin.readings.stock.mentions import WORDS, StockSign, stock_signs
from torale.server.judge.builtin.source_readings import SourceReading, StateJudge, Wording
from torale.server.judge.text.quotes import quote_line
from torale.server.judge.text.words import word_set

FACT = "availability"


def stock_judge(predicate: Availability) -> StateJudge:
    thing = predicate.subject.text or "It"

    def answer(values: Sequence[str]) -> str:
        return f"{thing[:1].upper()}{thing[1:]} is {listed(values)}."

    wording = Wording(FACT, answer, "The sources do not say whether it is in stock.")
    return StateJudge(predicate, partial(_compared_stock, predicate), wording)


def _compared_stock(
    predicate: Availability, source: SourceDocument, _: datetime
) -> SourceReading | None:
    reading = stock_now(predicate.subject, source)
    if reading is None or reading.doubt:
        return reading
    return replace(reading, is_met=reading.value == predicate.wanted)


def stock_now(subject: Topic, source: SourceDocument) -> SourceReading | None:
    """The one state that a source shows; doubtful when it shows both."""
    if not is_about(source, subject):
        return None
    signs = list(stock_signs(source))
    near = _near(source, subject, signs)
    best = min((sign.weight for sign in near), default=0)
    strongest = [sign for sign in near if sign.weight == best]
    if not strongest:
        return None
    # A label and a name are a few words that anybody may have written somewhere on the page.
    against = [sign for sign in signs if sign.stands_alone and sign.weight <= WORDS]
    if len({sign.state for sign in (*strongest, *against)}) > 1:
        return SourceReading(source, doubt="shows both “in stock” and “out of stock” signs")
    sign = strongest[0]
    return SourceReading(source, sign.state, quote_line(source, sign.line, sign.words))


def _near(source: SourceDocument, subject: Topic, signs: list[StockSign]) -> list[StockSign]:
    """The signs in lines that name the subject; without any, all signs of its own page."""
    wanted = subject.words if source.named else subject.words or subject.topic
    near = [sign for sign in signs if wanted and word_set(sign.line).issuperset(wanted)]
    if near:
        return near
    return signs if source.named or title_names(source, wanted) else []
