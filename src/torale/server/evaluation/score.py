"""What a judge's answers to cases with a known truth are worth. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from torale.server.judge.base import Verdict


@dataclass(frozen=True, slots=True)
class Answered:
    """One case and what a judge made of it.

    Attributes:
        said: None when the judge failed; `failure` then names how.
        compiles: Whether rules alone are expected to understand the condition.
        is_quoted: A verdict that was told has a quote that stands in its source.
        seconds: How long the judge took.
        cost: US dollars; None when not known.
    """

    id: str
    truth: Verdict
    said: Verdict | None
    compiles: bool
    is_quoted: bool
    seconds: float
    calls: int = 0
    cost: Decimal | None = None
    failure: str | None = None

    @property
    def is_right(self) -> bool:
        return self.said is self.truth


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of many answers. Shares are 0 to 1, and None where there was nothing to share.

    Attributes:
        precision: Of what was said to be met, how much is. What people are told depends on it.
        recall: Of what is met, how much was said to be.
        recall_compiled: The same of the conditions that rules understand.
        missed: How often `not_met` was said of what is met.
        unquoted: How many decided verdicts no quote bears out.
        cost: US dollars for all; None when a price is not known.
    """

    cases: int
    accuracy: float | None
    precision: float | None
    recall: float | None
    recall_compiled: float | None
    unknown: float | None
    missed: int
    unquoted: int
    failed: int
    calls: int
    cost: Decimal | None
    median_seconds: float
    slowest_seconds: float
    wrong: tuple[Answered, ...]

    def passes(self, min_precision: float) -> bool:
        """Whether the judge may tell people: it answers, and its `met` can be relied on.

        Without a single `met` nothing is known of its precision: it passes only where none was due.
        """
        if self.failed == self.cases:
            return False
        if self.precision is None:
            return self.recall is None
        return self.precision >= min_precision

    def as_json(self) -> dict[str, Any]:
        fields = ("cases", "accuracy", "precision", "recall", "recall_compiled", "unknown")
        counts = ("missed", "unquoted", "failed", "calls", "median_seconds", "slowest_seconds")
        plain: dict[str, Any] = {name: getattr(self, name) for name in (*fields, *counts)}
        wrong = [
            {"id": one.id, "truth": one.truth, "said": one.said, "failure": one.failure}
            for one in self.wrong
        ]
        return {**plain, "cost": None if self.cost is None else str(self.cost), "wrong": wrong}


def score(answers: Sequence[Answered]) -> Score:
    """Sum answers up."""
    met = [one for one in answers if one.truth is Verdict.MET]
    said_met = [one for one in answers if one.said is Verdict.MET]
    decided = [one for one in answers if one.said in {Verdict.MET, Verdict.NOT_MET}]
    seconds = [one.seconds for one in answers] or [0.0]
    return Score(
        cases=len(answers),
        accuracy=_share(answers, [one for one in answers if one.is_right]),
        precision=_share(said_met, [one for one in said_met if one.is_right]),
        recall=_share(met, [one for one in met if one.is_right]),
        recall_compiled=_share(
            [one for one in met if one.compiles],
            [one for one in met if one.compiles and one.is_right],
        ),
        unknown=_share(answers, [one for one in answers if one.said is Verdict.UNKNOWN]),
        missed=sum(one.said is Verdict.NOT_MET for one in met),
        unquoted=sum(not one.is_quoted for one in decided),
        failed=sum(one.said is None for one in answers),
        calls=sum(one.calls for one in answers),
        cost=_cost(answers),
        median_seconds=median(seconds),
        slowest_seconds=max(seconds),
        wrong=tuple(one for one in answers if not one.is_right),
    )


def _share(whole: Sequence[Answered], part: Sequence[Answered]) -> float | None:
    return len(part) / len(whole) if whole else None


def _cost(answers: Sequence[Answered]) -> Decimal | None:
    costs = [one.cost for one in answers if one.calls]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None
