"""Price steps: the move of a price since the last execution that could tell."""

from functools import partial

from torale.server.judge.base import Judgement, JudgeRequest
from torale.server.judge.builtin.conditions.predicates import Step
from torale.server.judge.builtin.judgements import ConditionJudge, undecided
from torale.server.judge.builtin.readings.prices.reading import FACT, price_now
from torale.server.judge.builtin.source_readings import agreeing, decided_by_value, read_each
from torale.server.judge.text.amounts import Amount, amounts, format_amount


def step_judge(predicate: Step) -> ConditionJudge:
    return partial(_judge, predicate)


def _judge(predicate: Step, request: JudgeRequest) -> Judgement:
    readings = agreeing(read_each(request.sources, partial(price_now, predicate.subject)))
    if readings is None:
        return undecided(predicate, "The sources do not show one price.")
    value = readings[0].value
    now, before = _amount(value), _amount((request.previous or {}).get(FACT, ""))
    if now is None or (before is not None and not _are_comparable(now, before, predicate)):
        why = "The price is not in the currency that it was in, or that the condition names."
        return undecided(predicate, why)
    since = (
        f"It was {format_amount(before.value, before.unit)}." if before else "First look: baseline."
    )
    return decided_by_value(
        predicate,
        readings,
        FACT,
        f"The price is {value}. {since}",
        is_met=before is not None and _is_met(predicate, now, before),
    )


def _amount(text: str) -> Amount | None:
    found = amounts(text)
    return found[0] if len(found) == 1 else None


def _are_comparable(now: Amount, before: Amount, predicate: Step) -> bool:
    return now.unit == before.unit and predicate.unit in {"%", now.unit} and before.value > 0


def _is_met(predicate: Step, now: Amount, before: Amount) -> bool:
    step = (now.value - before.value) * (1 if predicate.rises else -1)
    size = 100 * step / before.value if predicate.unit == "%" else step
    return step > 0 and predicate.operator.compare(size, predicate.value)
