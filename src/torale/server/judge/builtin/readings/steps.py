"""By how much a price moved since the last execution that could tell."""

from collections.abc import Mapping, Sequence

from torale.server.judge.base import Judgement, SourceDocument, Verdict
from torale.server.judge.builtin.conditions.predicates import Step
from torale.server.judge.builtin.readings.prices import price_now
from torale.server.judge.builtin.source_readings import SourceReading, name_of, one_value, unknown
from torale.server.judge.numbers import Amount, amounts, format_amount

FACT = "price"


def judge_step(
    sources: Sequence[SourceDocument], predicate: Step, previous: Mapping[str, str] | None
) -> Judgement:
    findings = [found for one in sources if (found := price_now(one, predicate.subject))]
    heard = one_value(findings)
    understood = predicate.describe()
    if heard is None:
        why = "The sources do not show one price."
        return unknown(understood, "It could not be told for certain.", why)
    now, before = _amount(heard[0].value), _amount((previous or {}).get(FACT, ""))
    if now is None or (before is not None and not _comparable(now, before, predicate)):
        why = "The price is not in the currency that it was in, or that the condition names."
        return unknown(understood, "It could not be told for certain.", why)
    return _compared(heard, predicate, now, before)


def _amount(text: str) -> Amount | None:
    found = amounts(text)
    return found[0] if len(found) == 1 else None


def _comparable(now: Amount, before: Amount, predicate: Step) -> bool:
    return now.unit == before.unit and predicate.unit in {"%", now.unit} and before.value > 0


def _compared(
    heard: Sequence[SourceReading], predicate: Step, now: Amount, before: Amount | None
) -> Judgement:
    said = f"The price is {heard[0].value}."
    if before is None:
        answer, is_met = f"{said} First look: baseline.", False
    else:
        step = (now.value - before.value) * (1 if predicate.rises else -1)
        size = 100 * step / before.value if predicate.unit == "%" else step
        is_met = step > 0 and predicate.operator.holds(size, predicate.value)
        answer = f"{said} It was {format_amount(before.value, before.unit)}."
    quotes = tuple(dict.fromkeys(one.quote for one in heard if one.quote))
    return Judgement(
        Verdict.MET if is_met else Verdict.NOT_MET,
        answer,
        f"Understood as: {predicate.describe()}. "
        f"{name_of(heard[0].source)} says “{quotes[0].text}”.",
        0.9,
        quotes[:5],
        {FACT: heard[0].value},
        predicate.describe(),
    )
